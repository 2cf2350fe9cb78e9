import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExactJson, parseJson, writeExactJson } from '../../../src/guard/json.ts'

for (const parse of [parseJson, parseExactJson]) {
  test(`${parse.name} ignores a byte order mark`, () => {
    assert.deepEqual(parse('\uFEFF{"id":1}'), { id: 1 })
    assert.deepEqual(parse('\uFEFF[9007199254740991]'), [9007199254740991])
  })

  test(`${parse.name} gives nothing for what is no JSON`, () => {
    for (const text of ['', 'ok', '{"id":', '[1234567890123456789', '\uFEFF\uFEFF1'])
      assert.equal(parse(text), undefined)
  })

  test(`${parse.name} stands 100,000 levels`, () => {
    assert.ok(Array.isArray(parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)))
  })
}

const NUMBERS: [string, unknown][] = [
  ['9007199254740993', 9007199254740993n],
  ['-9007199254740993', -9007199254740993n],
  ['9007199254740992', 9007199254740992n],
  ['9007199254740993.0', 9007199254740993n],
  ['9007199254740991', 9007199254740991],
  ['-9007199254740991', -9007199254740991],
  ['1793750400123456789', 1793750400123456789n],
  ['9.007199254740993e15', 9007199254740993n],
  ['-90071992547409930E-1', -9007199254740993n],
  ['0.0009007199254740993e19', 9007199254740993n],
  ['1e300', 10n ** 300n],
  ['1e400', Infinity],
  ['1e999999999999', Infinity],
  ['9007199254740993.5', 9007199254740994],
  ['90071992547409935e-1', 9007199254740994],
  ['7e0', 7],
  ['0.1234567890123456', 0.1234567890123456],
  ['"9007199254740993"', '9007199254740993']
]

for (const [text, value] of NUMBERS) {
  test(`${text} is read as it is written`, () => {
    assert.deepEqual(parseExactJson(`{"a":[${text}],"9007199254740993":1}`), { a: [value], '9007199254740993': 1 })
    assert.equal(parseExactJson(text), value)
  })
}

test('a number beyond what a double holds is never written as null', () => {
  assert.throws(() => writeExactJson([Infinity]), /beyond 1e308/)
})

test('long integers are written as they were read', () => {
  const text = '{"ids":[9007199254740993,1],"name":"x"}'
  assert.equal(writeExactJson(parseExactJson(text)), text)
})
