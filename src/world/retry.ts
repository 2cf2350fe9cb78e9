import type { Answer, NoAnswer } from './outcome.ts'
import type { Step } from './step.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000

/** Statuses that say "not now": RFC 9110 (408, 5xx) and RFC 6585 (429). */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

/** Whether the same request may well succeed a little later. */
export function isTransient(outcome: Pick<Answer, 'answered' | 'status'> | NoAnswer): boolean {
  return outcome.answered ? isTransientStatus(outcome.status) : outcome.trouble !== 'proxy setting'
}

/**
 * How long to pause after failed attempt number `attempt` (1 is the first), in milliseconds: exponential with full jitter, so
 * that jobs that failed together do not come back together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and never less than `Retry-After` asks for.
 */
export function choosePause(
  { now, random }: Pick<Step, 'now' | 'random'>,
  attempt: number,
  outcome: Pick<Answer, 'answered' | 'headers'> | NoAnswer
): number {
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1))
  const retryAfterMs = outcome.answered ? parseRetryAfter(outcome.headers['retry-after'], now()) : 0
  return Math.max(retryAfterMs, Math.round(random() * ceiling))
}

/** `Retry-After` in milliseconds from now: seconds or an HTTP date (RFC 9110, 10.2.3). 0 where it is absent or unreadable. */
export function parseRetryAfter(value: string | undefined, now: number): number {
  if (value === undefined) return 0
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  // The forms of RFC 9110, 5.6.7, begin with a day's name; Date.parse takes much else for a date.
  const date = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? 0 : Math.max(0, date - now)
}
