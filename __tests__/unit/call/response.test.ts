import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readResponse } from '../../../src/call/response.ts'
import { answer, expectations } from '../fixtures.ts'

const FORBIDDEN = `<html><head><title>403 Forbidden</title></head><body text=#000000><h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/</code> from this server.</h2></body></html>`

const ACCEPTED: [string, string, string, boolean][] = [
  ["a refusal of Google's whose class is expected", FORBIDDEN, '4xx', false],
  ["a refusal of Google's within a range", FORBIDDEN, '400-404', false],
  ["a refusal of Google's within a range of one", FORBIDDEN, '403-403', false],
  ["a refusal of Google's whose code is listed", FORBIDDEN, '2xx,403', true],
  ["the application's own 403 whose class is expected", 'no', '4xx', true],
  ["the application's own 403 where 2xx is expected", 'no', '2xx', false]
]

for (const [what, text, status, accepted] of ACCEPTED) {
  test(`It is ${accepted ? '' : 'not '}accepted: ${what}.`, async () => {
    assert.equal(
      readResponse(answer(403, text), await expectations({ status }), (value) => value, 1_000).accepted,
      accepted
    )
  })
}

test("A refusal of Google's whose code is listed still has to meet the other expectations.", async () => {
  const expected = await expectations({ status: '403', body: 'welcome' })
  assert.equal(readResponse(answer(403, FORBIDDEN), expected, (value) => value, 1_000).accepted, false)
})

test('Body and headers are redacted before they are judged.', async () => {
  const redact = (text: string): string => text.replaceAll('s3cr3t', '***')
  const expected = await expectations({ headers: 'X-Echo: s3cr3t', body: 's3cr3t', json: "echo == 's3cr3t'" })
  const response = readResponse(answer(200, '{"echo":"s3cr3t"}', { 'x-echo': 's3cr3t' }), expected, redact, 1_000)
  assert.deepEqual(
    response.verdicts.map(({ met }) => met),
    [true, false, false, false]
  )
  assert.doesNotMatch(JSON.stringify(response), /"s3cr3t"/)
})

const CHARSETS: [string, string | undefined, number[], string][] = [
  ['UTF-8 where none is declared', undefined, [0xc3, 0xa9], 'é'],
  ['the one that is declared', 'text/plain; charset=iso-8859-1', [0xe9], 'é'],
  ['the one that is declared in quotes', 'text/plain; Charset="ISO-8859-1"', [0xe9], 'é'],
  ['UTF-8 where the declared one is unknown', 'text/plain; charset=klingon', [0xc3, 0xa9], 'é'],
  ['UTF-8 with a replacement for what is not valid in it', 'text/plain', [0x61, 0xff], 'a\ufffd'],
  ['UTF-8 without its byte order mark', 'application/json', [0xef, 0xbb, 0xbf, 0x31], '1']
]

for (const [what, type, bytes, text] of CHARSETS) {
  test(`A body is decoded as ${what}.`, async () => {
    const raw = { ...answer(200, '', type === undefined ? {} : { 'content-type': type }), body: Buffer.from(bytes) }
    assert.equal(readResponse(raw, await expectations(), (value) => value, 1_000).text, text)
  })
}

test('All patterns together take no longer than they may.', async () => {
  const lines = Array.from({ length: 12 }, () => '^(a+)+$').join('\n')
  const start = performance.now()
  const response = readResponse(answer(200, `${'a'.repeat(40)}!`), await expectations({ body: lines }), String, 300)
  assert.ok(performance.now() - start < 12 * 300)
  for (const { actual } of response.verdicts.slice(1)) assert.equal(actual, 'the pattern takes too long on it')
})

test('No header of an answer is one that every object has.', async () => {
  const expected = await expectations({ headers: 'constructor: x' })
  const response = readResponse(answer(200), expected, String, 1_000)
  assert.equal(response.verdicts[1]?.actual, 'no such header')
})
