import { googleUnavailable, tokenMissing } from '../../../../src/token/failures/token-endpoint.ts'
import { openidMissing } from '../../../../src/identity/failures/authorized-user.ts'
import { tokenInvalid } from '../../../../src/token/failures/id-token.ts'
import type { NoAnswer } from '../../../../src/world/outcome.ts'
import { ACCOUNT, answer, SERVICE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

const STS = new URL('https://sts.googleapis.com/v1/token')
const REFUSED: NoAnswer = {
  answered: false,
  timedOut: false,
  trouble: 'connection' as const,
  reason: 'connection refused (ECONNREFUSED)',
  sent: false,
  milliseconds: 1
}

testFailures([
  [
    'no connection to Google',
    googleUnavailable(STS, REFUSED, 5),
    'GOOGLE_UNAVAILABLE',
    /sts\.googleapis\.com.*connection refused \(ECONNREFUSED\), after 5 attempts/
  ],
  [
    'a proxy that refuses',
    googleUnavailable(STS, { ...REFUSED, trouble: 'proxy', reason: 'the proxy p:3128 answered 403 to CONNECT' }, 1),
    'GOOGLE_UNAVAILABLE',
    /sts\.googleapis\.com:443.*NO_PROXY/
  ],
  [
    'an incident',
    googleUnavailable(STS, answer(503, HOSTILE), 5),
    'GOOGLE_UNAVAILABLE',
    /status 503, after 5 attempts.*incident/
  ],
  [
    'a proxy that opens TLS',
    googleUnavailable(
      STS,
      {
        ...REFUSED,
        trouble: 'certificate',
        reason: 'the TLS certificate was not accepted (SELF_SIGNED_CERT_IN_CHAIN)'
      },
      1
    ),
    'GOOGLE_UNAVAILABLE',
    /NODE_EXTRA_CA_CERTS/
  ],
  ['a quota', googleUnavailable(STS, answer(429), 5), 'GOOGLE_UNAVAILABLE', /quota.*Raise deadline/],
  [
    'a grant without openid',
    openidMissing(STS, 'https://www.googleapis.com/auth/cloud-platform'),
    'TOKEN_INVALID',
    /^(?!.*proxy).*without the scope openid.*--scopes=openid,https:\/\/www\.googleapis\.com\/auth\/userinfo\.email,.*granted scopes: https/
  ],
  ['a grant of unknown scopes', openidMissing(STS, undefined), 'TOKEN_INVALID', /scope openid(?!.*granted)/],
  ['a redirect', tokenMissing(STS, answer(302, '')), 'GOOGLE_UNAVAILABLE', /status 302/],
  [
    "a proxy's own page",
    tokenMissing(STS, answer(200, 's3cr3t', { 'content-type': HOSTILE })),
    'TOKEN_INVALID',
    /status 200(?!.*s3cr3t)/
  ],
  ['an answer of no type', tokenMissing(STS, answer(204)), 'TOKEN_INVALID', /content type: none/],
  [
    'a token for another account',
    tokenInvalid('its e-mail (email) is "a@b.c"', SERVICE, { account: ACCOUNT }),
    'TOKEN_INVALID',
    /"a@b\.c".*should be a token of deployer@shop/
  ],
  [
    'a token that is none',
    tokenInvalid('it is not a JSON Web Token', HOSTILE, 'form'),
    'TOKEN_INVALID',
    /not a JSON Web Token/
  ],
  [
    'a token of nobody',
    tokenInvalid('its e-mail (email) is missing', SERVICE, { account: undefined }),
    'TOKEN_INVALID',
    /does not say whose it is.*Set service_account/
  ],
  [
    'a token for somebody else',
    tokenInvalid('its audience (aud) is "x"', SERVICE, 'audience'),
    'TOKEN_INVALID',
    /^(?!.*gserviceaccount).*token for somebody else.*kept an old one/
  ],
  [
    'a token of another issuer',
    tokenInvalid('its issuer (iss) is "x"', SERVICE, 'issuer'),
    'TOKEN_INVALID',
    /another universe.*universe: googleapis\.com/
  ],
  [
    'a token that is over',
    tokenInvalid('it expired at 1', SERVICE, 'expiry'),
    'TOKEN_INVALID',
    /clock of this machine.*timedatectl/
  ]
])
