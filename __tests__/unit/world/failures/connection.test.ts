import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainConnection } from '../../../../src/world/failures/connection.ts'
import type { NoAnswer, Trouble } from '../../../../src/world/outcome.ts'
import { Failure } from '../../../../src/failure/failure.ts'
import type { FailureRow } from '../../rows.ts'
import { testFailures } from '../../rows.ts'

const PRIVATE_HOST = new URL('https://ghes.octo.example:8443/token')
const PUBLIC_HOST = new URL('https://sts.googleapis.com/v1/token')

function failed(trouble: Trouble, reason: string): NoAnswer {
  return { answered: false, timedOut: false, sent: false, milliseconds: 5, trouble, reason }
}

function row(what: string, trouble: Trouble, code: string, words: RegExp, url = PRIVATE_HOST): FailureRow {
  const explanation = explainConnection(failed(trouble, `… (${code})`), url)
  assert.ok(explanation !== undefined)
  return [what, new Failure({ code: 'OIDC_FAILED', sentence: 'No connection.', ...explanation }), 'OIDC_FAILED', words]
}

testFailures([
  row('a private authority', 'certificate', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /issued.*NODE_EXTRA_CA_CERTS: \//),
  row(
    'a proxy that opens TLS',
    'certificate',
    'SELF_SIGNED_CERT_IN_CHAIN',
    /proxy that opens TLS.*NODE_EXTRA_CA_CERTS/
  ),
  row('an expired certificate', 'certificate', 'CERT_HAS_EXPIRED', /Renew the certificate of ghes\.octo\.example:8443/),
  row('a clock that is wrong', 'certificate', 'CERT_NOT_YET_VALID', /not valid yet.*clock/),
  row('a certificate for another name', 'certificate', 'ERR_TLS_CERT_ALTNAME_INVALID', /for another name/),
  row('something else than TLS', 'handshake', 'EPROTO', /does not speak TLS on this port.*curl --head --verbose/),
  row(
    'a proxy that refuses',
    'proxy',
    '403',
    /pass connections to sts\.googleapis\.com:443.*NO_PROXY: sts/,
    PUBLIC_HOST
  ),
  row('a proxy that cannot be read', 'proxy setting', '', /sent nothing.*HTTPS_PROXY: http:.*NO_PROXY: ghes/)
])

test('A host that is down is worded by those who know what it is for.', () => {
  assert.equal(explainConnection(failed('connection', 'connection refused (ECONNREFUSED)'), PUBLIC_HOST), undefined)
})
