import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePause, isTransient, isTransientStatus, parseRetryAfter } from '../../../src/world/retry.ts'
import { answer, NOW } from '../fixtures.ts'

const LONGEST_MS = [1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]

function choose(attempt: number, random: number, retryAfter?: string): number {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return choosePause({ now: () => NOW, random: () => random }, attempt, answer(503, '', headers))
}

for (const [index, longest] of LONGEST_MS.entries()) {
  test(`The pause after attempt ${index + 1} is anything from 0 to ${longest} ms.`, () => {
    const pauses = [0, 0.5, 0.999_999].map((random) => choose(index + 1, random))
    assert.deepEqual(pauses, [0, longest / 2, longest])
  })
}

test('The pause after a thousand attempts is no longer.', () => {
  assert.equal(choose(1_000, 0.999_999), 10_000)
})

test('A pause is never shorter than Retry-After asks for, and may be longer.', () => {
  assert.equal(choose(1, 0.999_999, '30'), 30_000)
  assert.equal(choose(5, 0, '3'), 3_000)
  assert.equal(choose(5, 0.999_999, '3'), 10_000)
})

const RETRY_AFTER: [string, string | undefined, number][] = [
  ['absent', undefined, 0],
  ['in seconds', '120', 120_000],
  ['zero', '0', 0],
  ['in seconds with blanks', ' 7 ', 7_000],
  ['a date', 'Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
  ['a date in the past', 'Mon, 23 Nov 2026 11:59:30 GMT', 0],
  ['a date in the obsolete form of RFC 850', 'Monday, 23-Nov-26 12:00:30 GMT', 30_000],
  ['empty', '', 0],
  ['negative', '-5', 0],
  ['a fraction', '1.5', 0],
  ['words', 'soon', 0],
  ['words with a number', 'in 2100', 0],
  ['too many digits', '99999999999999', 0]
]

for (const [what, value, milliseconds] of RETRY_AFTER) {
  test(`A Retry-After that is ${what} means ${milliseconds} ms.`, () => {
    assert.equal(parseRetryAfter(value, NOW), milliseconds)
  })
}

const TRANSIENT: [number, boolean][] = [
  [200, false],
  [400, false],
  [401, false],
  [403, false],
  [404, false],
  [408, true],
  [429, true],
  [500, true],
  [503, true],
  [599, true]
]

for (const [status, expected] of TRANSIENT) {
  test(`The status ${status} is ${expected ? '' : 'not '}worth another attempt.`, () => {
    assert.equal(isTransientStatus(status), expected)
    assert.equal(isTransient(answer(status)), expected)
  })
}

test('No answer is worth another attempt.', () => {
  assert.ok(
    isTransient({
      answered: false,
      timedOut: true,
      trouble: 'connection' as const,
      reason: 'x',
      sent: true,
      milliseconds: 1
    })
  )
})
