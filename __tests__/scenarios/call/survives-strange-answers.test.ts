import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, json } from '../call-given.ts'
import type { AppAnswer, Inputs } from '../call-given.ts'
import { assertFailure, assertSuccess } from '../given.ts'

const raw = (head: string, body: string | Buffer = ''): AppAnswer => ({
  delivery: { raw: Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), Buffer.from(body)]) }
})
const once = { method: 'POST' }

describe('Strange but right', { concurrency: 4 }, () => {
  const headers = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-header-${index}`, `value ${index}`]))
  callScenario('500 headers arrive, each of them', { app: [{ headers, body: 'ok' }] }, async ({ call }) => {
    const run = await call({ expect_headers: 'X-Header-499: ^value 499$' })
    assertSuccess(run)
    const seen = JSON.parse(run.outputs['headers'] ?? '{}') as Record<string, string>
    assert.equal(Object.keys(seen).filter((name) => name.startsWith('x-header-')).length, 500)
    assert.ok(run.log.length < 8_000, `${run.log.length} characters of log`)
  })

  const RIGHT: readonly [string, AppAnswer, string, Inputs][] = [
    [
      'a header in Latin-1',
      raw('HTTP/1.1 200 OK\r\nx-name: caf\xE9\r\ncontent-length: 2', 'ok'),
      'ok',
      { expect_headers: 'X-Name: ^caf\u00E9$' }
    ],
    [
      'a body in Latin-1',
      { headers: { 'content-type': 'text/plain; charset=iso-8859-1' }, body: Buffer.from('caf\xE9', 'latin1') },
      'caf\u00E9',
      { expect_body: '^caf\u00E9$' }
    ],
    [
      'a body in UTF-16',
      { headers: { 'content-type': 'text/plain; charset="utf-16le"' }, body: Buffer.from('caf\u00E9', 'utf16le') },
      'caf\u00E9',
      {}
    ],
    [
      'a character set that nobody knows',
      { headers: { 'content-type': 'text/plain; charset=klingon' }, body: 'caf\u00E9' },
      'caf\u00E9',
      {}
    ],
    [
      'invalid UTF-8',
      { body: Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x62]) },
      'a\uFFFD\uFFFD(b',
      { expect_body: '^a.*b$' }
    ],
    ['NUL in the body', { body: 'a\u0000b' }, 'a\u0000b', { expect_body: '^a.b$' }],
    ['an empty body', {}, '', { expect_body: '^$' }],
    ['204', { status: 204 }, '', {}],
    ['304 where it is expected', { status: 304 }, '', { expect_status: '304' }],
    [
      'no length, and the end of the connection as the end',
      raw('HTTP/1.0 200 OK\r\ncontent-type: text/plain', 'old'),
      'old',
      { expect_body: '^old$' }
    ],
    [
      'trailers',
      raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum', '2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n'),
      'ok',
      {}
    ],
    [
      'early hints',
      raw('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2', 'ok'),
      'ok',
      { expect_status: '200' }
    ],
    ['no reason phrase', raw('HTTP/1.1 200\r\ncontent-length: 2', 'ok'), 'ok', {}],
    [
      'a header called __proto__',
      raw('HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\ncontent-length: 2', 'ok'),
      'ok',
      { expect_headers: '__proto__: ^x$' }
    ],
    [
      'members called __proto__',
      json({ ['__proto__']: { status: 'ok' } }),
      '{"__proto__":{"status":"ok"}}',
      { expect_json: '"__proto__".status == \'ok\'' }
    ],
    [
      'the same header twice',
      { headers: { 'x-two': ['a', 'b'] }, body: 'ok' },
      'ok',
      { expect_headers: 'X-Two: ^a$\nX-Two: ^b$' }
    ]
  ]
  for (const [what, answer, body, inputs] of RIGHT) {
    callScenario(`It passes: ${what}`, { app: [answer] }, async ({ call }) => {
      const run = await call(inputs)
      assertSuccess(run)
      assert.equal(run.outputs['body'], body)
      assert.doesNotMatch(`${run.rawStdout}${run.summary}`, /[^\P{Cc}\n]/u)
    })
  }

  callScenario('A HEAD has headers and no body', { app: [json({ status: 'ok' })] }, async ({ call }) => {
    const run = await call({ method: 'HEAD', expect_headers: 'Content-Length: ^15$' })
    assertSuccess(run)
    assert.equal(run.outputs['body'], '')
  })
})

describe('Strange and wrong', { concurrency: 4 }, () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const DEEP: readonly [string, string, string][] = [
    ['100 000 levels of JSON', deep, '@ == `1`'],
    ['100 000 levels of JSON that never end', '['.repeat(100_000), '@'],
    ['100 000 levels of JSON, flattened', deep, 'length([][]) == `2`'],
    ['100 000 levels of JSON, shown', deep, '@'],
    ['100 000 levels of JSON, as text', deep, "to_string(@) == 'x'"],
    ['100 000 levels of objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), 'a == `1`'],
    ['a very long number', `{"n":${'9'.repeat(100_000)}}`, 'n == `1`']
  ]
  for (const [what, body, expression] of DEEP) {
    callScenario(
      `It is EXPECTATION_FAILED: ${what}`,
      { app: [{ headers: { 'content-type': 'application/json' }, body }] },
      async (stage) => {
        assertFailure(await stage.call({ ...once, expect_json: expression }), 'EXPECTATION_FAILED', expression)
      }
    )
  }

  const BROKEN: readonly [string, AppAnswer][] = [
    ['NUL in a header', raw('HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2', 'ok')],
    [
      'more headers than anybody needs',
      raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(300 * 1024)}\r\ncontent-length: 2`, 'ok')
    ],
    ['two lengths', raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3', 'okk')],
    ['a length and chunks', raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked', 'ok')],
    ['half of a status line', raw('HTTP/1.1 2')],
    ['another protocol', raw('ICY 200 OK')],
    ['less than was announced', raw('HTTP/1.1 200 OK\r\ncontent-length: 200', 'ok')],
    ['nothing', { delivery: { raw: '' } }]
  ]
  for (const [what, answer] of BROKEN) {
    callScenario(`It is SERVICE_UNAVAILABLE: ${what}`, { app: [answer] }, async ({ call }) => {
      const run = await call(once)
      assertFailure(run, 'SERVICE_UNAVAILABLE')
      assert.equal(run.outputs['status'], undefined)
    })
  }
})
