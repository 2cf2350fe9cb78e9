import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { tableUnder } from '../contract/markdown.ts'

const MODULE = 'infra/quick-start'
const main = readFileSync(`${MODULE}/main.tf`, 'utf8')
const page = readFileSync('docs/quick-start.md', 'utf8')

/** What a file declares of a kind, with the text between its braces. */
function blocks(text: string, kind: string): Map<string, string> {
  const pattern = new RegExp(`^${kind} "([^"]+)"(?: "[^"]+")? \\{\\n(.*?)^\\}`, 'gms')
  return new Map([...text.matchAll(pattern)].map(([, name = '', body = '']) => [name, body]))
}

const variables = blocks(readFileSync(`${MODULE}/variables.tf`, 'utf8'), 'variable')
const defaultOf = (name: string): string | undefined => /default +=\s"(.*)"/.exec(variables.get(name) ?? '')?.[1]

const program = ['terraform', 'tofu'].find((name) => spawnSync(name, ['version']).error === undefined)
const skip = program === undefined ? 'NOT CHECKED: neither terraform nor tofu is on this machine' : false

for (const directory of [MODULE, 'infra/probe']) {
  test(`${directory} is Terraform in its standard form, and finds its modules`, { skip }, () => {
    const data = mkdtempSync(path.join(tmpdir(), 'terraform-'))
    const terraform = (...args: string[]): void => {
      const env = { ...process.env, TF_DATA_DIR: data, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' }
      const { status, stdout, stderr } = spawnSync(program ?? '', args, { encoding: 'utf8', env })
      assert.equal(status, 0, `${stdout}${stderr}`)
    }
    try {
      terraform('fmt', '-check', '-diff', directory)
      terraform(`-chdir=${directory}`, 'get')
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
}

// The provider is large, so that only CI fetches it.
const skipValidation = process.env['CI'] === undefined ? 'NOT CHECKED: only where CI is set' : skip

for (const directory of [MODULE, 'infra/probe']) {
  test(`${directory} is valid for the provider`, { skip: skipValidation }, (context) => {
    const copy = mkdtempSync(path.join(tmpdir(), 'terraform-'))
    const terraform = (...args: string[]): { status: number | null; output: string } => {
      const env = { ...process.env, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' }
      const all = [`-chdir=${path.join(copy, directory)}`, ...args, '-no-color']
      const { status, stdout, stderr } = spawnSync(program ?? '', all, { encoding: 'utf8', env, timeout: 90_000 })
      return { status, output: `${stdout}${stderr}` }
    }
    try {
      cpSync('infra', path.join(copy, 'infra'), { recursive: true })
      const { status, output } = terraform('init', '-backend=false', '-input=false')
      if (status !== 0 && /could not connect|no such host|timeout/.test(output)) {
        context.skip('NOT CHECKED: the provider cannot be fetched from here')
        return
      }
      assert.equal(status, 0, output)
      const validation = terraform('validate')
      assert.equal(validation.status, 0, validation.output)
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  })
}

test('the module makes what the quick start makes', () => {
  for (const [variable, name] of Object.entries({ POOL: 'pool', PROVIDER: 'provider_id', ACCOUNT: 'account' }))
    assert.equal(new RegExp(`^${variable}=(.*)$`, 'm').exec(page)?.[1], defaultOf(name), variable)

  const mapping = [...main.matchAll(/^ +"([\w.]+)" += "(assertion\.\w+)"$/gm)].map(
    ([, key, value]) => `${key}=${value}`
  )
  assert.equal(/--attribute-mapping="(.*?)"/.exec(page)?.[1], mapping.join(','))
  const [, condition = ''] = /attribute_condition += "(.*?) && \(/.exec(main) ?? []
  assert.equal(
    /--attribute-condition="(.*?)"/.exec(page)?.[1],
    condition.replace('${var.repository_owner_id}', '$OWNER_ID')
  )

  const roles = (text: string): string[] => text.match(/(?<=role(?: += "|=))roles\/[\w.]+/g) ?? []
  assert.deepEqual(roles(main), roles(page))
  for (const [issuer] of main.matchAll(/https:[\w./]+/g)) assert.ok(page.includes(`--issuer-uri=${issuer} `))
  const apis = (text: string): string[] =>
    [...new Set(text.match(/\b(?:iam|sts|iamcredentials)\.googleapis\.com\b(?!\/)/g))].sort()
  assert.deepEqual(apis(main), apis(page))
})

test('the README of the module names every variable with its default, and every output', () => {
  const readme = readFileSync(`${MODULE}/README.md`, 'utf8')
  const rows = tableUnder(readme, '## Variables')
  const documented = rows.flatMap(([names = '', value = '']) =>
    [...names.matchAll(/\w+/g)].map(([name]) => [name, value === '' ? undefined : value])
  )
  assert.deepEqual(
    Object.fromEntries(documented),
    Object.fromEntries([...variables.keys()].map((name) => [name, defaultOf(name)]))
  )
  for (const output of blocks(readFileSync(`${MODULE}/outputs.tf`, 'utf8'), 'output').keys())
    assert.match(readme, new RegExp(`\\b${output}\\b`))
})

test('the probe gives the module every value that it needs, and none that it does not know', () => {
  const given = blocks(readFileSync('infra/probe/main.tf', 'utf8'), 'module').get('quick_start') ?? ''
  const names = [...given.matchAll(/^ {2}(\w+) +=/gm)].map(([, name = '']) => name).filter((name) => name !== 'source')
  for (const name of names) assert.ok(variables.has(name), name)
  for (const name of variables.keys()) assert.ok(names.includes(name) || defaultOf(name) !== undefined, name)
})
