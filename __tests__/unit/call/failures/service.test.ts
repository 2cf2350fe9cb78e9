import type { Verdict } from '../../../../src/call/verdicts.ts'
import type { Responder } from '../../../../src/call/responder.ts'
import type { FailedCall } from '../../../../src/call/failures/failed-call.ts'
import { notPrivate, notRefused } from '../../../../src/call/failures/privacy.ts'
import { callFailed } from '../../../../src/call/failures/service.ts'
import { noUsableAnswer } from '../../../../src/call/failures/no-answer.ts'
import type { Failure } from '../../../../src/failure/failure.ts'
import type { NoAnswer } from '../../../../src/world/outcome.ts'
import { ACCOUNT, answer, SERVICE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'

const URL_OF_CALL = new URL(`${SERVICE}/health?key=s3cr3t`)
const SILENCE: NoAnswer = {
  answered: false,
  timedOut: false,
  trouble: 'connection' as const,
  reason: 'connection reset (ECONNRESET)',
  sent: true,
  milliseconds: 1
}
const GOOGLE_404 = '<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>'
const STATUS_MISSED: Verdict = { expectation: 'status 2xx', met: false, actual: '404 Not Found' }

interface Changes {
  readonly email?: string
  readonly audience?: string
  readonly url?: string
  readonly tag?: string
  readonly clientId?: string
  readonly verdicts?: readonly Verdict[]
  readonly location?: string
  readonly method?: string
  readonly tokenHeader?: FailedCall['call']['headers']['tokenHeader']
}

function failed(responder: Responder, status: number, text: string, changes: Changes = {}): Failure {
  const {
    email = ACCOUNT,
    audience = SERVICE,
    url = URL_OF_CALL.href,
    tag,
    clientId,
    verdicts = [STATUS_MISSED],
    location,
    method,
    tokenHeader
  } = changes
  const headers: Record<string, string> = location === undefined ? {} : { location }
  const response = { status, headers, text, responder, clientId, verdicts, accepted: false, milliseconds: 1 }
  return callFailed({
    ...call(new URL(url), tag, method, tokenHeader),
    token: { audience, email },
    attempt: { answered: true, response },
    attempts: 3,
    clientId
  })
}

function call(
  url: URL,
  tag?: string,
  method = 'GET',
  tokenHeader: FailedCall['call']['headers']['tokenHeader'] = 'Authorization'
): Pick<FailedCall, 'call'> {
  return { call: { url, tag, method, iamWaitMs: 60_000, headers: { own: {}, tokenHeader } } }
}

function silent(attempt: NoAnswer, method = 'GET'): Failure {
  return callFailed({
    ...call(URL_OF_CALL, undefined, method),
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
    /deployer@shop.* may not invoke.*after 3 attempts.*binding shop --region=europe-west1.*--member=serviceAccount:deployer@shop.*run\.invoker/
  ],
  [
    'a person who is no invoker',
    failed('front end', 403, '', { email: 'jane@shop.example' }),
    'INVOKER_MISSING',
    /--member=user:jane@shop\.example /
  ],
  [
    'an identity without e-mail that is no invoker',
    failed('front end', 403, '', { email: '' }),
    'INVOKER_MISSING',
    /The identity may not invoke(?!.*serviceAccount:")/
  ],
  [
    'a function without the right',
    failed('front end', 403, '', { url: 'https://europe-west1-shop.cloudfunctions.net/pay/now' }),
    'INVOKER_MISSING',
    /functions add-invoker-policy-binding pay --region=europe-west1 --project=shop.*--member=serviceAccount:deployer@shop(?!.*gcloud run)/
  ],
  [
    'an identity without e-mail that is no invoker of a function',
    failed('front end', 403, '', { email: '', url: 'https://europe-west1-shop.cloudfunctions.net/pay' }),
    'INVOKER_MISSING',
    /--member=serviceAccount:NAME@PROJECT\.iam\.gserviceaccount\.com/
  ],
  [
    'a perimeter',
    failed('front end', 403, "Request is prohibited by organization's policy"),
    'INVOKER_MISSING',
    /VPC Service Controls keep deployer@shop(?!.*(policy-binding|run\.invoker)).*ingress rule/
  ],
  [
    "a person's token where it is not taken",
    failed('front end', 401, '', { email: 'jane@shop.example', audience: '1-a.apps.googleusercontent.com' }),
    'TOKEN_REJECTED',
    /token is a person's.*Set service_account/
  ],
  ['a token that looks right', failed('front end', 401, ''), 'TOKEN_REJECTED', /second token/],
  [
    'a custom domain',
    failed('front end', 401, '', { url: 'https://shop.example/', audience: 'https://shop.example' }),
    'TOKEN_REJECTED',
    /own \*\.run\.app URL/
  ],
  [
    "the ingress's refusal",
    failed('infrastructure', 403, '<h2>Access is forbidden.</h2>'),
    'NOT_REACHED',
    /403 Forbidden before the call reached.*ingress admits internal.*services describe shop.*--ingress=all(?!.*policy-binding)/
  ],
  [
    "a security policy's refusal",
    failed('infrastructure', 404, '<title>404</title>404 Not Found', { url: 'https://shop.example/' }),
    'NOT_REACHED',
    /Cloud Armor.*security-policies describe POLICY/
  ],
  [
    'a body that is too large for the front end',
    failed('infrastructure', 413, '<title>Error 413 (Request Entity Too Large)!!1</title>'),
    'NOT_REACHED',
    /32 MiB.*Change method, headers or body/
  ],
  [
    'an outage of the front end, even where 5xx is expected',
    failed('infrastructure', 502, '<h1>Error: Server Error</h1>', { verdicts: [{ ...STATUS_MISSED, met: true }] }),
    'SERVICE_UNAVAILABLE',
    /answered 502 Bad Gateway, after 3 attempts.*services logs read shop/
  ],
  [
    'a path that may be reserved',
    failed('front end', 404, '', { url: `${SERVICE}/quiz`, tag: 'blue' }),
    'NOT_REACHED',
    /\/quiz may be reserved.*traffic tag \\?"blue.*ingress.*disabled.*no service of that name/
  ],
  [
    'a path that ends in z on another domain',
    failed('front end', 404, '', { url: 'https://shop.example/healthz' }),
    'NOT_REACHED',
    /^(?!.*for itself)(?!.*reserved).*ingress/
  ],
  [
    'a function that does not exist',
    failed('front end', 404, '<h1>Error: Page not found</h1>', {
      url: 'https://europe-west1-shop.cloudfunctions.net/pay'
    }),
    'NOT_REACHED',
    /no function pay in this region.*functions describe pay --region=europe-west1 --project=shop/
  ],
  [
    'a load balancer without backend',
    failed('front end', 404, 'response 404 (backend NotFound), service rules for the path non-existent', {
      url: 'https://shop.example/x'
    }),
    'NOT_REACHED',
    /no backend for shop\.example and the path \/x.*url-maps/
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
    /iap\.httpsResourceAccessor.*--resource-type=cloud-run --service=shop --region=europe-west1.*--member=serviceAccount:deployer@shop/
  ],
  [
    "IAP's 403 behind a load balancer",
    failed('iap', 403, '', { url: 'https://shop.example' }),
    'IAP_REJECTED',
    /--resource-type=backend-services --service=BACKEND/
  ],
  [
    "IAP's refusal of its own client id",
    failed('iap', 401, 'Invalid IAP credentials: Invalid JWT audience.', {
      clientId: '1-a.apps.googleusercontent.com',
      audience: '1-a.apps.googleusercontent.com'
    }),
    'IAP_REJECTED',
    /allow-list.*OAuth client of your own.*programmaticClients.*instead of 1-a\.apps/
  ],
  [
    'an IAP that saw no token',
    failed('iap', 302, 'Invalid IAP credentials: empty token', { clientId: '1-a.apps.googleusercontent.com' }),
    'IAP_REJECTED',
    /token_header to Proxy-Authorization, and audience to 1-a/
  ],
  [
    'an IAP that saw something else',
    failed('iap', 401, 'Invalid IAP credentials: Unable to parse JWT'),
    'IAP_REJECTED',
    /no ID token of Google/
  ],
  [
    'an IAP that wants an e-mail',
    failed('iap', 401, "Invalid IAP credentials: JWT 'email' claim isn't a string"),
    'IAP_REJECTED',
    /has no e-mail/
  ],
  [
    "IAP's 403 to a person",
    failed('iap', 403, '', { email: 'jane@shop.example' }),
    'IAP_REJECTED',
    /--member=user:jane@shop\.example /
  ],
  [
    "a gateway's refusal",
    failed('gateway', 401, 'Jwt issuer is not configured'),
    'GATEWAY_REJECTED',
    /does not name Google as an issuer.*authorizationUrl.*flow: implicit.*type: oauth2.*x-google-issuer.*x-google-jwks_uri.*x-google-audiences: https:\/\/shop-/
  ],
  ...(
    [
      ['Audiences in Jwt are not allowed', /not among the gateway's x-google-audiences/],
      ['Jwt is missing', /^(?!.*token_header).*took the header out.*x-google-jwt-locations/],
      ['Jwt is expired', /clock/],
      ['Jwt verification fails', /x-google-jwks_uri to https/],
      ['PERMISSION_DENIED: API key missing', /API key/]
    ] as const
  ).map(([words, meaning]): FailureRow => [`"${words}"`, failed('gateway', 401, words), 'GATEWAY_REJECTED', meaning]),
  [
    'a gateway that looks for the token elsewhere',
    failed('gateway', 401, 'Jwt is missing', { tokenHeader: 'X-Serverless-Authorization' }),
    'GATEWAY_REJECTED',
    /travelled in X-Serverless-Authorization.*token_header: Authorization/
  ],
  [
    'a header that Cloud Run does not read',
    failed('front end', 403, '', { tokenHeader: 'Proxy-Authorization' }),
    'INVOKER_MISSING',
    /^(?!.*policy-binding).*saw no token.*token_header: X-Serverless-Authorization/
  ],
  [
    "IAP's own account that is no invoker",
    failed('front end', 403, '', { audience: '1-a.apps.googleusercontent.com' }),
    'INVOKER_MISSING',
    /IAP's own account.*--member=serviceAccount:service-123456789012@gcp-sa-iap\.iam\.gserviceaccount\.com/
  ],
  [
    'a missing invoker behind a custom domain',
    failed('front end', 403, '', { url: 'https://shop.example/' }),
    'INVOKER_MISSING',
    /on the service shop to .*binding shop --region=europe-west1/
  ],
  [
    'a token that has expired for IAP',
    failed('iap', 401, 'OpenID Connect token expired: JWT has expired'),
    'IAP_REJECTED',
    /had expired by IAP's clock.*date --utc/
  ],
  [
    'an IAP that saw no token in a header of its own',
    failed('iap', 401, 'Invalid IAP credentials: empty token'),
    'IAP_REJECTED',
    /took the header out.*token_header: Proxy-Authorization/
  ],
  [
    'a host that speaks no TLS',
    silent({ ...SILENCE, trouble: 'handshake', sent: false, reason: 'the TLS handshake failed (EPROTO)' }),
    'SERVICE_UNAVAILABLE',
    /^(?!.*Mend the certificate).*does not speak TLS on this port/
  ],
  [
    'a redirect',
    failed('application', 302, '', { location: `https://shop.example/${HOSTILE}` }),
    'REDIRECTED',
    /302 Found, to https:\/\/shop\.example.*expect_status: 302.*missed: status 2xx; actual: 404/
  ],
  ['a redirect to nowhere', failed('application', 304, ''), 'REDIRECTED', /304 Not Modified/],
  [
    'a service that is overloaded',
    failed('application', 429, 'Rate exceeded.'),
    'SERVICE_UNAVAILABLE',
    /429 Too Many Requests, after 3 attempts.*logs read shop.*missed: status 2xx/
  ],
  [
    'a load balancer whose backend is down',
    failed('application', 503, 'no healthy upstream', { url: 'https://shop.example' }),
    'SERVICE_UNAVAILABLE',
    /no healthy backend.*get-health(?!.*raise deadline)/
  ],
  [
    'a POST that failed',
    failed('application', 500, '', { method: 'POST' }),
    'SERVICE_UNAVAILABLE',
    /POST was not repeated, because the application may have acted(?!.*deadline)/
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
    'an answer that misses much',
    failed('application', 200, 'down', {
      verdicts: Array.from({ length: 30 }, (_, index) => ({
        expectation: `body matches /${'x'.repeat(300)}/`,
        met: false,
        actual: `${index}${'y'.repeat(198)}`
      }))
    }),
    'EXPECTATION_FAILED',
    /^.{1000,2500}; and 27 more\.(?=.*actual: 29y)/
  ],
  ['a PATCH that breaks', silent(SILENCE, 'PATCH'), 'SERVICE_UNAVAILABLE', /PATCH was not repeated(?!.*deadline)/],
  [
    'a POST that takes too long',
    silent({ ...SILENCE, timedOut: true, reason: 'no complete answer within 30000 ms' }, 'POST'),
    'TIMED_OUT',
    /POST was not repeated(?!.*deadline)/
  ],
  [
    'a POST that was never sent',
    silent({ ...SILENCE, sent: false, reason: 'connection refused (ECONNREFUSED)' }, 'POST'),
    'SERVICE_UNAVAILABLE',
    /cannot be reached(?!.*not repeated)/
  ],
  [
    'a bad certificate',
    silent({
      ...SILENCE,
      trouble: 'certificate',
      sent: false,
      reason: 'the TLS certificate was not accepted (CERT_HAS_EXPIRED)'
    }),
    'SERVICE_UNAVAILABLE',
    /certificate of shop-123456789012\.europe-west1\.run\.app.*curl --head --verbose https:\/\/shop-/
  ],
  [
    'a proxy that does not let the call through',
    silent({ ...SILENCE, trouble: 'proxy', sent: false, reason: 'the proxy p:3128 answered 403 to CONNECT' }),
    'SERVICE_UNAVAILABLE',
    /NO_PROXY/
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
    noUsableAnswer(URL_OF_CALL, answer(503), 1, 'without a token'),
    'SERVICE_UNAVAILABLE',
    /without a token: status 503/
  ],
  [
    'a service that is open',
    notPrivate(URL_OF_CALL, 'GET', answer(200)),
    'NOT_PRIVATE',
    /GET without a token with 200 OK.*remove-iam-policy-binding shop --region=europe-west1.*allUsers/
  ],
  [
    'an application that refuses by itself',
    notPrivate(URL_OF_CALL, 'GET', answer(401)),
    'NOT_PRIVATE',
    /refusal is the application's own.*remove-iam-policy-binding shop/
  ],
  [
    'a redirect for everybody',
    notPrivate(URL_OF_CALL, 'GET', answer(302, '', { location: 'https://shop.example/login' })),
    'NOT_PRIVATE',
    /redirects to https:\/\/shop\.example\/login is open/
  ],
  [
    "a gateway's refusal of a call without token",
    notPrivate(new URL('https://gw.example/'), 'GET', answer(401, '{"code":401,"message":"Jwt is missing"}')),
    'NOT_PRIVATE',
    /gateway in front(?!.*gcloud run)/
  ],
  [
    'a custom domain that is open',
    notPrivate(new URL('https://shop.example/'), 'GET', answer(200)),
    'NOT_PRIVATE',
    /allUsers.*Where a Cloud Run service is behind the domain/
  ],
  [
    'a function that is open',
    notPrivate(new URL('https://europe-west1-shop.cloudfunctions.net/pay'), 'GET', answer(200)),
    'NOT_PRIVATE',
    /functions remove-invoker-policy-binding pay --region=europe-west1 --project=shop(?!.*gcloud run)/
  ],
  [
    'an application that fails for everybody',
    notPrivate(URL_OF_CALL, 'GET', answer(404)),
    'NOT_PRIVATE',
    /went through/
  ],
  [
    'a 404 of Google to a call without a token',
    notRefused({ url: URL_OF_CALL, tag: 'blue' }, answer(404, GOOGLE_404)),
    'NOT_REACHED',
    /without a token with 404.*refuses nobody.*traffic tag \\?"blue.*ingress/
  ],
  [
    'a 403 of ingress to a call without a token',
    notRefused({ url: URL_OF_CALL, tag: undefined }, answer(403, '<h2>Access is forbidden.</h2>')),
    'NOT_REACHED',
    /without a token with 403.*ingress.*--ingress=all/
  ],
  ['a URL with a secret in its query', notPrivate(URL_OF_CALL, 'GET', answer(299)), 'NOT_PRIVATE', /^(?!.*s3cr3t)/]
])
