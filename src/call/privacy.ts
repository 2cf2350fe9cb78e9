import { notPrivate, notRefused } from './failures/privacy.ts'
import { noUsableAnswer } from './failures/no-answer.ts'
import type { Failure } from '../failure/failure.ts'
import type { Outcome } from '../world/outcome.ts'
import type { CallInputs } from '../inputs/call-inputs.ts'
import { limitOf, startWatch, type Step } from '../world/step.ts'
import { choosePause, isTransient } from '../world/retry.ts'
import { FIRST_DEPLOYMENT_MS } from './attempts.ts'
import { isCloudRunUrl } from '../inputs/service-url.ts'
import { isRefusalOfCaller, whoAnswered } from './responder.ts'
import { getAfterHead, LONGEST_PAGE_BYTES } from './get-after-head.ts'

/** Safe methods (RFC 9110, 9.2.1): they can be sent without credentials. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Calls the service without any credential, cookie or body, and sees whether Google refuses the caller. An answer of Google's
 * that is no refusal proves nothing: while a first deployment or a new tag spreads, a public service answers 404 as well.
 *
 * @returns why the service is not known to be private; undefined where Google refused the caller
 */
export async function checkPrivacy(step: Step, call: CallInputs): Promise<Failure | undefined> {
  const method = SAFE_METHODS.includes(call.method) ? call.method : 'GET'
  const elapsedMs = startWatch(step)
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await askAnonymously(step, call.url, method)
    const verdict = judge(call.url, outcome)
    if (verdict === 'refused') return undefined
    if (verdict === 'answered' && outcome.answered) return notPrivate(call.url, method, outcome)
    const isNothingHere = outcome.answered && !isTransient(outcome)
    const patienceMs = isNothingHere ? FIRST_DEPLOYMENT_MS - elapsedMs() : isTransient(outcome) ? Infinity : 0
    const pauseMs = choosePause(step, attempt, outcome)
    if (pauseMs >= Math.min(step.timeLeft(), patienceMs))
      return isNothingHere ? notRefused(call, outcome) : noUsableAnswer(call.url, outcome, attempt, 'without a token')
    await step.sleep(pauseMs)
  }
}

async function askAnonymously(step: Step, url: URL, method: string): Promise<Outcome> {
  const request = { method, url, headers: {} }
  const outcome = await step.send(request, { ...limitOf(step), bodyBytes: LONGEST_PAGE_BYTES })
  return await getAfterHead(step, request, outcome)
}

/** Whether Google refused the caller; what the application answers, its 401 included, it answers to the whole world. */
function judge(url: URL, outcome: Outcome): 'refused' | 'answered' | 'open' {
  if (!outcome.answered || isTransient(outcome)) return 'open'
  const text = outcome.body.toString('utf8')
  if (isRefusalOfCaller(outcome, text)) return 'refused'
  const responder = whoAnswered(outcome, text)
  // Behind Cloud Run's own check, a gateway is one of the author's containers, and open to everyone.
  if (responder === 'gateway' && !isCloudRunUrl(url)) return 'refused'
  return responder === 'front end' || responder === 'infrastructure' ? 'open' : 'answered'
}
