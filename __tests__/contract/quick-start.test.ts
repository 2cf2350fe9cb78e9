import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readInputs } from '../../src/inputs/inputs.ts'
import { withInputs } from './given-inputs.ts'
import { blocksOf, readText } from './markdown.ts'

const [SCRIPT = ''] = blocksOf(await readText('docs/quick-start.md'), 'sh')
const WORKFLOW = '.github/workflows/smoke-test.yml'

/** What exists in the pretend project, each as a file of the folder `there`; created and granted things come to it. */
const GCLOUD = `#!/bin/bash
echo "$*" >> calls
there() { [[ -e there/$1 ]]; }
show() { there "$1" && cat "there/$1"; }
case "$*" in
  'projects describe my-project '*) show project ;;
  'run services describe hello --region=europe-west1 --project=my-project '*) show service ;;
  'services enable '*) ;;
  'iam workload-identity-pools describe github --format=value(state) '*) show pool ;;
  'iam workload-identity-pools create github '*) there pool && exit 1; echo ACTIVE > there/pool ;;
  'iam workload-identity-pools undelete github '*) echo ACTIVE > there/pool ;;
  'iam workload-identity-pools providers describe github-actions --format=value(state) '*) show provider ;;
  'iam workload-identity-pools providers describe github-actions --format=value(attributeMapping) '*) show mapping ;;
  'iam workload-identity-pools providers describe github-actions --format=value(attributeCondition) '*) show condition ;;
  'iam workload-identity-pools providers create-oidc github-actions '*)
    there provider && exit 1
    echo ACTIVE > there/provider
    for word in "$@"; do
      [[ $word == --attribute-mapping=* ]] && echo "\${word#*=}" > there/mapping
      [[ $word == --attribute-condition=* ]] && echo "\${word#*=}" > there/condition
    done
    true ;;
  'iam workload-identity-pools providers undelete github-actions '*) echo ACTIVE > there/provider ;;
  'iam service-accounts describe smoke-test@my-project.iam.gserviceaccount.com '*) show account ;;
  'iam service-accounts create smoke-test '*) there account && exit 1; echo smoke-test > there/account ;;
  'iam service-accounts add-iam-policy-binding smoke-test@'*) there not-yet && { rm there/not-yet; exit 1; }; true ;;
  'run services add-iam-policy-binding hello '*) ! there forbidden ;;
  *) echo "no such command: $*" >&2; exit 2 ;;
esac
`
const CURL = `#!/bin/bash
[[ $2 == https://api.github.com/users/my-org ]] && cat there/owner
`
const PROJECT = {
  project: '123456789012',
  service: 'https://hello-123456789012.europe-west1.run.app',
  owner: '{\n  "login": "my-org",\n  "id": 1234567,\n  "site_admin": false\n}'
}
const PROVIDER = {
  pool: 'ACTIVE',
  provider: 'ACTIVE',
  mapping: 'attribute.repository=assertion.repository;google.subject=assertion.sub',
  condition: "assertion.repository_owner_id == '1234567'"
}

interface Run {
  readonly status: number | null
  readonly output: string
  /** What was changed, as the first words of each command. */
  readonly changes: readonly string[]
  readonly workflow: string | undefined
}

/** A terminal in which the page is pasted, as often as it takes. */
function startTerminal(there: Readonly<Record<string, string | undefined>>): {
  paste(env?: object): Run
  [Symbol.dispose](): void
} {
  const directory = mkdtempSync(path.join(tmpdir(), 'quick-start-'))
  const write = (file: string, text: string): void => {
    writeFileSync(path.join(directory, file), text)
  }
  spawnSync('mkdir', ['there', 'bin'], { cwd: directory })
  for (const [name, text] of Object.entries({ gcloud: GCLOUD, curl: CURL, sleep: '#!/bin/bash\n' })) {
    write(`bin/${name}`, text)
    chmodSync(path.join(directory, 'bin', name), 0o755)
  }
  for (const [name, text] of Object.entries(there)) if (text !== undefined) write(`there/${name}`, `${text}\n`)
  return {
    paste(env = {}) {
      write('calls', '')
      const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', SCRIPT], {
        cwd: directory,
        encoding: 'utf8',
        env: { PATH: `${path.join(directory, 'bin')}:${process.env['PATH'] ?? ''}`, ...env },
        input: ''
      })
      const calls = readFileSync(path.join(directory, 'calls'), 'utf8').trim().split('\n')
      const workflow = path.join(directory, WORKFLOW)
      return {
        status,
        output: stdout + stderr,
        changes: calls.flatMap(
          (call) => /^.*? (?:create|create-oidc|undelete|add-iam-policy-binding) [\w-]+/.exec(call) ?? []
        ),
        workflow: existsSync(workflow) ? readFileSync(workflow, 'utf8') : undefined
      }
    },
    [Symbol.dispose]() {
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

const NEW_POOL = 'iam workload-identity-pools create github'
const NEW_PROVIDER = 'iam workload-identity-pools providers create-oidc github-actions'
const NEW_ACCOUNT = 'iam service-accounts create smoke-test'
const GRANTS = ['iam service-accounts add-iam-policy-binding smoke-test', 'run services add-iam-policy-binding hello']

const skip = process.platform === 'win32' ? 'needs bash' : false

for (const [what, there, changes] of [
  ['an empty project gets everything', {}, [NEW_POOL, NEW_PROVIDER, NEW_ACCOUNT, ...GRANTS]],
  ['a pool without a provider gets one', { pool: 'ACTIVE' }, [NEW_PROVIDER, NEW_ACCOUNT, ...GRANTS]],
  ['a pool with the provider stays as it is', PROVIDER, [NEW_ACCOUNT, ...GRANTS]],
  [
    'a deleted pool and a deleted provider come back',
    { ...PROVIDER, pool: 'DELETED', provider: 'DELETED' },
    [
      'iam workload-identity-pools undelete github',
      'iam workload-identity-pools providers undelete github-actions',
      NEW_ACCOUNT,
      ...GRANTS
    ]
  ],
  ['an account that exists is used', { ...PROVIDER, account: 'smoke-test' }, GRANTS],
  [
    'an account that Google does not know everywhere yet is waited for',
    { ...PROVIDER, 'not-yet': '' },
    [NEW_ACCOUNT, GRANTS[0], ...GRANTS]
  ]
] as const) {
  test(`The quick start: ${what}`, { skip }, () => {
    using terminal = startTerminal({ ...PROJECT, ...there })
    const { status, output, changes: made } = terminal.paste()
    assert.equal(status, 0, output)
    assert.deepEqual(made, changes)
  })
}

test('The quick start, pasted twice, makes nothing twice', { skip }, () => {
  using terminal = startTerminal(PROJECT)
  const first = terminal.paste()
  const second = terminal.paste()
  assert.equal(second.status, 0, second.output)
  assert.deepEqual(second.changes, GRANTS)
  assert.equal(second.workflow, first.workflow)
})

for (const [what, there, words] of [
  ['a project that is not there', { project: undefined }, /./],
  ['a project without a number', { project: '' }, /there is no project my-project/],
  ['a service that is not there', { service: undefined }, /./],
  ['a service without a URL', { service: '' }, /there is no service hello in europe-west1/],
  [
    'an owner that GitHub does not describe',
    { owner: '{"message": "API rate limit exceeded"}' },
    /gh api users\/my-org --jq \.id/
  ]
] as const) {
  test(`The quick start stops before it changes anything at ${what}`, { skip }, () => {
    using terminal = startTerminal({ ...PROJECT, ...there })
    const { status, output, changes, workflow } = terminal.paste()
    assert.notEqual(status, 0)
    assert.match(output, words)
    assert.deepEqual(changes, [])
    assert.equal(workflow, undefined)
  })
}

for (const [what, there, words] of [
  [
    'that does not map the repository',
    { mapping: 'google.subject=assertion.sub' },
    /does not map attribute\.repository/
  ],
  ['for other owners', { condition: "assertion.repository_owner_id == '42'" }, /does not name owner 1234567/]
] as const) {
  test(`The quick start grants nothing to a provider ${what}`, { skip }, () => {
    using terminal = startTerminal({ ...PROJECT, ...PROVIDER, ...there })
    const { status, output, changes } = terminal.paste()
    assert.equal(status, 1)
    assert.match(output, words)
    assert.deepEqual(changes, [])
  })
}

test('The quick start stops at a grant that is refused, and writes no workflow', { skip }, () => {
  using terminal = startTerminal({ ...PROJECT, forbidden: '' })
  const { status, workflow } = terminal.paste()
  assert.notEqual(status, 0)
  assert.equal(workflow, undefined)
})

test('The quick start takes an owner id that is set', { skip }, () => {
  using terminal = startTerminal({ ...PROJECT, owner: undefined })
  const { status, output } = terminal.paste({ OWNER_ID: '1234567' })
  assert.equal(status, 0, output)
})

test('The workflow that the quick start writes is one that the action takes', { skip }, async () => {
  using terminal = startTerminal(PROJECT)
  const { workflow = '', output } = terminal.paste()
  assert.ok(output.endsWith(workflow), 'it is shown last')
  const { on, permissions, jobs } = parse(workflow) as {
    on: readonly string[]
    permissions: object
    jobs: Readonly<Record<string, { steps: readonly { uses: string; with: Readonly<Record<string, string>> }[] }>>
  }
  assert.deepEqual(on, ['push', 'workflow_dispatch'])
  assert.deepEqual(permissions, { 'id-token': 'write' })
  const [step] = Object.values(jobs)[0]?.steps ?? []
  assert.equal(step?.uses, 'your-org/google-id-token@v1')
  assert.deepEqual(step.with, {
    url: PROJECT.service,
    workload_identity_provider:
      'projects/123456789012/locations/global/workloadIdentityPools/github/providers/github-actions',
    service_account: 'smoke-test@my-project.iam.gserviceaccount.com'
  })
  await assert.doesNotReject(withInputs(step.with, () => readInputs(process.env)))
})

const shellcheck = spawnSync('shellcheck', ['--version']).error === undefined

test(
  'ShellCheck has nothing against the quick start',
  { skip: shellcheck ? false : 'NOT CHECKED: no shellcheck' },
  () => {
    const { stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], { encoding: 'utf8', input: SCRIPT })
    assert.equal(stdout, '')
  }
)

const zsh = spawnSync('zsh', ['--version']).error === undefined

test('zsh parses the quick start', { skip: zsh ? false : 'NOT CHECKED: no zsh' }, () => {
  const { status, stderr } = spawnSync('zsh', ['-f', '-n', '-c', SCRIPT], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})
