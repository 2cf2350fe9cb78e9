import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAILURE_CODES } from '../../../src/failure.ts'
import type { Failure, FailureCode } from '../../../src/failure.ts'
import { readRefusal } from '../../../src/refusal.ts'
import type { Refusal } from '../../../src/refusal.ts'
import { answer, wordsOf } from '../fixtures.ts'

/** What happened, the failure, its code, and words that it must have somewhere. */
export type FailureRow = [string, Failure, FailureCode, RegExp]

/** Text from outside with everything that must not reach a log. */
export const HOSTILE = 'x\r\n::error::y\u202e##[error]\u001b[31m\u2028z'

/** Google's APIs refuse in this form. */
export function apiRefusal(status: number, message: string, info: Readonly<Record<string, unknown>> = {}): Refusal {
  const error = { code: status, message, status: 'PERMISSION_DENIED', details: [info] }
  return readRefusal(answer(status, JSON.stringify({ error })))
}

/** OAuth endpoints and STS refuse in this form. */
export function oauthRefusal(
  error: string,
  description: string,
  rest: Readonly<Record<string, unknown>> = {}
): Refusal {
  return readRefusal(answer(400, JSON.stringify({ error, error_description: description, ...rest })))
}

/** Makes a test of each: the code, and texts that people can read and act on. */
export function testFailures(rows: readonly FailureRow[]): void {
  for (const [what, { text }, code, words] of rows) {
    test(`${code} is what ${what} is called, in words that say what to do.`, () => {
      assert.equal(text.code, code)
      assert.ok(FAILURE_CODES.includes(text.code))
      assert.match(wordsOf(text).replaceAll('\\"', '"'), words)
      for (const sentence of [text.sentence, text.remedy, ...(text.cause === undefined ? [] : [text.cause])])
        assert.match(sentence, /^\S.*[.…]$/u)
      const { commands = [], details = [], answer: quoted = '' } = text
      for (const line of [text.sentence, text.remedy, text.cause ?? '', quoted, ...commands, ...details]) {
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|##\[/u)
        assert.doesNotMatch(line, /undefined|\[object|NaN|null|Invalid Date|Infinity/)
        // OpenAPI 2 wants this one empty.
        if (line.includes('authorizationUrl: ""')) continue
        assert.doesNotMatch(line, /\.\.$|\(\)|: \.|""| {2}\S.* {2}/)
      }
    })
  }
}
