import { noUsableAnswer } from '../../../../src/call/failures/no-answer.ts'
import { answer, SILENCE } from '../../fixtures.ts'
import { testFailures } from '../../rows.ts'
import { silent, URL_OF_CALL } from './failed-calls.ts'

const SLOW = { ...SILENCE, timedOut: true, reason: 'no complete answer within 30000 ms' }

testFailures([
  [
    'a PATCH that breaks',
    silent(SILENCE, 'PATCH'),
    'SERVICE_UNAVAILABLE',
    /whether the PATCH acted/,
    /PATCH was not repeated(?!.*deadline)/
  ],
  [
    'a POST that takes too long',
    silent(SLOW, 'POST'),
    'TIMED_OUT',
    /whether the POST acted, and run the step again with a longer input timeout only if/,
    /POST was not repeated(?!.*deadline)/
  ],
  [
    'a POST that was never sent',
    silent({ ...SILENCE, sent: false, reason: 'connection refused (ECONNREFUSED)' }, 'POST'),
    'SERVICE_UNAVAILABLE',
    /ECONNREFUSED\), after 2 attempts\. Let this machine reach shop-/,
    /^(?!.*not repeated)/
  ],
  [
    'a certificate that has expired',
    silent({ ...SILENCE, trouble: 'certificate', reason: 'the TLS certificate was not accepted (CERT_HAS_EXPIRED)' }),
    'SERVICE_UNAVAILABLE',
    /CERT_HAS_EXPIRED\), after 2 attempts\. Renew the certificate of shop-123456789012\.europe-west1\.run\.app/,
    /^(?!.*NODE_EXTRA_CA_CERTS)/
  ],
  [
    'a certificate for another name',
    silent({
      ...SILENCE,
      trouble: 'certificate',
      reason: 'the TLS certificate was not accepted (ERR_TLS_CERT_ALTNAME_INVALID)'
    }),
    'SERVICE_UNAVAILABLE',
    /ALTNAME_INVALID\), after 2 attempts\. Use the name for which the certificate was issued/
  ],
  [
    'a host that speaks no TLS',
    silent({ ...SILENCE, trouble: 'handshake', sent: false, reason: 'the TLS handshake failed (EPROTO)' }),
    'SERVICE_UNAVAILABLE',
    /EPROTO\), after 2 attempts\. Check host and port of https:\/\/shop-/,
    /does not speak TLS on this port/
  ],
  [
    'a proxy that does not let the call through',
    silent({ ...SILENCE, trouble: 'proxy', sent: false, reason: 'the proxy p:3128 answered 403 to CONNECT' }),
    'SERVICE_UNAVAILABLE',
    /the proxy p:3128 answered 403 to CONNECT.*in NO_PROXY/
  ],
  [
    'a connection that breaks',
    silent(SILENCE),
    'SERVICE_UNAVAILABLE',
    /\/health gave .* connection reset \(ECONNRESET\), after 2 attempts\. Look at the service's log/
  ],
  [
    'a service that is too slow',
    silent(SLOW),
    'TIMED_OUT',
    /within 30000 ms, after 2 attempts\. Raise timeout and deadline/
  ],
  [
    'a service that fails without a token',
    noUsableAnswer(URL_OF_CALL, answer(503), 1, 'without a token'),
    'SERVICE_UNAVAILABLE',
    /without a token: status 503/
  ]
])
