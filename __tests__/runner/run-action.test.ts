import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { isMaskedBeforeUse, runAction } from './run-action.ts'
import type { ActionRun, RunOptions } from './run-action.ts'

const ACTION = `
inputs:
  url:
  token header:
    default: Authorization
  summary:
    default: true
runs:
  using: node24
  main: main.mjs
`

/** Runs a script as if it were an action. */
async function runScript(script: string, options: RunOptions = {}): Promise<ActionRun> {
  const directory = await mkdtemp(path.join(tmpdir(), 'action-'))
  try {
    await writeFile(path.join(directory, 'action.yml'), ACTION)
    await writeFile(
      path.join(directory, 'main.mjs'),
      `import fs from 'node:fs'\nimport os from 'node:os'\nconst { env } = process\n${script}`
    )
    return await runAction({ action: path.join(directory, 'action.yml'), ...options })
  } finally {
    await rm(directory, { recursive: true })
  }
}

describe('runAction', { concurrency: 4 }, () => {
  it('sets every declared input, and refuses others', async () => {
    const script = `console.log(JSON.stringify(Object.entries(env).filter(([name]) => name.startsWith('INPUT_')).sort()))`
    const run = await runScript(script, { inputs: { url: 'https://example.com' } })
    assert.deepEqual(JSON.parse(run.log), [
      ['INPUT_SUMMARY', 'true'],
      ['INPUT_TOKEN_HEADER', 'Authorization'],
      ['INPUT_URL', 'https://example.com']
    ])
    await assert.rejects(runScript(script, { inputs: { uri: 'x' } }), /declares no input uri/)
    const undeclared = await runScript(script, { inputs: { uri: 'x' }, allowUndeclared: true })
    assert.match(undeclared.log, /INPUT_URI/)
  })

  it('inherits nothing but what programs need', async () => {
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = '/secret'
    const run = await runScript(
      `console.log(env.GOOGLE_APPLICATION_CREDENTIALS, env.EXTRA, env.GITHUB_ACTIONS, process.cwd() === fs.realpathSync(env.GITHUB_WORKSPACE))`,
      { env: { EXTRA: 'given' } }
    )
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS']
    assert.equal(run.log, 'undefined given true true\n')
  })

  it('collects what the action writes', async () => {
    const run = await runScript(`
      fs.appendFileSync(env.GITHUB_OUTPUT, 'one=1\\ntwo<<EOF\\na\\nb\\nEOF\\n')
      fs.appendFileSync(env.GITHUB_ENV, 'TOKEN=t\\n')
      fs.appendFileSync(env.GITHUB_STEP_SUMMARY, '# Done')
      fs.appendFileSync(env.GITHUB_STATE, 's=1\\n')
      fs.appendFileSync(env.GITHUB_PATH, '/bin\\n')
      process.exitCode = 3`)
    assert.deepEqual(run.outputs, { one: '1', two: 'a\nb' })
    assert.deepEqual([run.environment, run.state, run.paths], [{ TOKEN: 't' }, { s: '1' }, ['/bin']])
    assert.deepEqual([run.summary, run.exitCode], ['# Done', 3])
  })

  it('finds what the action leaves behind', async () => {
    const run = await runScript(
      `for (const directory of [env.RUNNER_TEMP, os.homedir(), os.tmpdir()]) fs.writeFileSync(directory + '/left', 'x')
      fs.writeFileSync('given', fs.readFileSync('given') + fs.readFileSync(os.homedir() + '/.config/untouched'))
      fs.mkdirSync('empty')`,
      { files: { given: '1' }, homeFiles: { '.config/untouched': '2' } }
    )
    assert.deepEqual([...run.filesLeft].sort(), ['home/left', 'temp/left', 'tmp/left', 'workspace/given'])
    assert.equal(run.contentsLeft['workspace/given'], '12')
  })

  it('acts on commands in both streams, and masks from the command on', async () => {
    const run = await runScript(`
      console.log('early hunter22')
      console.log('::add-mask::hunter22')
      console.log('late hunter22')
      console.log('::debug::not shown')
      console.log('::group::Title')
      console.log('::error title=T::hunter22 failed%0Atwice')
      await new Promise((resolve) => setTimeout(resolve, 500))
      console.error('said ##[warning]beware')`)
    assert.equal(
      run.log,
      'early hunter22\n::add-mask::***\nlate ***\n▼ Title\nError: *** failed\ntwice\nWarning: beware\n'
    )
    assert.deepEqual(run.annotations, [
      { level: 'error', message: '*** failed\ntwice', title: 'T' },
      { level: 'warning', message: 'beware' }
    ])
    assert.deepEqual(run.masks, ['hunter22'])
    assert.equal(isMaskedBeforeUse(run, 'hunter22'), false)
  })

  it('knows what was masked before it was used', async () => {
    const run = await runScript(`console.log('::add-mask::hunter22')\nconsole.log('hunter22')`)
    assert.equal(isMaskedBeforeUse(run, 'hunter22'), true)
    assert.equal(isMaskedBeforeUse(run, 'never masked'), false)
  })

  it('takes no command while commands are stopped', async () => {
    const run = await runScript(
      `console.log('::stop-commands::pause-1\\n::error::a\\n##[error]b\\n::pause-1::\\n::error::c')`
    )
    assert.deepEqual(
      run.annotations.map(({ message }) => message),
      ['c']
    )
    assert.equal(run.log, '::error::a\n##[error]b\nError: c\n')
  })

  it('tells debug messages from what is always shown, and of debug logging and the event', async () => {
    const event = { pull_request: { head: { repo: { fork: true } } } }
    const run = await runScript(
      `console.log('::debug::' + env.RUNNER_DEBUG + fs.readFileSync(env.GITHUB_EVENT_PATH) + '\\nshown')`,
      { debug: true, event }
    )
    assert.deepEqual([run.log, run.debugLog], ['shown\n', `##[debug]1${JSON.stringify(event)}\nshown\n`])
  })

  it('kills what does not end', async () => {
    const endless = runScript(`console.log('waiting')\nsetInterval(() => {}, 1000)`, { timeoutMs: 8_000 })
    await assert.rejects(endless, /did not end within 8000 ms:\nwaiting/)
  })

  it('measures memory, on Linux', { skip: process.platform !== 'linux' }, async () => {
    const run = await runScript(
      `const held = Buffer.alloc(100 * 2 ** 20, 1)\nawait new Promise((resolve) => setTimeout(resolve, 1_000))\nheld.at(0)`,
      { measuresMemory: true }
    )
    assert.ok((run.maxRssBytes ?? 0) > 100 * 2 ** 20)
  })
})
