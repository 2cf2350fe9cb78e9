import assert from 'node:assert/strict'
import { assertFailure, scenario, SERVICE_URL } from '../given.ts'

scenario('INTERNAL shows the kind of the defect, and nothing of it', async ({ run }) => {
  // Only a defect could break this, and there is none to hand: something the bundle relies on is taken away.
  const files = { 'sabotage.mjs': 'URL.canParse = () => { throw new RangeError("words-of-the-defect") }' }
  const env = { NODE_OPTIONS: '--import=./sabotage.mjs' }
  const result = await run({ inputs: { url: SERVICE_URL } }, { files, env })
  assertFailure(result, 'INTERNAL', 'RangeError')
  assert.match(result.debugLog, /##\[debug\]at /)
  assert.ok(!result.rawStdout.includes('words-of-the-defect'), result.rawStdout)
})
