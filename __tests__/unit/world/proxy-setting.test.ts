import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionError } from '../../../src/world/outcome.ts'
import { parseProxy } from '../../../src/world/proxy-setting.ts'

for (const [value, origin, credentials] of [
  ['http://proxy.example:3128', 'http://proxy.example:3128', undefined],
  ['HTTP://proxy.example:3128/', 'http://proxy.example:3128', undefined],
  ['https://proxy.example', 'https://proxy.example', undefined],
  ['http://proxy.example/ignored?as=curl', 'http://proxy.example', undefined],
  ['proxy.example:3128', 'http://proxy.example:3128', undefined],
  ['http://[::1]:3128', 'http://[::1]:3128', undefined],
  ['http://alice:secret@proxy.example:3128', 'http://proxy.example:3128', 'alice:secret'],
  ['alice:secret@proxy.example:3128', 'http://proxy.example:3128', 'alice:secret'],
  ['http://alice@proxy.example', 'http://proxy.example', 'alice:'],
  ['http://al%3Aice:%41%zz%@proxy.example', 'http://proxy.example', 'al:ice:A%zz%'],
  ['http://alice:12#3@4/5?6@proxy.example', 'http://proxy.example', 'alice:12#3@4/5?6']
] as const) {
  test(`A proxy is read from ${value}.`, () => {
    const proxy = parseProxy('HTTPS_PROXY', value)
    assert.equal(proxy.url.origin, origin)
    assert.equal(proxy.credentials?.toString(), credentials)
  })
}

for (const value of [
  'http://',
  '@',
  'http://alice:secret',
  'http://alice:secret@',
  'a b:1',
  'http://[::1',
  'x:1:2',
  'socks5://p:1'
]) {
  test(`No proxy is read from ${value}, and the message does not quote it.`, () => {
    assert.throws(
      () => parseProxy('https_proxy', value),
      (error) =>
        error instanceof ConnectionError && error.message.includes('https_proxy') && !error.message.includes('secret')
    )
  })
}
