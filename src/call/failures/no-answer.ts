import { describeOutcome } from '../../world/outcome.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import type { Outcome } from '../../world/outcome.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { inAttempts } from '../../world/outcome.ts'
import { isIdempotent } from '../attempts.ts'
import { showLog } from './gcloud.ts'
import { inStep, tryConnection } from '../../failure/snippets.ts'
import { explainConnection } from '../../world/failures/connection.ts'

/**
 * No answer came until there was no time for another attempt.
 *
 * @param method of the call that decides
 */
export function noUsableAnswer(url: URL, last: Outcome, attempts: number, how: string, method = 'GET'): Failure {
  return new Failure({
    code: !last.answered && last.timedOut ? 'TIMED_OUT' : 'SERVICE_UNAVAILABLE',
    sentence: `${safeUrl(url)} gave no usable answer to the call ${how}: ${describeOutcome(last)}${inAttempts(attempts)}.`,
    ...explain(url, last, method)
  })
}

/** Why a call that may have acted was not sent again. */
export function notRepeated(method: string): { cause: string; remedy: string } {
  return {
    cause: `The ${method} was not repeated, because the application may have acted upon it already.`,
    remedy:
      "See in the service's log whether it acted; run the step again only if that does no harm, or check with GET."
  }
}

function explain(url: URL, last: Outcome, method: string): Explanation {
  const host = safeText(url.host)
  const log = showLog(url)
  const connect = tryConnection(url)
  if (last.answered) {
    return {
      cause: 'The service starts, is overloaded or fails.',
      remedy: "Look at the service's log; raise deadline if it needs longer to start.",
      snippets: [log, inStep('deadline: 10m')]
    }
  }
  const known = explainConnection(last, url)
  if (known !== undefined) return known
  if (last.sent && !isIdempotent(method)) return { ...notRepeated(method), snippets: [log] }
  if (last.timedOut) {
    return {
      cause: 'The service needs longer than timeout allows, or starts slowly.',
      remedy: 'Raise timeout and deadline, or look at what the service does.',
      snippets: [inStep('timeout: 2m', 'deadline: 10m'), log]
    }
  }
  return last.sent
    ? {
        cause: 'The service, or what stands before it, closed the connection in the middle of its answer.',
        remedy: "Look at the service's log: the container may have crashed, or speak another protocol.",
        snippets: [log]
      }
    : {
        cause: `The host ${host} does not exist, or cannot be reached from this machine.`,
        remedy: 'Check url, and whether the machine may reach the host.',
        snippets: [connect]
      }
}
