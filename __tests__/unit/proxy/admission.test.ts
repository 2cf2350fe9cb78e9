import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admit } from '../../../src/proxy/admission.ts'

const HOST = ['Host', 'localhost:1234']

const ROWS: readonly (readonly [string, string, string, readonly string[], number | string])[] = [
  ['a path', 'GET', '/x', HOST, '/x'],
  ['the asterisk of OPTIONS', 'OPTIONS', '*', HOST, '*'],
  ['an absolute target of our own', 'GET', 'http://LOCALHOST:1234/x', HOST, '/x'],
  ['an absolute target without a path', 'GET', 'http://localhost:1234', HOST, '/'],
  ['an absolute target with a query alone', 'GET', 'http://localhost:1234?x', HOST, '/?x'],
  ['an absolute target by another of our names', 'GET', 'http://127.0.0.1:1234/', HOST, 421],
  ['no host', 'GET', '/', [], 400],
  ['two hosts', 'GET', '/', [...HOST, ...HOST], 400],
  ['an empty host', 'GET', '/', ['Host', ''], 421],
  ['a host with a path', 'GET', '/', ['Host', 'localhost:1234/x'], 421],
  ['CONNECT', 'CONNECT', 'localhost:1234', HOST, 405],
  ['TRACE', 'TRACE', '/', HOST, 405],
  ['an asterisk', 'GET', '*', HOST, 400],
  ['an authority', 'GET', 'localhost:1234', HOST, 400],
  [
    'two origins, one of them foreign',
    'GET',
    '/',
    [...HOST, 'Origin', 'http://localhost:1', 'Origin', 'https://evil.example'],
    403
  ],
  ['a list of origins', 'GET', '/', [...HOST, 'Origin', 'http://localhost http://evil.example'], 403],
  ['an origin with a backslash', 'GET', '/', [...HOST, 'Origin', 'http://evil.example\\@localhost'], 403],
  ['loopback of IPv6', 'GET', '/', [...HOST, 'Origin', 'http://[::1]:3000'], '/'],
  ['any loopback address', 'GET', '/', [...HOST, 'Origin', 'http://127.1.2.3'], '/'],
  [
    'a cross-site request that says so twice',
    'GET',
    '/',
    [...HOST, 'Sec-Fetch-Site', 'same-origin', 'Sec-Fetch-Site', 'cross-site'],
    403
  ],
  [
    'a navigation that says so twice',
    'GET',
    '/',
    [
      ...HOST,
      'Sec-Fetch-Site',
      'cross-site',
      'Sec-Fetch-Mode',
      'navigate',
      'Sec-Fetch-Dest',
      'document',
      'Sec-Fetch-Dest',
      'iframe'
    ],
    403
  ]
]

for (const [what, method, target, headers, expected] of ROWS) {
  test(what, () => {
    const admission = admit({ method, target, headers }, 1234)
    if (admission.admitted) assert.equal(admission.path, expected)
    else assert.equal(admission.status, expected, admission.reason)
  })
}

test('on the port of http, the name is complete without it', () => {
  const ask = (host: string, port: number): boolean =>
    admit({ method: 'GET', target: '/', headers: ['Host', host] }, port).admitted
  assert.ok(ask('localhost', 80))
  assert.ok(ask('localhost:80', 80))
  assert.ok(!ask('localhost', 8080))
})

test('a reason shows nothing that acts', () => {
  const admission = admit({ method: 'GET', target: '/', headers: ['Host', `x\u202e##[error]${'y'.repeat(500)}`] }, 1234)
  assert.ok(!admission.admitted && !/\u202e|##\[/.test(admission.reason) && admission.reason.length < 300)
})
