import { explainNoAnswer } from '../../../../src/world/failures/connection.ts'
import type { NoAnswer, Trouble } from '../../../../src/world/outcome.ts'
import { Failure } from '../../../../src/failure/failure.ts'
import type { FailureRow } from '../../rows.ts'
import { testFailures } from '../../rows.ts'

const PRIVATE_HOST = new URL('https://ghes.octo.example:8443/token')
const PUBLIC_HOST = new URL('https://sts.googleapis.com/v1/token')

function failed(trouble: Trouble, reason: string): NoAnswer {
  return { answered: false, timedOut: false, sent: false, milliseconds: 5, trouble, reason }
}

function row(what: string, trouble: Trouble, code: string, annotation: RegExp, url = PRIVATE_HOST): FailureRow {
  const sentence = `No connection (${code === '' ? 'none' : code}).`
  const explanation = explainNoAnswer(failed(trouble, `… (${code})`), url, 'GitHub')
  return [what, new Failure({ code: 'OIDC_FAILED', sentence, ...explanation }), 'OIDC_FAILED', annotation]
}

testFailures([
  row(
    'a private authority',
    'certificate',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    /Set NODE_EXTRA_CA_CERTS.*ghes\.octo\.example:8443/
  ),
  row('a proxy that opens TLS', 'certificate', 'SELF_SIGNED_CERT_IN_CHAIN', /Set NODE_EXTRA_CA_CERTS/),
  row('an expired certificate', 'certificate', 'CERT_HAS_EXPIRED', /Renew the certificate of ghes\.octo\.example:8443/),
  row('a clock that is wrong', 'certificate', 'CERT_NOT_YET_VALID', /set the clock of this machine/),
  row(
    'a certificate for another name',
    'certificate',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    /name for which the certificate was issued/
  ),
  row('something else than TLS', 'handshake', 'EPROTO', /Check host and port of https:\/\/ghes\.octo\.example:8443/),
  row('a proxy that refuses', 'proxy', '403', /pass connections to sts\.googleapis\.com:443.*in NO_PROXY/, PUBLIC_HOST),
  row(
    'a proxy that cannot be read',
    'proxy setting',
    '',
    /Correct the variable, or name ghes\.octo\.example in NO_PROXY/
  ),
  row(
    'a host that is down',
    'connection',
    'ECONNREFUSED',
    /Let this machine reach sts\.googleapis\.com:.*githubstatus/,
    PUBLIC_HOST
  )
])
