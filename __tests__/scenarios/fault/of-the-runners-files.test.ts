import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe } from 'node:test'
import { givenFederation, givenService, scenario } from '../given.ts'
import type { ActionRun } from '../../runner/run-action.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'pipes-'))
after(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** A pipe that nobody reads or writes; Windows has none that a path names. */
let pipes = 0
function makePipe(): string {
  const pipe = path.join(directory, String((pipes += 1)))
  execFileSync('mkfifo', [pipe])
  return pipe
}

function assertTold(run: ActionRun, variable: string, why: string): void {
  assert.equal(run.exitCode, 1, run.log)
  const errors = run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
  assert.equal(errors.length, 1, run.log)
  assert.match(
    errors[0] ?? '',
    new RegExp(`^INPUT_INVALID: The file that ${variable} names could not be written: .*${why}`)
  )
}

describe('A file of the runner that is none', { skip: process.platform === 'win32' }, () => {
  for (const variable of ['GITHUB_OUTPUT', 'GITHUB_ENV']) {
    scenario(`A pipe in the place of ${variable} is not waited for`, async ({ world, run }) => {
      const inputs = { url: givenService(world), export_env: 'ID_TOKEN' }
      const env = { [variable]: makePipe() }
      assertTold(await run(await givenFederation(world), { inputs, env }), variable, 'not a regular file')
    })
  }

  scenario('A pipe in the place of GITHUB_STEP_SUMMARY costs the summary alone', async ({ world, run }) => {
    const env = { GITHUB_STEP_SUMMARY: makePipe() }
    const inputs = { url: givenService(world) }
    const result = await run(await givenFederation(world), { inputs, env })
    assert.equal(result.exitCode, 0, result.log)
    assert.match(result.log, /The job summary could not be written/)
  })

  scenario('A device in the place of GITHUB_ENV is no defect of the action', async ({ world, run }) => {
    if (!existsSync('/dev/full')) return
    const inputs = { url: givenService(world), export_env: 'ID_TOKEN' }
    const result = await run(await givenFederation(world), { inputs, env: { GITHUB_ENV: '/dev/full' } })
    assertTold(result, 'GITHUB_ENV', 'not a regular file')
    assert.equal(result.outputs['failure_code'], 'INPUT_INVALID')
  })

  scenario('A file that does not exist is named', async ({ world, run }) => {
    const inputs = { url: givenService(world) }
    const env = { GITHUB_OUTPUT: path.join(directory, 'nowhere', 'output') }
    assertTold(await run(await givenFederation(world), { inputs, env }), 'GITHUB_OUTPUT', 'does not exist')
  })
})

describe('A process that something keeps alive', { concurrency: 3, skip: process.platform === 'win32' }, () => {
  /** Loaded before the action: what keeps a process alive is no business of a switch in the product. */
  const preload = (code: string): { files: Record<string, string>; env: Record<string, string> } => ({
    files: { 'keep.mjs': code },
    env: { NODE_OPTIONS: '--import=./keep.mjs' }
  })

  scenario('An open socket does not outlive a success', async ({ world, run }) => {
    const keep = preload("import { createServer } from 'node:net'\ncreateServer().listen(0, '127.0.0.1')")
    const inputs = { url: givenService(world) }
    const result = await run(await givenFederation(world), { inputs }, keep)
    assert.equal(result.exitCode, 0, result.log)
    assert.equal(result.outputs['outcome'], 'success')
  })

  scenario('A pipe that is being opened does not outlive a failure', async ({ world, run }) => {
    const keep = preload(`import { readFile } from 'node:fs'\nreadFile(${JSON.stringify(makePipe())}, () => undefined)`)
    const inputs = { url: givenService(world), expect_status: '418', method: 'POST' }
    const result = await run(await givenFederation(world), { inputs }, keep)
    assert.notEqual(result.exitCode, 0)
    assert.equal(result.outputs['failure_code'], 'EXPECTATION_FAILED', result.log)
  })

  scenario('A promise that never settles ends with the deadline', async ({ world, run }) => {
    const code =
      "import { performance } from 'node:perf_hooks'\nimport timers from 'node:timers/promises'\nimport { syncBuiltinESMExports } from 'node:module'\nsetInterval(() => performance.now(), 1000)\nconst wait = timers.setTimeout\ntimers.setTimeout = (ms, ...rest) => (ms > 100 && rest.length > 1 ? new Promise(() => undefined) : wait(ms, ...rest))\nsyncBuiltinESMExports()"
    const url = world.addService({
      host: 'hello-123456789012.europe-west1.run.app',
      invokers: ['allUsers'],
      app: [503]
    })
    const inputs = { url, deadline: '8s' }
    const result = await run(await givenFederation(world), { inputs }, preload(code))
    assert.equal(result.exitCode, 1, result.log)
    assert.equal(result.outputs['failure_code'], 'TIMED_OUT', result.log)
    assert.match(result.log, /had not come to its end when its deadline of 8 s had passed/)
  })
})
