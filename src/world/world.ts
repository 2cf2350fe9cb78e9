import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { createHttp } from './http.ts'
import { proxyPasswords } from './proxy-setting.ts'
import type { Step, Log } from './step.ts'
import { createMasks } from '../guard/secret.ts'

/** Everything outside of the action: network, clock, chance, environment. */
export interface World {
  readonly env: Step['env']
  /** The world with the limits that the inputs set. */
  readonly startStep: (limits: { readonly timeoutMs: number; readonly deadlineMs: number }) => Step
  /** The deadline, in milliseconds, once it has passed by so much that nothing which holds to it can still be under way. */
  readonly overdue: Promise<number>
  /** Ends whatever is still under way: requests, connections, pauses. */
  readonly close: () => void
}

/** What is under way when the deadline passes is cut short then, and has this long to come to a verdict. */
const OVERDUE_MS = 1_000

/** The longest that one of Node's timers can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** @param masks others than the runner's where there is no runner to read them */
export function createWorld(env: Step['env'], log: Log, masks = createMasks()): World {
  const http = createHttp()
  const closing = new AbortController()
  const overdue = Promise.withResolvers<number>()
  // These are there before anything happens; other secrets come through the gate (seal.ts).
  for (const name of ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    masks.keep(env[name] ?? '')
  }
  for (const password of proxyPasswords(env)) masks.keep(password)
  /** The machine's clock against that of the last answer (RFC 9110, 6.6.1). */
  let aheadMs = 0
  return {
    env,
    overdue: overdue.promise,
    startStep: ({ timeoutMs, deadlineMs }) => {
      const leftMs = deadlineMs + OVERDUE_MS - performance.now()
      setTimeout(overdue.resolve, Math.min(LONGEST_TIMER_MS, leftMs), deadlineMs).unref()
      return {
        env,
        masks,
        log,
        async send(request, limits) {
          const outcome = await http.send(request, limits)
          const date = outcome.answered ? Date.parse(outcome.headers['date'] ?? '') : Number.NaN
          if (request.url.protocol === 'https:' && !Number.isNaN(date)) aheadMs = Date.now() - date
          return outcome
        },
        prepare: http.prepare,
        async sleep(milliseconds) {
          // An interrupted pause is a pause that is over.
          await wait(milliseconds, undefined, { signal: closing.signal }).catch(() => undefined)
        },
        random: Math.random,
        now: Date.now,
        googleNow: () => Date.now() - aheadMs,
        timeoutMs,
        // The clock of `performance` starts with the process and never jumps.
        timeLeft: () => (closing.signal.aborted ? 0 : Math.max(0, Math.floor(deadlineMs - performance.now())))
      }
    },
    close() {
      closing.abort()
      http.close()
    }
  }
}
