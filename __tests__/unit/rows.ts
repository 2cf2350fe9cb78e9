import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseDocument } from 'yaml'
import { FAILURES } from '../../src/failure/failure.ts'
import type { Failure, FailureCode, Snippet } from '../../src/failure/failure.ts'
import { readRefusal } from '../../src/token/refusal.ts'
import type { Refusal } from '../../src/token/refusal.ts'
import { answer, wordsOf } from './fixtures.ts'

/** What happened, the failure, its code, and words that it must have somewhere. */
export type FailureRow = [string, Failure, FailureCode, RegExp]

/** Every failure of a row, for scripts/check-commands.ts. */
export const TESTED: Failure[] = []

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
  TESTED.push(...rows.map(([, failure]) => failure))
  for (const [what, { text }, code, words] of rows) {
    test(`${code} is what ${what} is called, in words that say what to do.`, () => {
      assert.equal(text.code, code)
      assert.ok(text.code in FAILURES)
      assert.match(wordsOf(text).replaceAll('\\"', '"'), words)
      for (const sentence of [text.sentence, text.remedy, ...(text.cause === undefined ? [] : [text.cause])])
        assert.match(sentence, /^\S.*[.…]$/u)
      const { snippets = [], details = [], answer: quoted = '' } = text
      // Some inputs are best left out.
      if (code !== 'INPUT_INVALID') assert.notEqual(snippets.length, 0, 'nothing to paste')
      for (const snippet of snippets) assertPasteable(snippet)
      const lines = snippets.flatMap((snippet) => snippet.lines)
      for (const line of [text.sentence, text.remedy, text.cause ?? '', quoted, ...lines, ...details]) {
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|##\[/u)
        assert.doesNotMatch(line, /undefined|\[object|NaN|null|Invalid Date|Infinity/)
        // OpenAPI 2 wants this one empty.
        if (line.includes('authorizationUrl: ""')) continue
        assert.doesNotMatch(line, /\.\.$|\(\)|: \.|""| {2}\S.* {2}/)
      }
    })
  }
}

const { inputs: INPUTS } = parseDocument(readFileSync('action.yml', 'utf8')).toJS() as { inputs: object }

/** Shell for a shell, YAML for a file, and only inputs that there are. */
function assertPasteable({ place, lines }: Snippet): void {
  assert.notEqual(lines.length, 0, `nothing to paste: ${place}`)
  const text = lines.join('\n')
  if (/^(In a terminal|Only where|On the runner)/.test(place)) {
    const { status, stderr } = spawnSync('bash', ['-n', '-c', text], { encoding: 'utf8' })
    assert.equal(status, 0, `${text}\n${stderr}`)
  } else if (/^(In this step|In the workflow|In the job|In iap\.yaml|Where |In the gateway)/.test(place)) {
    const document = parseDocument(text, { uniqueKeys: false })
    assert.deepEqual(document.errors, [], text)
    const names = Object.keys(document.toJS() as object)
    if (place.endsWith('under "with"')) for (const name of names) assert.ok(name in INPUTS, `${name} is no input`)
  } else {
    assert.match(place, /^(In the (credential document|environment of the runner)|Report it at)/)
  }
}
