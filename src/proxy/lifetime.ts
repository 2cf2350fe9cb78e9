import process from 'node:process'
import { describeDefect } from './defect.ts'

/** Longer than any job that still uses it; the last net for a process that is not ended otherwise. */
const LONGEST_IDLE_MS = 6 * 60 * 60_000
const IDLE_CHECK_MS = 60_000

/** For how long the background process serves. */
export interface Lifetime {
  readonly isOver: () => boolean
  /** Ends the process: closes all that it has opened, so that nothing keeps it. */
  readonly end: () => void
  /** What is to be closed then; at once where that was. */
  readonly onEnd: (close: () => void) => void
  /** Lives on without the step. Until the step has written down where this process is, no post step could end it. */
  readonly leaveTheStep: () => void
  /** @param idleMs milliseconds since the last use */
  readonly endWhenUnused: (idleMs: () => number) => void
}

/** Ends with the step, by a signal, or by a defect, and says so in the log. */
export function beginLifetime(log: (line: string) => void): Lifetime {
  const closing: (() => void)[] = []
  let ended = false

  function end(): void {
    if (ended) return
    ended = true
    leaveTheStep()
    for (const close of closing) close()
  }

  function onEnd(close: () => void): void {
    if (ended) close()
    else closing.push(close)
  }

  function leaveTheStep(): void {
    process.off('disconnect', end)
    if (process.connected) process.disconnect()
  }

  process.on('uncaughtException', (error) => {
    log(`Ended by a defect: ${describeDefect(error)}`)
    process.exitCode = 1
    end()
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => {
      log(`Ended by ${signal}`)
      end()
    })
  }
  process.once('disconnect', end)
  return {
    isOver: () => ended,
    end,
    onEnd,
    leaveTheStep,
    endWhenUnused(idleMs) {
      const timer = setInterval(() => {
        if (idleMs() < LONGEST_IDLE_MS) return
        log('Ended because there was no request for six hours')
        end()
      }, IDLE_CHECK_MS)
      onEnd(() => {
        clearInterval(timer)
      })
    }
  }
}
