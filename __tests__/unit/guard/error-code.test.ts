import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../../../src/guard/safe-text.ts'

const CODES: [string, unknown, string][] = [
  ['a network error', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [
    'a certificate error',
    Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    'ERR_TLS_CERT_ALTNAME_INVALID'
  ],
  ['an error without a code', new Error('x'), 'UNKNOWN'],
  ['an error with a number', Object.assign(new Error('x'), { code: 7 }), 'UNKNOWN'],
  ['an error with words', Object.assign(new Error('x'), { code: 'E s3cr3t' }), 'UNKNOWN'],
  ['something else that was thrown', { code: 'ECONNREFUSED' }, 'UNKNOWN'],
  ['nothing', undefined, 'UNKNOWN']
]

for (const [what, error, code] of CODES) {
  test(`The code of ${what} is ${code}.`, () => {
    assert.equal(codeOf(error), code)
  })
}
