import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toNoAnswer } from '../../../src/world/http.ts'

// OpenSSL 3.5 has a slash in its names: 40, 42, 45, 46 and 116 of https://www.iana.org/assignments/tls-parameters
for (const code of [
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'
]) {
  test(`An alert after the handshake is no defect: ${code}`, () => {
    const outcome = toNoAnswer(Object.assign(new Error('x'), { code }), {
      missed: undefined,
      sent: true,
      milliseconds: 1
    })
    assert.equal(outcome.trouble, 'handshake')
    assert.equal(outcome.reason, `TLS was ended by an alert (${code})`)
  })
}
