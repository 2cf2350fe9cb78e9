import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { BROWSER } from '../runner/browser.ts'
import { parseVariables } from '../runner/file-commands.ts'
import { runAction } from '../runner/run-action.ts'
import { runProxy } from '../runner/run-proxy.ts'
import { stepsOf, WORKFLOWS } from './workflows.ts'

test('the step of ci.yml that starts the pretend Google leaves a world in which the action and the proxy work', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'step-'))
  const files = { GITHUB_ENV: path.join(directory, 'env'), GITHUB_OUTPUT: path.join(directory, 'output') }
  for (const file of Object.values(files)) writeFileSync(file, '')
  execFileSync(process.execPath, ['.github/scripts/pretend-google.ts'], {
    // What is stopped in the end cannot clear up behind itself.
    env: { ...process.env, ...files, RUNNER_TEMP: directory, TMPDIR: directory, TEMP: directory, TMP: directory },
    stdio: 'inherit'
  })
  const outputs = parseVariables(readFileSync(files.GITHUB_OUTPUT, 'utf8'))
  try {
    const env = parseVariables(readFileSync(files.GITHUB_ENV, 'utf8'))
    const credentials = { credentials_json: outputs['credentials'] ?? '' }
    const call = await runAction({ env, inputs: { ...credentials, url: `${outputs['url'] ?? ''}/any/path` } })
    assert.equal(call.outputs['outcome'], 'success', call.log)
    assert.equal(call.outputs['email'], outputs['account'])
    assert.equal(call.outputs['audience'], outputs['url'])
    assert.equal(call.outputs['body'], 'Hello')
    const refused = await runAction({
      env,
      inputs: { ...credentials, url: outputs['url_for_others'] ?? '', iam_wait: '1s' }
    })
    assert.equal(refused.outputs['failure_code'], 'INVOKER_MISSING', refused.log)

    await using job = await runProxy({ env, inputs: inputsOfProxy(outputs) })
    assert.equal(job.main.outputs['outcome'], 'success', job.main.log)
    const later = { ...process.env, ...job.main.environment }
    if (BROWSER !== undefined)
      execFileSync(process.execPath, ['.github/scripts/open-in-browser.ts'], { env: later, stdio: 'inherit' })
    const post = await job.post()
    assert.equal(post.exitCode, 0, post.log)
  } finally {
    process.kill(Number(outputs['process_id']))
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** What ci.yml gives to its first proxy, with the outputs of the step in their places. */
function inputsOfProxy(outputs: Readonly<Record<string, string>>): Record<string, string> {
  const ci = WORKFLOWS.filter(({ name }) => name === 'ci.yml')
  const given = ci.flatMap(stepsOf).find(({ uses }) => uses === './proxy')?.with ?? {}
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      String(value).replace(
        /\$\{\{ steps\.google\.outputs\.(\w+) \}\}/g,
        (_expression, output: string) => outputs[output] ?? ''
      )
    ])
  )
}
