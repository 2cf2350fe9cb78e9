/** Google's tokens live an hour. */
const BEFORE_EXPIRY_MS = 5 * 60_000

/** After an attempt that failed, or a renewal because of a refusal. */
const SHORTEST_PAUSE_MS = 5_000

/** The life of a token, in milliseconds since the epoch. */
export interface Lifetime {
  readonly obtainedAt: number
  readonly expiresAt: number
}

/** When to ask for the next token: five minutes before this one expires, or at half of a life that is too short for that. */
export function renewalTime({ obtainedAt, expiresAt }: Lifetime): number {
  return Math.max(obtainedAt + (expiresAt - obtainedAt) / 2, expiresAt - BEFORE_EXPIRY_MS)
}

/** When the next attempt may begin, after one that began at `attemptedAt`. */
export function nextAttempt(attemptedAt: number): number {
  return attemptedAt + SHORTEST_PAUSE_MS
}
