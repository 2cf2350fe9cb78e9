import { googleUnavailable, tokenMissing } from '../../../../src/token/failures/token-endpoint.ts'
import { answer, SILENCE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

const STS = new URL('https://sts.googleapis.com/v1/token')
const SERVER = new URL('http://127.0.0.1:37049/computeMetadata/v1/instance')

testFailures([
  [
    'no connection to Google',
    googleUnavailable(STS, { ...SILENCE, sent: false, reason: 'connection refused (ECONNREFUSED)' }, 5),
    'GOOGLE_UNAVAILABLE',
    /sts\.googleapis\.com gave no usable answer: connection refused \(ECONNREFUSED\), after 5 attempts\. Let this machine reach sts\.googleapis\.com.*https:\/\/status\.cloud\.google\.com/,
    /curl -sv https:\/\/sts\.googleapis\.com\//
  ],
  [
    'a name that nothing resolves',
    googleUnavailable(STS, { ...SILENCE, sent: false, reason: 'the host name cannot be resolved (ENOTFOUND)' }, 1),
    'GOOGLE_UNAVAILABLE',
    /ENOTFOUND\)\. Check the spelling of sts\.googleapis\.com and the DNS/
  ],
  [
    'a proxy that refuses',
    googleUnavailable(STS, { ...SILENCE, trouble: 'proxy', reason: 'the proxy p:3128 answered 403 to CONNECT' }, 1),
    'GOOGLE_UNAVAILABLE',
    /the proxy p:3128 answered 403 to CONNECT\. Let the proxy pass connections to sts\.googleapis\.com:443, or name sts\.googleapis\.com in NO_PROXY\./
  ],
  [
    'an incident',
    googleUnavailable(STS, answer(503, HOSTILE), 5),
    'GOOGLE_UNAVAILABLE',
    /status 503, after 5 attempts\. Run the job again; https:\/\/status\.cloud\.google\.com/
  ],
  [
    'a proxy that opens TLS',
    googleUnavailable(
      STS,
      {
        ...SILENCE,
        trouble: 'certificate',
        reason: 'the TLS certificate was not accepted (SELF_SIGNED_CERT_IN_CHAIN)'
      },
      1
    ),
    'GOOGLE_UNAVAILABLE',
    /SELF_SIGNED_CERT_IN_CHAIN\)\. Set NODE_EXTRA_CA_CERTS/
  ],
  [
    'a quota',
    googleUnavailable(STS, answer(429), 5),
    'GOOGLE_UNAVAILABLE',
    /status 429, after 5 attempts\. Raise deadline/,
    /quota/
  ],
  [
    'a redirect',
    tokenMissing(STS, answer(302, '', { 'content-type': 'text/html' })),
    'GOOGLE_UNAVAILABLE',
    /status 302 with a page that is not Google's \(content type: text\/html\)\. .*HTTPS_PROXY/
  ],
  [
    "a proxy's own page",
    tokenMissing(STS, answer(200, 's3cr3t', { 'content-type': HOSTILE })),
    'TOKEN_INVALID',
    /status 200, but without the token.*content type: none that is known.*HTTPS_PROXY/,
    /^(?!.*s3cr3t)/
  ],
  ['an answer of no type', tokenMissing(STS, answer(204)), 'TOKEN_INVALID', /content type: none/],
  [
    'an emulated metadata server',
    tokenMissing(SERVER, answer(200)),
    'TOKEN_INVALID',
    /http:\/\/127\.0\.0\.1:37049\/.*Unset GCE_METADATA_HOST, which says 127\.0\.0\.1:37049/
  ],
  [
    "another cloud's metadata server",
    tokenMissing(new URL('http://169.254.169.254/computeMetadata/v1/instance'), answer(200)),
    'TOKEN_INVALID',
    /Set workload_identity_provider or credentials_json/,
    /^(?!.*GCE_METADATA_HOST)/
  ]
])
