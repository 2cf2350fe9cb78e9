import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf } from '../../../src/proxy/addresses.ts'
import { toClientHeaders } from '../../../src/proxy/answer-headers.ts'
import { placeToken, toServiceHeaders } from '../../../src/proxy/request-headers.ts'

const service = addressOf(new URL('https://canary---hello-123.europe-west1.run.app/base'))
const HOST = 'canary---hello-123.europe-west1.run.app'

const toService = (...headers: string[]): string[] =>
  toServiceHeaders(headers, service, 'X-Serverless-Authorization', 1234).slice(2)

const REQUESTS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'what is nobody’s business but the service’s',
    ['Accept', '*/*', 'X-A', '1', 'X-A', '2'],
    ['Accept', '*/*', 'X-A', '1', 'X-A', '2']
  ],
  ['the host', ['Host', 'localhost:1234'], []],
  [
    'hop-by-hop headers',
    [
      'Connection',
      'keep-alive',
      'Keep-Alive',
      'timeout=5',
      'TE',
      'trailers',
      'Transfer-Encoding',
      'chunked',
      'Upgrade',
      'h2c',
      'Proxy-Connection',
      'x',
      'HTTP2-Settings',
      'AAM'
    ],
    []
  ],
  ['what Connection names', ['Connection', 'close, X-Hop', 'x-hop', '1', 'X-Kept', '1'], ['X-Kept', '1']],
  ['the framing', ['Content-Length', '5'], []],
  ['a token in the place of ours', ['x-serverless-authorization', 'Bearer other'], []],
  ['a token that the client needs for itself', ['Authorization', 'Bearer own'], ['Authorization', 'Bearer own']],
  ['the origin of the proxy', ['Origin', 'http://localhost:1234'], ['Origin', `https://${HOST}`]],
  [
    'the origin of another server of this machine',
    ['Origin', 'http://localhost:3000'],
    ['Origin', 'http://localhost:3000']
  ],
  ['the referrer of the proxy', ['Referer', 'http://[::1]:1234/x?y'], ['Referer', `https://${HOST}/base/x?y`]],
  ['another referrer', ['Referer', 'http://localhost:3000/x'], ['Referer', 'http://localhost:3000/x']],
  ['Expect', ['Expect', '100-continue'], ['Expect', '100-continue']],
  ['Trailer', ['Trailer', 'x-sum'], []]
]

for (const [what, sent, expected] of REQUESTS) {
  test(`a request: ${what}`, () => {
    assert.deepEqual(toService(...sent), expected)
  })
}

test('a request always has the host of the service', () => {
  assert.deepEqual(toServiceHeaders(['Connection', 'host'], service, 'Authorization', 1234), ['Host', HOST])
})

test('the header of our token', () => {
  const own = ['Authorization', 'Bearer own']
  const place = (
    header: 'Authorization' | 'X-Serverless-Authorization' | 'Proxy-Authorization',
    explicit: boolean,
    headers: string[]
  ): string | undefined => placeToken({ header, explicit }, headers)
  assert.equal(place('X-Serverless-Authorization', false, own), 'X-Serverless-Authorization')
  assert.equal(place('Proxy-Authorization', false, own), 'Proxy-Authorization')
  assert.equal(place('Authorization', false, []), 'Authorization')
  assert.equal(place('Authorization', false, own), 'X-Serverless-Authorization')
  assert.equal(place('Authorization', true, []), 'Authorization')
  assert.equal(place('Authorization', true, own), undefined)
  assert.equal(place('X-Serverless-Authorization', true, ['x-serverless-authorization', 'x']), undefined)
})

const ANSWERS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'what is nobody’s business but the client’s',
    ['X-A', '1', 'x-a', '2', 'Content-Length', '3'],
    ['X-A', '1', 'x-a', '2', 'Content-Length', '3']
  ],
  [
    'hop-by-hop headers',
    ['Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked'],
    []
  ],
  ['what would act on all of loopback', ['Strict-Transport-Security', 'max-age=1', 'Alt-Svc', 'h3=":443"'], []],
  ['a mark that is ours', ['X-Google-Id-Token-Failure', 'INTERNAL'], []],
  ['Location', ['Location', `https://${HOST}/base/x`], ['Location', 'http://localhost:1234/x']],
  ['Content-Location', ['Content-Location', '/base/x'], ['Content-Location', '/x']],
  ['Refresh', ['Refresh', `5; url=https://${HOST}/base/x`], ['Refresh', '5; url=http://localhost:1234/x']],
  [
    'Refresh in quotes',
    ['Refresh', `0;URL='https://${HOST}/base/x'; more`],
    ['Refresh', "0;URL='http://localhost:1234/x'; more"]
  ],
  ['Refresh without an address', ['Refresh', '5'], ['Refresh', '5']],
  [
    'the origin that may read',
    ['Access-Control-Allow-Origin', `https://${HOST}`],
    ['Access-Control-Allow-Origin', 'http://localhost:1234']
  ],
  ['another origin that may read', ['Access-Control-Allow-Origin', '*'], ['Access-Control-Allow-Origin', '*']],
  [
    'a plain cookie',
    ['Set-Cookie', 'a=b; Expires=Wed, 09 Jun 2032 10:18:14 GMT; HttpOnly'],
    ['Set-Cookie', 'a=b; Expires=Wed, 09 Jun 2032 10:18:14 GMT; HttpOnly']
  ],
  [
    'a Secure cookie',
    ['Set-Cookie', 'a=b; Secure; HttpOnly; SameSite=Lax'],
    ['Set-Cookie', 'a=b; HttpOnly; SameSite=Lax']
  ],
  ['a cookie for other sites', ['Set-Cookie', 'a=b; SameSite=None; Secure; Partitioned'], ['Set-Cookie', 'a=b']],
  ['a cookie with a value for Secure', ['Set-Cookie', 'a=b; Secure=; SameSite=None'], ['Set-Cookie', 'a=b']],
  [
    'a cookie for other sites that no browser takes',
    ['Set-Cookie', 'a=b; SameSite=None'],
    ['Set-Cookie', 'a=b; SameSite=None']
  ],
  [
    '__Host- cookies',
    ['Set-Cookie', '__Host-a=b; Secure; Path=/; SameSite=None'],
    ['Set-Cookie', '__Host-a=b; Secure; Path=/; SameSite=None']
  ],
  [
    '__Secure- cookies',
    ['Set-Cookie', `__secure-a=b; Secure; Domain=.run.app; SameSite=None`],
    ['Set-Cookie', '__secure-a=b; Secure; SameSite=None']
  ],
  ['the domain of the service', ['Set-Cookie', `a=b; domain=${HOST}; Path=/base`], ['Set-Cookie', 'a=b; Path=/']],
  ['another domain', ['Set-Cookie', 'a=b; Domain=evil.example'], ['Set-Cookie', 'a=b; Domain=evil.example']],
  ['a path under the base', ['Set-Cookie', 'a=b;Path=/base/admin'], ['Set-Cookie', 'a=b; Path=/admin']],
  ['a value with what looks like an attribute', ['Set-Cookie', 'secure=path=/x'], ['Set-Cookie', 'secure=path=/x']]
]

for (const [what, given, expected] of ANSWERS) {
  test(`an answer: ${what}`, () => {
    assert.deepEqual(toClientHeaders(given, service, 'localhost:1234'), expected)
  })
}
