import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findProxyWarnings } from '../../../src/proxy/warnings.ts'

test('HTTP_PROXY without NO_PROXY is worth a warning that says what to set', () => {
  const [line] = findProxyWarnings({ HTTP_PROXY: 'http://proxy:3128', NO_PROXY: 'internal.example,localhost' })
  assert.match(
    line ?? '',
    /^HTTP_PROXY is set and NO_PROXY does not name 127\.0\.0\.1, .* set NO_PROXY to internal\.example,localhost,127\.0\.0\.1 for the job\.$/
  )
})

for (const env of [
  {},
  { HTTPS_PROXY: 'http://proxy:3128' },
  { HTTP_PROXY: '' },
  { http_proxy: 'http://p', no_proxy: 'localhost, 127.0.0.1' },
  { ALL_PROXY: 'http://p', NO_PROXY: '*' }
]) {
  test(`nothing to warn of: ${JSON.stringify(env)}`, () => {
    assert.deepEqual(findProxyWarnings(env), [])
  })
}
