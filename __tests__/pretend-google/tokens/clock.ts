/** The clock of everybody but the runner. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now: () => number
  /** Whole seconds since the epoch, as in claims. */
  seconds: () => number
  /** How far the clock is ahead of the machine's, in milliseconds; may be changed at any time. */
  aheadMs: number
}

export function createClock(): Clock {
  const clock: Clock = {
    aheadMs: 0,
    now: () => Date.now() + clock.aheadMs,
    seconds: () => Math.floor(clock.now() / 1000)
  }
  return clock
}
