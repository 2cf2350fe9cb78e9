import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findAudience, parseAudience } from '../../../src/inputs/audience.ts'
import { audienceRequired } from '../../../src/inputs/failures.ts'
import { assertFails } from '../fixtures.ts'

const DERIVED: [string, string, string][] = [
  [
    'a deterministic URL',
    'https://shop-123456789012.europe-west1.run.app',
    'https://shop-123456789012.europe-west1.run.app'
  ],
  ['a URL with a hash', 'https://shop-ab12cd34ef-ew.a.run.app/', 'https://shop-ab12cd34ef-ew.a.run.app'],
  ['path, query and fragment', 'https://shop-1.a.run.app/any/path?query=1#there', 'https://shop-1.a.run.app'],
  ['a traffic tag', 'https://canary---shop-1.a.run.app/health', 'https://shop-1.a.run.app'],
  ['a traffic tag with hyphens', 'https://pr-12---shop-1.a.run.app', 'https://shop-1.a.run.app'],
  ['upper case in the host', 'https://Canary---SHOP-1.A.Run.App/Path', 'https://shop-1.a.run.app'],
  ['the default port', 'https://shop-1.a.run.app:443/', 'https://shop-1.a.run.app'],
  ['another port', 'https://canary---shop-1.a.run.app:8443/x', 'https://shop-1.a.run.app'],
  ['another port of a function', 'https://a-b.cloudfunctions.net:8443/f', 'https://a-b.cloudfunctions.net/f'],
  [
    'a function',
    'https://europe-west1-shop.cloudfunctions.net/order',
    'https://europe-west1-shop.cloudfunctions.net/order'
  ],
  [
    'path and query behind a function',
    'https://europe-west1-shop.cloudfunctions.net/order/any/path?a=1',
    'https://europe-west1-shop.cloudfunctions.net/order'
  ],
  [
    'a slash behind a function',
    'https://europe-west1-shop.cloudfunctions.net/Order/',
    'https://europe-west1-shop.cloudfunctions.net/Order'
  ]
]

for (const [what, url, audience] of DERIVED) {
  test(`The audience is derived from ${what}.`, () => {
    assert.equal(findAudience(new URL(url)), audience)
  })
}

const UNKNOWN: [string, string][] = [
  ['a function without a name', 'https://europe-west1-shop.cloudfunctions.net/'],
  ['a custom domain', 'https://shop.example/health'],
  ['a host that only ends like Cloud Run', 'https://evilrun.app/'],
  ['a host that only begins like Cloud Run', 'https://shop-1.a.run.app.evil.example/'],
  ['a host that only ends like a function', 'https://shopcloudfunctions.net/order'],
  ['API Gateway', 'https://shop-1a2b3c4d.ew.gateway.dev/v1'],
  ['App Engine', 'https://shop.ew.r.appspot.com/'],
  ['a loopback address', 'http://127.0.0.1:8080/'],
  ['localhost', 'http://localhost:8080/']
]

for (const [what, url] of UNKNOWN) {
  test(`No audience is derived from ${what}, and the error says which value fits which product.`, () => {
    assert.equal(findAudience(new URL(url)), undefined)
    const { snippets } = audienceRequired(new URL(url)).text
    const products = url.includes('.cloudfunctions.net/')
      ? [/gcloud functions list/]
      : [/Cloud Run/, /Identity-Aware Proxy/, /API Gateway/]
    for (const product of products) assert.match(JSON.stringify(snippets), product)
  })
}

test('The error about a missing audience does not repeat the query.', () => {
  const { text } = audienceRequired(new URL('https://shop.example/x?key=s3cr3t'))
  assert.doesNotMatch(JSON.stringify(text), /s3cr3t/)
})

for (const [what, value] of [
  ['a control character', 'https://shop\u0000'],
  ['half of a surrogate pair', 'https://shop\ud800']
] as const) {
  test(`An audience with ${what} is refused`, () => {
    assertFails(() => parseAudience(value), 'INPUT_INVALID', /control characters or broken Unicode/)
  })
}
