import type { FailureText } from '../failure/failure.ts'
import { safeText } from '../guard/safe-text.ts'
import { describeDefect } from './defect.ts'

/** What became of the proxy's requests, for the post step. */
export interface Totals {
  /** By `1xx` to `5xx`, and `none` for requests that ended without an answer. */
  readonly classes: Readonly<Record<string, number>>
  /** Answers of Google's front end, IAP or a gateway in the place of the application. */
  readonly refusals: readonly Counted[]
  /** Answers of the proxy itself, because it had no token or the service gave none. */
  readonly failures: readonly Counted[]
  /** Requests that the proxy did not pass on. */
  readonly rejected: number
  /** Bytes of bodies, towards the service and back. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** By the time until the answer began. */
  readonly slowest: Slowest | undefined
  readonly renewals: number
  /** Defects of the proxy, each of which has ended an exchange. */
  readonly defects: number
}

export interface Counted {
  readonly count: number
  /** Of the first one. */
  readonly text: FailureText
}

export interface Slowest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly milliseconds: number
}

/** One exchange, while it lasts. */
export interface Entry {
  readonly answered: (status: number) => void
  readonly refused: (text: FailureText) => void
  readonly failed: (text: FailureText) => void
  readonly rejected: () => void
  readonly sent: (bytes: number) => void
  readonly received: (bytes: number) => void
  readonly end: () => void
}

export interface Statistics {
  readonly begin: (method: string, target: string) => Entry
  /** A client was turned away of whose request nothing is known. */
  readonly turnedAway: (status: number) => void
  readonly renewed: () => void
  readonly defect: (error: unknown) => void
  readonly totals: () => Totals
  /** Milliseconds, by the clock of the log, since the last request began or ended; 0 while one is under way. */
  readonly idleMs: () => number
}

/**
 * @param log takes a line for each exchange: time, method, path without query, status, milliseconds
 * @param now milliseconds by a clock that never jumps
 */
export function createStatistics(log: (line: string) => void, now: () => number): Statistics {
  const classes: Record<string, number> = {}
  const refusals = new Map<string, { count: number; text: FailureText }>()
  const failures = new Map<string, { count: number; text: FailureText }>()
  const counts = { rejected: 0, bytesSent: 0, bytesReceived: 0, renewals: 0, defects: 0, open: 0 }
  let slowest: Slowest | undefined
  let lastAt = now()

  function countClass(status: number | undefined): void {
    const group = status === undefined ? 'none' : `${Math.floor(status / 100)}xx`
    classes[group] = (classes[group] ?? 0) + 1
  }

  return {
    begin(method, target) {
      const startedAt = now()
      const pathOf = (): string => target.replace(/[?#].*$/s, '')
      let status: number | undefined
      let code = ''
      let milliseconds = 0
      let ended = false
      counts.open += 1
      return {
        answered(given) {
          status = given
          milliseconds = Math.round(now() - startedAt)
          if (milliseconds > (slowest?.milliseconds ?? -1))
            slowest = { method: safeText(method, 20), path: safeText(pathOf(), 200), milliseconds }
        },
        refused(text) {
          code = ` ${text.code}`
          count(refusals, text)
        },
        failed(text) {
          code = ` ${text.code}`
          count(failures, text)
        },
        rejected() {
          code = ' not passed on'
          counts.rejected += 1
        },
        sent(bytes) {
          counts.bytesSent += bytes
        },
        received(bytes) {
          counts.bytesReceived += bytes
        },
        end() {
          if (ended) return
          ended = true
          counts.open -= 1
          lastAt = now()
          countClass(status)
          const took = status === undefined ? Math.round(now() - startedAt) : milliseconds
          log(`${safeText(`${method} ${pathOf()}`, 220)} ${status ?? 'no answer'} ${took} ms${code}`)
        }
      }
    },
    turnedAway(status) {
      counts.rejected += 1
      countClass(status)
      log(`- - ${status} not passed on`)
    },
    renewed() {
      counts.renewals += 1
    },
    defect(error) {
      counts.defects += 1
      log(`A defect of the proxy: ${describeDefect(error)}`)
    },
    totals: () => ({
      classes,
      refusals: [...refusals.values()],
      failures: [...failures.values()],
      rejected: counts.rejected,
      bytesSent: counts.bytesSent,
      bytesReceived: counts.bytesReceived,
      slowest,
      renewals: counts.renewals,
      defects: counts.defects
    }),
    idleMs: () => (counts.open > 0 ? 0 : now() - lastAt)
  }
}

function count(counted: Map<string, { count: number; text: FailureText }>, text: FailureText): void {
  const known = counted.get(text.code)
  counted.set(text.code, { count: (known?.count ?? 0) + 1, text: known?.text ?? text })
}
