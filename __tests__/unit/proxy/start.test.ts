import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMasks } from '../../../src/guard/secret.ts'
import { withoutSecrets } from '../../../src/proxy/start.ts'

test('The background process has the variables of the step, but no input, no state, and nothing that contains a secret', () => {
  const masks = createMasks(() => undefined)
  masks.keep('request-token-1234')
  const env = {
    PATH: '/bin',
    RUNNER_TRACKING_ID: 'github_1',
    HTTPS_PROXY: 'http://proxy.example:3128',
    INPUT_CREDENTIALS_JSON: '{}',
    STATE_proxy: '{}',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token-1234',
    OF_THE_JOB: 'Bearer request-token-1234'
  }
  assert.deepEqual(Object.keys(withoutSecrets({ env, masks })), ['PATH', 'RUNNER_TRACKING_ID', 'HTTPS_PROXY'])
})
