import type { Verdict } from '../../../src/call/expectations.ts'
import type { Responder } from '../../../src/call/responder.ts'
import { callFailed, exposed, serviceSilent } from '../../../src/failures/service.ts'
import type { FailedCall } from '../../../src/failures/service.ts'
import type { Failure } from '../../../src/failure.ts'
import type { NoAnswer } from '../../../src/http.ts'
import { ACCOUNT, answer, SERVICE } from '../fixtures.ts'
import { HOSTILE, testFailures } from './rows.ts'

const URL_OF_CALL = new URL(`${SERVICE}/health?key=s3cr3t`)
const SILENCE: NoAnswer = {
  answered: false,
  timedOut: false,
  reason: 'connection reset (ECONNRESET)',
  sent: true,
  milliseconds: 1
}
const STATUS_MISSED: Verdict = { expectation: 'status 2xx', met: false, actual: '404 Not Found' }

interface Changes {
  readonly email?: string
  readonly audience?: string
  readonly url?: string
  readonly tag?: string
  readonly clientId?: string
  readonly verdicts?: readonly Verdict[]
  readonly location?: string
}

function failed(responder: Responder, status: number, text: string, changes: Changes = {}): Failure {
  const {
    email = ACCOUNT,
    audience = SERVICE,
    url = URL_OF_CALL.href,
    tag,
    clientId,
    verdicts = [STATUS_MISSED],
    location
  } = changes
  const headers: Record<string, string> = location === undefined ? {} : { location }
  const response = { status, headers, text, responder, clientId, verdicts, accepted: false, milliseconds: 1 }
  return callFailed({
    ...call(new URL(url), tag),
    token: { audience, email },
    attempt: { answered: true, response },
    attempts: 3,
    clientId
  })
}

function call(url: URL, tag?: string): Pick<FailedCall, 'call'> {
  return { call: { url, tag, method: 'GET', iamWaitMs: 60_000, headers: { own: {}, tokenHeader: 'Authorization' } } }
}

function silent(attempt: NoAnswer): Failure {
  return callFailed({
    ...call(URL_OF_CALL),
    token: { audience: SERVICE, email: ACCOUNT },
    attempt,
    attempts: 2,
    clientId: undefined
  })
}

testFailures([
  [
    'the wrong audience',
    failed('front end', 401, '<h1>Error: Unauthorized</h1>', { audience: `${SERVICE}/health` }),
    'TOKEN_REJECTED',
    /shop-123456789012\S*\/health at https:.*401 Error: Unauthorized/
  ],
  [
    'a missing invoker',
    failed('front end', 403, '<h1>Error: Forbidden</h1>'),
    'INVOKER_MISSING',
    /deployer@shop.* may not invoke.*after 3 attempts.*binding shop --region=europe-west1.*--member="serviceAccount:deployer@shop.*run\.invoker/
  ],
  [
    'a person who is no invoker',
    failed('front end', 403, '', { email: 'jane@shop.example' }),
    'INVOKER_MISSING',
    /--member="user:jane@shop\.example"/
  ],
  [
    'an identity without e-mail that is no invoker',
    failed('front end', 403, '', { email: '' }),
    'INVOKER_MISSING',
    /The identity may not invoke(?!.*serviceAccount:")/
  ],
  [
    'an ingress that is closed',
    failed('front end', 404, HOSTILE),
    'NOT_REACHED',
    /ingress.*services describe shop --region=europe-west1/
  ],
  [
    'a tag that does not exist',
    failed('front end', 404, '', { tag: 'canary' }),
    'NOT_REACHED',
    /no traffic tag "canary"/
  ],
  [
    'a reserved path',
    failed('front end', 404, '', { url: `${SERVICE}/healthz` }),
    'NOT_REACHED',
    /path \/healthz for itself.*\/health\./
  ],
  [
    "IAP's refusal with a client id",
    failed('iap', 401, 'Invalid IAP credentials: Invalid JWT audience.', {
      clientId: '1-a.apps.googleusercontent.com'
    }),
    'IAP_REJECTED',
    /audience to 1-a\.apps.*audience: 1-a\.apps/
  ],
  ["IAP's redirect without one", failed('iap', 302, ''), 'IAP_REJECTED', /OAuth client id/],
  [
    "IAP's 403",
    failed('iap', 403, HOSTILE),
    'IAP_REJECTED',
    /iap\.httpsResourceAccessor.*--member="serviceAccount:deployer@shop/
  ],
  [
    "IAP's 403 to a person",
    failed('iap', 403, '', { email: 'jane@shop.example' }),
    'IAP_REJECTED',
    /--member="user:jane@shop\.example"/
  ],
  [
    "a gateway's refusal",
    failed('gateway', 401, 'Jwt issuer is not configured'),
    'GATEWAY_REJECTED',
    /x-google-audiences: https:\/\/shop-/
  ],
  [
    'a redirect',
    failed('application', 302, '', { location: `https://shop.example/${HOSTILE}` }),
    'REDIRECTED',
    /302 Found, to https:\/\/shop\.example.*expect_status: 302/
  ],
  ['a redirect to nowhere', failed('application', 304, ''), 'REDIRECTED', /304 Not Modified/],
  [
    'a service that is overloaded',
    failed('application', 429, 'Rate exceeded.'),
    'SERVICE_UNAVAILABLE',
    /429 Too Many Requests, after 3 attempts.*logs read shop/
  ],
  ['a service that fails', failed('application', 503, ''), 'SERVICE_UNAVAILABLE', /503 Service Unavailable/],
  [
    "the application's 404",
    failed('application', 404, 'Cannot GET /health'),
    'EXPECTATION_FAILED',
    /status 2xx.*404 Not Found.*Cannot GET/
  ],
  ["the application's 401", failed('application', 401, '{}'), 'EXPECTATION_FAILED', /own access control/],
  [
    'a body that is not as expected',
    failed('application', 200, 'down', {
      verdicts: [
        { expectation: 'status 2xx', met: true, actual: '200 OK' },
        { expectation: 'body matches /ok/', met: false, actual: 'down' }
      ]
    }),
    'EXPECTATION_FAILED',
    /body matches \/ok\/.*down(?=.*met: status 2xx; actual: 200 OK)(?=.*missed: body matches \/ok\/; actual: down)/
  ],
  [
    'an unexpected status 500 with the right status',
    failed('application', 500, 'x', {
      verdicts: [
        { ...STATUS_MISSED, met: true },
        { expectation: 'JSON: a', met: false, actual: 'not JSON' }
      ]
    }),
    'EXPECTATION_FAILED',
    /JSON: a/
  ],
  [
    'a connection that breaks',
    silent(SILENCE),
    'SERVICE_UNAVAILABLE',
    /\/health gave.*connection reset \(ECONNRESET\), after 2 attempts/
  ],
  [
    'a service that is too slow',
    silent({ ...SILENCE, timedOut: true, reason: 'no complete answer within 30000 ms' }),
    'TIMED_OUT',
    /within 30000 ms.*Raise timeout/
  ],
  [
    'a service that fails without a token',
    serviceSilent(URL_OF_CALL, answer(503), 1, 'without a token'),
    'SERVICE_UNAVAILABLE',
    /without a token: status 503/
  ],
  [
    'a service that is open',
    exposed(URL_OF_CALL, 'GET', 200),
    'NOT_PRIVATE',
    /GET without a token with 200 OK.*remove-iam-policy-binding shop --region=europe-west1.*allUsers/
  ],
  ['a URL with a secret in its query', exposed(URL_OF_CALL, 'GET', 299), 'NOT_PRIVATE', /^(?!.*s3cr3t)/]
])
