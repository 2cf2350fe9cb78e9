import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTag, tagOf, withTag } from '../../../src/inputs/service-url.ts'

test('A tag is lower-case letters, digits and hyphens, without what separates it from the host.', () => {
  for (const tag of ['canary', 'pr-12', 'a', 'a--b']) assert.ok(isTag(tag), tag)
  for (const tag of ['', 'Canary', '1a', 'a-', 'a---b', 'a.b', 'x'.repeat(47)]) assert.ok(!isTag(tag), tag)
})

const TAGS: [string, string, string | undefined][] = [
  ['a tagged URL', 'https://canary---shop-1.a.run.app', 'canary'],
  ['a URL without a tag', 'https://shop-1.a.run.app', undefined],
  ['a custom domain with three hyphens', 'https://canary---shop.example', undefined],
  ['a host that begins with three hyphens', 'https://---shop-1.a.run.app', undefined]
]

for (const [what, url, tag] of TAGS) {
  test(`The tag of ${what} is ${tag ?? 'none'}.`, () => {
    assert.equal(tagOf(new URL(url)), tag)
  })
}

test('A tag goes before the host and changes nothing else.', () => {
  const url = new URL('https://shop-1.a.run.app:8443/path?query=1')
  assert.equal(withTag(url, 'canary').href, 'https://canary---shop-1.a.run.app:8443/path?query=1')
  assert.equal(url.host, 'shop-1.a.run.app:8443')
})

test('A tag that stands in the URL already is not put there twice.', () => {
  assert.equal(withTag(new URL('https://canary---shop-1.a.run.app/'), 'canary').host, 'canary---shop-1.a.run.app')
})
