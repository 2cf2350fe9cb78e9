import { notPrivate } from './failures/privacy.ts'
import { noUsableAnswer } from './failures/no-answer.ts'
import type { Failure } from '../failure/failure.ts'
import type { Answer } from '../world/outcome.ts'
import type { CallInputs } from '../inputs/call-inputs.ts'
import type { Step } from '../world/step.ts'
import { isTransient, parseRetryAfter, pauseAfter } from '../world/retry.ts'
import { isMarkedByIap, whoAnswered } from './responder.ts'

/** The pages by which Google refuses are small. */
const LONGEST_PAGE_BYTES = 64 * 1024

/** Methods that change nothing, and may be sent by somebody who is not to come in. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Calls the service without any credential, cookie or body, and sees whether Google refuses.
 *
 * @returns why the service is not known to be private; undefined where Google refused the call
 */
export async function checkPrivacy(step: Step, call: CallInputs): Promise<Failure | undefined> {
  const method = SAFE_METHODS.includes(call.method) ? call.method : 'GET'
  let verdict = await askAnonymously(step, call.url, method)
  // The refusal of a HEAD request has no page by which to know it; whoever refuses it refuses GET as well.
  if (method === 'HEAD' && verdict.answered && !isRefusal(verdict.answer))
    verdict = await askAnonymously(step, call.url, 'GET')
  if (!verdict.answered) return verdict.failure
  return isRefusal(verdict.answer) ? undefined : notPrivate(call.url, verdict.method, verdict.answer)
}

async function askAnonymously(
  step: Step,
  url: URL,
  method: string
): Promise<{ answered: true; method: string; answer: Answer } | { answered: false; failure: Failure }> {
  for (let attempt = 1; ; attempt += 1) {
    const milliseconds = Math.max(1, Math.min(step.timeoutMs, step.timeLeft()))
    const outcome = await step.send({ method, url, headers: {} }, { milliseconds, bodyBytes: LONGEST_PAGE_BYTES })
    if (outcome.answered && !isTransient(outcome)) return { answered: true, method, answer: outcome }
    const retryAfter = outcome.answered ? parseRetryAfter(outcome.headers['retry-after'], step.now()) : 0
    const pause = pauseAfter(attempt, retryAfter, step.random)
    if (pause >= step.timeLeft())
      return { answered: false, failure: noUsableAnswer(url, outcome, attempt, 'without a token') }
    await step.sleep(pause)
  }
}

/** Google's own refusals, and no other: what the application answers, its 401 included, it answers to the whole world. */
function isRefusal(answer: Answer): boolean {
  const responder = whoAnswered(answer, answer.body.toString('utf8'))
  return (
    // An application may send people to Google's sign-in page too; only IAP's mark tells.
    isMarkedByIap(answer) ||
    // Without a page there is nothing by which to tell Google from the application.
    (responder === 'front end' && (answer.body.length > 0 || answer.headers['www-authenticate'] !== undefined))
  )
}
