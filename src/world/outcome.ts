import { STATUS_CODES } from 'node:http'
import type { Sealed } from '../guard/seal.ts'

/** What kept an answer from coming, as far as it decides what helps. */
export type Trouble = 'proxy setting' | 'proxy' | 'certificate' | 'handshake' | 'refusal' | 'connection'

/** No connection came about, or what came over it was no answer. Message and `code` are safe to show. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: string
  readonly trouble: Trouble

  constructor(code: string, message: string, trouble: Trouble = 'connection') {
    super(message)
    this.code = code
    this.trouble = trouble
  }
}

/** An answer without its body. */
export interface AnswerHead {
  readonly answered: true
  readonly status: number
  /** By lower-case name; repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  /** Each value of the headers that came more than once; joined, a pattern could not tell them apart (RFC 9110, 5.3). */
  readonly repeated?: Readonly<Record<string, readonly string[]>>
  readonly milliseconds: number
}

/** A complete answer, whatever its status, or the first `bodyBytes` of one. */
export interface Answer extends AnswerHead {
  readonly body: Buffer
  /** The body was longer than the limit. */
  readonly truncated: boolean
}

/** An answer of a token endpoint: nothing secret in it is text any more. */
export type SealedAnswer = AnswerHead & Sealed

/** No answer, or one that broke off. */
export interface NoAnswer {
  readonly answered: false
  readonly timedOut: boolean
  /** Safe to show. */
  readonly reason: string
  readonly trouble: Trouble
  /** Whether anything of the request may have reached the other side. */
  readonly sent: boolean
  readonly milliseconds: number
}

export type Outcome = Answer | NoAnswer

export type SealedOutcome = SealedAnswer | NoAnswer

/** An outcome in a few safe words. */
export function describeOutcome(outcome: AnswerHead | NoAnswer): string {
  return outcome.answered ? `status ${outcome.status}` : outcome.reason
}

/** After how many attempts, where that is worth a word. */
export function inAttempts(attempts: number): string {
  return attempts > 1 ? `, after ${attempts} attempts` : ''
}

/** A status with its meaning: `404 Not Found`. */
export function describeStatus(status: number): string {
  const meaning = STATUS_CODES[status]
  return meaning === undefined ? `${status}` : `${status} ${meaning}`
}
