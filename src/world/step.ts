import type { Http, Limits } from './request.ts'
import type { Masks } from '../guard/secret.ts'

/** Lines of the log; every one of them safe to show. */
export interface Log {
  readonly info: (line: string) => void
}

/** What everything that talks to the world is handed: the world itself, and how much of the step's time is left. */
export interface Step {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly masks: Masks
  readonly log: Log
  readonly send: Http['send']
  readonly prepare: Http['prepare']
  /** Ends early once the step is over. */
  readonly sleep: (milliseconds: number) => Promise<void>
  /** In [0, 1). */
  readonly random: () => number
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly now: () => number
  /** The same by Google's clock, as far as an answer has told; else by the machine's. */
  readonly googleNow: () => number
  /** Limit for one request, in milliseconds. */
  readonly timeoutMs: number
  /** Milliseconds until the step's deadline; 0 once it has passed or the step is over. */
  readonly timeLeft: () => number
}

/** Clocks that differ by less, in seconds, do no harm. */
export const CLOCK_TOLERANCE_S = 60

/** The time, in milliseconds since the epoch, at which nothing has expired but what has by both clocks. */
export function earlierNow({ now, googleNow }: Pick<Step, 'now' | 'googleNow'>): number {
  return Math.min(now(), googleNow())
}

/** How long a request that is sent now may take. @param mostMs where that is less than timeout */
export function limitOf(
  step: Pick<Step, 'timeoutMs' | 'timeLeft'>,
  mostMs = step.timeoutMs
): Required<Pick<Limits, 'milliseconds' | 'byDeadline'>> {
  const left = Math.max(1, step.timeLeft())
  const most = Math.min(mostMs, step.timeoutMs)
  return { milliseconds: Math.min(most, left), byDeadline: left < most }
}

/** @returns the milliseconds since now, by the clock of the deadline, which unlike the machine's never jumps */
export function startWatch({ timeLeft }: Pick<Step, 'timeLeft'>): () => number {
  const leftAtStart = timeLeft()
  return () => leftAtStart - timeLeft()
}
