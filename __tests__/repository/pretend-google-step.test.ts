import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { parseVariables } from '../runner/file-commands.ts'
import { runAction } from '../runner/run-action.ts'

test('the step of ci.yml that starts the pretend Google leaves a world in which the action works', async () => {
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
  } finally {
    process.kill(Number(outputs['process_id']))
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
})
