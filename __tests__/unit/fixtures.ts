import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Failure } from '../../src/failure/failure.ts'
import type { FailureCode, FailureText } from '../../src/failure/failure.ts'
import { seal } from '../../src/guard/seal.ts'
import { createMasks } from '../../src/guard/secret.ts'
import type { Secret } from '../../src/guard/secret.ts'
import type { Answer, NoAnswer, SealedAnswer } from '../../src/world/outcome.ts'
import type { Expectations } from '../../src/inputs/expectations.ts'
import { compileExpectations } from '../../src/inputs/expectations.ts'

const MASKS = createMasks(() => undefined)

export const NOW = Date.parse('2026-11-23T12:00:00Z')
export const ACCOUNT = 'deployer@shop.iam.gserviceaccount.com'
export const SERVICE = 'https://shop-123456789012.europe-west1.run.app'

/** A JWT in compact form; nobody checks its signature. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  const parts = [{ alg: 'RS256', kid: 'c0ffee', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url')
  )
  const signature = ['a', 'b', 'c', 'd'].map((seed) => createHash('sha512').update(seed).digest())
  return [...parts, Buffer.concat(signature).toString('base64url')].join('.')
}

/** An answer as it came, and as it is once it went through the gate. */
export function answer(status: number, text = '', headers: Answer['headers'] = {}): Answer & SealedAnswer {
  const raw = { status, headers, body: Buffer.from(text), truncated: false, milliseconds: 5 }
  return { answered: true, ...raw, ...seal(MASKS, text) }
}

export function secret(value: string): Secret {
  return MASKS.keep(value)
}

/** A connection that broke. */
export const SILENCE: NoAnswer = {
  answered: false,
  timedOut: false,
  trouble: 'connection',
  reason: 'connection reset (ECONNRESET)',
  sent: true,
  milliseconds: 1
}

export async function expectations(
  inputs: Partial<Parameters<typeof compileExpectations>[0]> = {}
): Promise<Expectations> {
  return await compileExpectations({ status: '2xx', headers: '', body: '', json: '', ...inputs })
}

/** The failure that `act` throws. */
export function failureOf(act: () => unknown): FailureText {
  let value: unknown
  try {
    value = act()
  } catch (error) {
    if (error instanceof Failure) return error.text
    throw error
  }
  return assert.fail(`no failure, but ${JSON.stringify(value)}`)
}

/** The same, of a failure with this code and these words in its sentence. */
export function assertFails(act: () => unknown, code: FailureCode, words = /./): FailureText {
  const failure = failureOf(act)
  assert.equal(failure.code, code)
  assert.match(failure.sentence, words)
  return failure
}

/** All the words of a failure, wherever people see them. */
export function wordsOf(failure: FailureText): string {
  return JSON.stringify(failure)
}
