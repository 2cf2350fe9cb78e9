import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addressOf,
  toLocalAddress,
  toServiceAddress,
  toServicePath,
  withoutBase
} from '../../../src/proxy/addresses.ts'
import { isOwnAuthority } from '../../../src/proxy/admission.ts'

const LOCAL = 'localhost:1234'
const plain = addressOf(new URL('https://hello-123.europe-west1.run.app'))
const tagged = addressOf(new URL('https://canary---hello-123.europe-west1.run.app'))
const based = addressOf(new URL('https://www.example.com/base/'))
const loopback = addressOf(new URL('http://127.0.0.1:8080'))

test('paths are passed on byte for byte, behind the base', () => {
  for (const path of ['/', '/x', '/..', '//', '/%7E', '/a//b/../c', '/?q=/', '/ü', '*']) {
    assert.equal(toServicePath(plain, path), path)
    assert.equal(toServicePath(based, path), path === '*' ? '*' : `/base${path}`)
  }
})

const ADDRESSES: readonly (readonly [typeof plain, string, string])[] = [
  [plain, 'https://hello-123.europe-west1.run.app/x?y#z', 'http://localhost:1234/x?y#z'],
  [plain, 'https://hello-123.europe-west1.run.app', 'http://localhost:1234'],
  [plain, 'HTTPS://HELLO-123.europe-west1.run.app:443/x', 'http://localhost:1234/x'],
  [plain, 'http://hello-123.europe-west1.run.app/x', 'http://localhost:1234/x'],
  [plain, 'http://hello-123.europe-west1.run.app:80/x', 'http://localhost:1234/x'],
  [plain, '//hello-123.europe-west1.run.app/x', 'http://localhost:1234/x'],
  [plain, '/x', '/x'],
  [plain, 'x/y', 'x/y'],
  [plain, '', ''],
  [plain, 'https://hello-123.europe-west1.run.app:8443/x', 'https://hello-123.europe-west1.run.app:8443/x'],
  [
    plain,
    'https://hello-123.europe-west1.run.app.evil.example/',
    'https://hello-123.europe-west1.run.app.evil.example/'
  ],
  [
    plain,
    'https://hello-123.europe-west1.run.app@evil.example/',
    'https://hello-123.europe-west1.run.app@evil.example/'
  ],
  [
    plain,
    'https://evil.example/https://hello-123.europe-west1.run.app/',
    'https://evil.example/https://hello-123.europe-west1.run.app/'
  ],
  [plain, 'https://accounts.google.com/', 'https://accounts.google.com/'],
  [plain, 'javascript:alert(1)', 'javascript:alert(1)'],
  [tagged, 'https://canary---hello-123.europe-west1.run.app/x', 'http://localhost:1234/x'],
  [tagged, 'https://hello-123.europe-west1.run.app/x', 'http://localhost:1234/x'],
  [tagged, 'https://other---hello-123.europe-west1.run.app/x', 'https://other---hello-123.europe-west1.run.app/x'],
  [based, 'https://www.example.com/base/x', 'http://localhost:1234/x'],
  [based, 'https://www.example.com/base', 'http://localhost:1234/'],
  [based, '/base/x?y', '/x?y'],
  [based, '/base', '/'],
  [based, '/base?x', '/?x'],
  [based, '/basement', '/basement'],
  [based, '/login', '/login'],
  [based, 'https://www.example.com/login', 'https://www.example.com/login'],
  // Without its base this would be an address of another host.
  [based, '/base//evil.example/x', 'http://localhost:1234//evil.example/x'],
  [loopback, 'http://127.0.0.1:8080/x', 'http://localhost:1234/x'],
  [loopback, 'http://127.0.0.1:9090/x', 'http://127.0.0.1:9090/x']
]

test('addresses of the service become addresses of the proxy, and no other address does', () => {
  for (const [service, address, expected] of ADDRESSES) assert.equal(toLocalAddress(service, address, LOCAL), expected)
})

test('an address that the proxy gives out leads to where it came from', () => {
  const isOwn = (name: string): boolean => isOwnAuthority(name, 1234)
  for (const service of [plain, based]) {
    for (const path of ['/', '/x', '/x?y=1#z', '/%2e%2e/', '//double']) {
      const there = service.origin + toServicePath(service, path)
      assert.equal(toServiceAddress(service, toLocalAddress(service, there, LOCAL), isOwn), there)
    }
  }
})

test('only addresses of the proxy itself become the service’s', () => {
  const isOwn = (name: string): boolean => isOwnAuthority(name, 1234)
  for (const own of ['127.0.0.1:1234', 'localhost:1234', '[::1]:1234', 'LOCALHOST:1234'])
    assert.equal(toServiceAddress(plain, `http://${own}/x`, isOwn), `${plain.origin}/x`)
  for (const other of [
    'http://localhost:3000/x',
    'https://localhost:1234/x',
    'https://evil.example/',
    'about:client',
    ''
  ])
    assert.equal(toServiceAddress(plain, other, isOwn), other)
})

test('the base is taken from paths of cookies', () => {
  assert.equal(withoutBase(based, '/base/app'), '/app')
  assert.equal(withoutBase(based, '/base'), '/')
  assert.equal(withoutBase(based, '/'), '/')
  assert.equal(withoutBase(plain, '/app'), '/app')
})

test('no address whatever makes the proxy throw, or names another host than before', () => {
  // Pieces of addresses, put together at random; the seed is fixed, so that a failure comes again.
  let seed = 42
  const next = (limit: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % limit
  }
  const pieces = [
    '/',
    '//',
    '\\',
    ':',
    '@',
    '#',
    '?',
    'https:',
    'http:',
    'www.example.com',
    'evil.example',
    '/base',
    '.',
    '..',
    '%2f',
    ' ',
    '\t',
    'é',
    ''
  ]
  for (let round = 0; round < 20_000; round += 1) {
    const address = Array.from({ length: next(7) }, () => pieces[next(pieces.length)] ?? '').join('')
    const result = toLocalAddress(based, address, LOCAL)
    if (result === address) continue
    const before = new URL(address, 'https://www.example.com/base/page')
    const after = new URL(result, `http://${LOCAL}/page`)
    assert.equal(before.hostname, 'www.example.com', address)
    assert.equal(after.host, LOCAL, `${address} became ${result}`)
    assert.equal(
      `/base${after.pathname}`.replace(/\/$/, ''),
      before.pathname.replace(/\/$/, ''),
      `${address} became ${result}`
    )
  }
})
