import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  iapClientId,
  isMarkedByIap,
  isRefusalOfCaller,
  leavesOpenWhoRefused,
  whoAnswered
} from '../../../src/call/responder.ts'
import type { Responder } from '../../../src/call/responder.ts'
import { answer } from '../fixtures.ts'

const FRONTEND = { server: 'Google Frontend' }
const HTML = { ...FRONTEND, 'content-type': 'text/html; charset=UTF-8' }
const JSON_TYPE = { ...FRONTEND, 'content-type': 'application/json' }
const IAP = { ...HTML, 'x-goog-iap-generated-response': 'true' }
const SIGN_IN =
  'https://accounts.google.com/o/oauth2/v2/auth?client_id=123-abc.apps.googleusercontent.com&response_type=code&redirect_uri=https://iap.googleapis.com/v1/oauth/clientIds/123-abc.apps.googleusercontent.com:handleRedirect'
const INVALID_TOKEN = 'Bearer error="invalid_token" error_description="The access token could not be verified"'

const page = (title: string, heading: string, sentence: string): string => `
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: ${heading}</h1>
<h2>${sentence}</h2>
<h2></h2>
</body></html>
`
const policyPage = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><meta name=viewport content="width=device-width, initial-scale=1"><title>${text.slice(0, 3)}</title>${text}`

const PAGE_401 = page(
  '401 Unauthorized',
  'Unauthorized',
  'Your client does not have permission to the requested URL <code>/path</code>.'
)
const PAGE_403 = page(
  '403 Forbidden',
  'Forbidden',
  'Your client does not have permission to get URL <code>/</code> from this server.'
)
const PAGE_404 = `<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Error 404 (Not Found)!!1</title>
<p><b>404.</b> <ins>That’s an error.</ins><p>The requested URL <code>/healthz</code> was not found on this server.`

type Row = [string, Parameters<typeof answer>, Responder]

const GOOGLE: Row[] = [
  ["the front end's page for 403", [403, PAGE_403, HTML], 'front end'],
  ["the front end's page for 401", [401, PAGE_401, HTML], 'front end'],
  [
    "the front end's page for 401 with its header",
    [401, PAGE_401, { ...HTML, 'www-authenticate': INVALID_TOKEN }],
    'front end'
  ],
  [
    "the front end's header for 401 without a page",
    [401, '', { ...HTML, 'www-authenticate': INVALID_TOKEN }],
    'front end'
  ],
  ["the front end's page for 404", [404, PAGE_404, HTML], 'front end'],
  ['a function that is not there', [404, page('404 Page not found', 'Page not found', 'Gone.'), HTML], 'front end'],
  ["a load balancer's 404", [404, 'response 404 (backend NotFound), service rules', HTML], 'front end'],
  ["the ingress's 403", [403, page('403 Forbidden', 'Forbidden', 'Access is forbidden.'), HTML], 'infrastructure'],
  ["a security policy's 403", [403, policyPage('403 Forbidden'), HTML], 'infrastructure'],
  ["a security policy's 404", [404, policyPage('404 Not Found'), HTML], 'infrastructure'],
  ["a security policy's 502", [502, policyPage('502 Bad Gateway'), HTML], 'infrastructure'],
  ["the front end's 400", [400, page('400 Bad Request', 'Bad Request', 'Malformed.'), HTML], 'infrastructure'],
  ["the front end's 411", [411, page('411 Length Required', 'Length Required', '-'), HTML], 'infrastructure'],
  [
    "the front end's 413",
    [413, '<!DOCTYPE html>\n<html lang=en>\n  <title>Error 413 (Request Entity Too Large)!!1</title>', HTML],
    'infrastructure'
  ],
  ["the front end's 502", [502, page('502 Server Error', 'Server Error', 'Try again.'), HTML], 'infrastructure'],
  ["IAP's outage", [500, 'Error code 9', IAP], 'infrastructure'],
  ["a perimeter's refusal", [403, "Request is prohibited by organization's policy", HTML], 'front end'],
  ["IAP's redirect", [302, 'Invalid IAP credentials: empty token', { ...IAP, location: SIGN_IN }], 'iap'],
  ["IAP's 401 about the audience", [401, 'Invalid IAP credentials: Invalid JWT audience.', IAP], 'iap'],
  ["IAP's 401 about the token", [401, 'Invalid IAP credentials: Unable to parse JWT', IAP], 'iap'],
  ["IAP's 401 about the signature", [401, 'Invalid IAP credentials: JWT signature is invalid', IAP], 'iap'],
  ["IAP's 401 about the expiry", [401, 'OpenID Connect token expired: JWT has expired', IAP], 'iap'],
  ["IAP's 403", [403, "You don't have access", IAP], 'iap'],
  [
    "IAP's words behind a proxy that drops its header",
    [401, "Invalid IAP credentials: JWT 'email' claim isn't a string", HTML],
    'iap'
  ],
  ['a gateway that misses the token', [401, '{"message":"Jwt is missing","code":401}', JSON_TYPE], 'gateway'],
  [
    'a gateway that knows another issuer',
    [401, '{"code":401,"message":"Jwt issuer is not configured"}', JSON_TYPE],
    'gateway'
  ],
  [
    'a gateway with other audiences',
    [403, '{"code":403,"message":"Audiences in Jwt are not allowed"}', JSON_TYPE],
    'gateway'
  ],
  ['Envoy, in plain words', [401, 'Jwt is expired', { 'content-type': 'text/plain' }], 'gateway'],
  [
    "a gateway's verdict about a missing key",
    [401, '{"code":401,"message":"UNAUTHENTICATED: Method doesn\'t allow unregistered callers"}', JSON_TYPE],
    'gateway'
  ]
]

for (const [what, call, responder] of GOOGLE) {
  test(`By its own marks, ${what} is known: ${responder}.`, () => {
    assert.equal(whoAnswered(answer(...call), call[1] ?? ''), responder)
  })
}

const APPLICATION: Row[1][] = [
  [200, 'ok', HTML],
  [200, PAGE_403, HTML],
  [401, PAGE_403, HTML],
  [403, `<p>The backend said:</p>${PAGE_403}`, HTML],
  [403, `<!doctype html><title>Shop</title>${PAGE_403}`, HTML],
  [404, `<!doctype html><title>Shop</title>${PAGE_404}`, HTML],
  [403, `${policyPage('403 Forbidden')}<p>in our shop`, HTML],
  [403, policyPage('404 Not Found'), HTML],
  [401, '', { ...HTML, 'www-authenticate': 'Basic realm="shop"' }],
  [401, '{"detail":"bad token"}', { ...JSON_TYPE, 'www-authenticate': INVALID_TOKEN }],
  [403, '', { ...HTML, 'content-length': '295' }],
  [404, `<!DOCTYPE html><html lang=en>${' '.repeat(70_000)}<title>Error 404 (Not Found)!!1</title>`, HTML],
  [401, '{"error":"unauthorized"}', JSON_TYPE],
  [401, '<h1>Unauthorized</h1>', HTML],
  [401, '', { ...JSON_TYPE, 'www-authenticate': 'Bearer error="invalid_token"' }],
  [401, '', { ...FRONTEND, 'www-authenticate': 'Basic realm="shop"' }],
  [401, '{"message":"Jwt is missing"}', JSON_TYPE],
  [401, '{"message":"Jwt is missing","code":12}', JSON_TYPE],
  [403, '{"message":"forbidden"}', JSON_TYPE],
  [403, '<title>403 Forbidden</title><h1>Error: Forbidden</h1>', HTML],
  [403, '{"code":403,"message":"PERMISSION_DENIED"}', JSON_TYPE],
  [403, '', { ...FRONTEND, 'content-length': '0' }],
  [403, '', { ...HTML, 'content-length': '0' }],
  [403, JSON.stringify({ upstream: PAGE_403 }), JSON_TYPE],
  [404, JSON.stringify({ upstream: PAGE_404 }), JSON_TYPE],
  [404, '{"error":"not found"}', JSON_TYPE],
  [404, '<h1>Not Found</h1>', HTML],
  [404, 'Cannot GET /path', HTML],
  [404, '', { ...JSON_TYPE, 'content-length': '22' }],
  [404, '', { ...HTML, server: 'nginx', 'content-length': '153' }],
  [302, '', { ...HTML, location: '/login' }],
  [302, '', { ...HTML, location: 'https://accounts.google.com.evil.example/' }],
  [429, 'Rate exceeded.', HTML],
  [500, 'Jwt is missing', HTML],
  [503, 'Service Unavailable', HTML]
]

for (const call of APPLICATION) {
  const [status, text = '', headers = {}] = call
  const marks = JSON.stringify({ text, ...headers }).slice(0, 150)
  test(`The application's own ${status} with ${marks} is not taken for Google's.`, () => {
    assert.equal(whoAnswered(answer(...call), text), 'application')
  })
}

/** Whether an answer to a HEAD leaves open who gave it. */
const OPEN: [string, Parameters<typeof answer>, boolean][] = [
  ['401', [401, '', { ...HTML, 'content-length': '312' }], true],
  ['403', [403, '', { ...HTML, 'content-length': '295' }], true],
  ['404', [404, '', { ...HTML, 'content-length': '148' }], true],
  ['404 without a length', [404, '', { 'content-type': 'text/html' }], true],
  ['401 of JSON, which a gateway has too', [401, '', JSON_TYPE], true],
  ["401 with the front end's own header", [401, '', { ...HTML, 'www-authenticate': INVALID_TOKEN }], false],
  ['403 of an empty page', [403, '', { ...HTML, 'content-length': '0' }], false],
  ["401 with IAP's mark", [401, '', IAP], false],
  ['429', [429, '', HTML], false],
  ['503', [503, '', HTML], false],
  ['302', [302, '', HTML], false],
  ['200', [200, '', HTML], false]
]

for (const [what, call, open] of OPEN) {
  test(`A HEAD that is answered with ${what} ${open ? 'leaves open' : 'tells'} who answered; a GET always tells.`, () => {
    assert.equal(leavesOpenWhoRefused('HEAD', answer(...call)), open)
    assert.equal(leavesOpenWhoRefused('GET', answer(...call)), false)
  })
}

test("A redirect to Google's sign-in is IAP's where it leads back to IAP, and only IAP's mark makes a refusal of it.", () => {
  const unmarked = answer(302, 'Found', { ...HTML, location: SIGN_IN })
  assert.equal(whoAnswered(unmarked, 'Found'), 'iap')
  assert.equal(isRefusalOfCaller(unmarked, 'Found'), false)
  const own = SIGN_IN.replace('iap.googleapis.com', 'shop.example')
  assert.equal(whoAnswered(answer(302, 'Found', { ...HTML, location: own }), 'Found'), 'application')
  assert.equal(isMarkedByIap(answer(302, '', { 'x-goog-iap-generated-response': 'true' })), true)
  assert.equal(isMarkedByIap(answer(200, '', { 'x-goog-iap-generated-response': 'true' })), false)
})

for (const [what, call, responder] of GOOGLE) {
  const isRefusal = (responder === 'front end' && call[0] !== 404) || call[2] === IAP || what === "IAP's redirect"
  test(`${what[0]?.toUpperCase() ?? ''}${what.slice(1)} ${isRefusal ? 'refuses' : 'does not refuse'} the caller.`, () => {
    assert.equal(isRefusalOfCaller(answer(...call), call[1] ?? ''), isRefusal && responder !== 'infrastructure')
  })
}

const CLIENT_IDS: [string, string | undefined, string | undefined][] = [
  ["the sign-in page's address", SIGN_IN, '123-abc.apps.googleusercontent.com'],
  ['an address without one', 'https://accounts.google.com/o/oauth2/v2/auth', undefined],
  ['an address with something else', 'https://accounts.google.com/?client_id=%3Cscript%3E', undefined],
  ['an address that is too long', `https://accounts.google.com/?client_id=${'a'.repeat(201)}`, undefined],
  ['no address', undefined, undefined],
  ['a relative address', '/?client_id=1', undefined]
]

for (const [what, location, id] of CLIENT_IDS) {
  test(`IAP's client id is read from ${what}: ${id ?? 'none'}.`, () => {
    assert.equal(iapClientId(answer(302, '', location === undefined ? {} : { location })), id)
  })
}
