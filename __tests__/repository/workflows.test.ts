import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { jobsOf, stepsOf, WORKFLOWS } from './workflows.ts'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Readonly<Record<string, string>> }

for (const file of WORKFLOWS) {
  const { name, text, workflow } = file

  test(`${name} pins every action by its commit, and says which version that is`, () => {
    const uses = text.split('\n').filter((line) => /^\s*(?:- )?uses:/.test(line))
    assert.equal(uses.length, stepsOf(file).filter((step) => step.uses !== undefined).length)
    for (const line of uses)
      assert.match(line, /uses: (?:\.\/(?:proxy)?$|[\w.-]+\/[\w.-]+(?:\/[\w./-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/)
  })

  test(`${name} grants nothing to all of its jobs`, () => {
    assert.deepEqual(workflow.permissions, {})
  })

  test(`${name} says what happens to runs that meet`, () => {
    assert.ok(workflow.concurrency !== undefined)
  })

  test(`${name} never runs with the rights of the repository for a pull request`, () => {
    assert.ok(!('pull_request_target' in workflow.on))
  })

  test(`${name} limits the time of every job`, () => {
    for (const [job, { 'timeout-minutes': minutes }] of jobsOf(file))
      assert.ok(minutes !== undefined && minutes <= 30, job)
  })

  test(`${name} leaves no credential behind after a checkout`, () => {
    for (const step of stepsOf(file).filter(({ uses = '' }) => uses.startsWith('actions/checkout@')))
      assert.equal(step.with?.['persist-credentials'], false)
  })

  test(`${name} puts no expression into a script`, () => {
    for (const { run = '' } of stepsOf(file)) assert.ok(!run.includes('${{'), run)
  })

  test(`${name} starts nothing that is not there`, () => {
    for (const { run = '' } of stepsOf(file)) {
      for (const [, script = ''] of run.matchAll(/\bnode ([\w./-]+)/g)) assert.ok(existsSync(script), script)
      for (const [, script = ''] of run.matchAll(/\bnpm (?:run )?(?!run\b|ci\b)([\w:-]+)/g))
        assert.ok(script in scripts, script)
    }
  })
}

test('the same action is at the same version everywhere', () => {
  const pins = new Set(WORKFLOWS.flatMap(stepsOf).flatMap(({ uses = './' }) => (uses === './' ? [] : [uses])))
  const names = [...pins].map((pin) => pin.split('@')[0])
  assert.deepEqual(names, [...new Set(names)])
})

test('the conclusion of ci.yml needs every other job, and looks at each result', () => {
  const ci = WORKFLOWS.find(({ name }) => name === 'ci.yml')
  assert.ok(ci !== undefined)
  const { conclusion, ...others } = ci.workflow.jobs
  assert.deepEqual(conclusion?.needs, Object.keys(others))
  assert.match(ci.text, /toJSON\(needs\.\*\.result\)/)
})

test('the half of the rebuild that runs the code of updates may only read', () => {
  const rebuild = WORKFLOWS.find(({ name }) => name === 'rebuild-dist.yml')
  assert.deepEqual(Object.values(rebuild?.workflow.jobs ?? {})[0]?.permissions, { contents: 'read' })
})

test('the half of the rebuild that may write installs nothing and runs one script', () => {
  const commit = WORKFLOWS.find(({ name }) => name === 'commit-dist.yml')
  assert.ok(commit !== undefined)
  const commands = stepsOf(commit).flatMap(({ run }) => run ?? [])
  assert.equal(commands.filter((run) => /\b(npm|npx)\b/.test(run)).length, 0)
  assert.deepEqual(
    commands.flatMap((run) => /\bnode \S+/.exec(run)?.[0] ?? []),
    ['node .github/scripts/commit-dist.ts']
  )
  const checkout = stepsOf(commit).filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))
  assert.deepEqual(
    checkout.map((step) => step.with?.['ref']),
    ['${{ github.event.repository.default_branch }}']
  )
})
