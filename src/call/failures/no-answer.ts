import { Failure, type Advice } from '../../failure/failure.ts'
import { explainNoAnswer } from '../../world/failures/connection.ts'
import { inStep } from '../../failure/snippets.ts'
import { safeUrl } from '../../guard/safe-text.ts'
import { describeOutcome, inAttempts, type Outcome } from '../../world/outcome.ts'
import { isIdempotent } from '../attempts.ts'
import { showLog } from './gcloud.ts'

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

/** Why a call that may have acted was not sent again. @param slow whether the answer took too long */
export function adviseOnce(method: string, url: URL, slow = false): Advice {
  return {
    remedy: `The ${method} was not repeated, because the application may have acted upon the call: see in the service's log whether the ${method} acted, and run the step again${slow ? ' with a longer input timeout' : ''} only if a second ${method} does no harm.`,
    snippets: showLog(url)
  }
}

/** The service answered that it is not available. */
export function adviseOnOverload(url: URL): Advice {
  return {
    cause: 'The service starts, is overloaded or fails.',
    remedy: "Look at the service's log; raise the input deadline if the service needs longer to start.",
    snippets: [showLog(url), inStep('deadline: 10m')]
  }
}

function explain(url: URL, last: Outcome, method: string): Advice {
  if (last.answered) return adviseOnOverload(url)
  if (last.trouble !== 'connection') return explainNoAnswer(last, url)
  if (last.sent && !isIdempotent(method)) return adviseOnce(method, url, last.timedOut)
  if (last.timedOut) {
    return {
      cause: 'The service needs longer than timeout or deadline allows, or starts slowly.',
      remedy: 'Raise timeout and deadline, or look at what the service does.',
      snippets: [inStep('timeout: 2m', 'deadline: 10m'), showLog(url)]
    }
  }
  return last.sent
    ? {
        cause: 'The service, or what stands before the service, closed the connection in the middle of its answer.',
        remedy: "Look at the service's log: the container may have crashed, or may speak another protocol.",
        snippets: showLog(url)
      }
    : explainNoAnswer(last, url)
}
