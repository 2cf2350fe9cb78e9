import type { HttpRequest, Limits } from '../world/request.ts'
import type { Outcome } from '../world/outcome.ts'
import type { IdToken } from '../token/id-token.ts'
import type { CallInputs } from '../inputs/call-inputs.ts'
import { earlierNow, limitOf, startWatch, type Step } from '../world/step.ts'
import { choosePause } from '../world/retry.ts'
import { callFailed } from './failures/service.ts'
import { Failure } from '../failure/failure.ts'
import { LONGEST_BODY_BYTES } from './verdicts.ts'
import { decideNext, recordAttempt, type Attempt, type AttemptRecord } from './attempts.ts'
import type { Secret } from '../guard/secret.ts'
import { createRedaction } from '../guard/redaction.ts'
import { getAfterHead } from './get-after-head.ts'
import { readResponse, type Response } from './response.ts'
import { iapClientId } from './responder.ts'
import { isCloudRunUrl, withoutTag } from '../inputs/service-url.ts'

/** How long the patterns of the expectations may take on one answer, so that catastrophic backtracking cannot use up the deadline. */
const PATTERNS_MS = 2_000

/** An answer that came just in time is judged all the same. */
const SHORTEST_PATTERNS_MS = 500

/** A token is checked when the request arrives; a timeout of hours must not ask for a new one before every attempt. */
const LEAST_LIFE_MS = 60_000

/** Time that is kept free for one last attempt. */
const LAST_ATTEMPT_MS = 1_000

/** What became of the call. */
export interface CallResult {
  /** The last complete answer. */
  readonly response: Response | undefined
  /** The last token; another one than at first, where it was renewed. */
  readonly token: IdToken
  readonly failure: Failure | undefined
}

/**
 * Calls the service with the token until its answer is what was expected, or can no longer become so.
 *
 * @param mintAgain gets another token for the same audience
 * @param onAttempt is told of each attempt as soon as it is over
 */
export async function callService(
  step: Step,
  call: CallInputs,
  firstToken: IdToken,
  mintAgain: () => Promise<IdToken>,
  onAttempt: (record: AttemptRecord) => void
): Promise<CallResult> {
  const elapsedMs = startWatch(step)
  /** The newest first. */
  const tokens: Tokens = [firstToken]
  /** Since when Google has refused with a status. */
  const refusedSince = new Map<number, number>()
  let response: Response | undefined
  let renewed = false
  const end = (failure?: Failure): CallResult => ({ response, token: tokens[0], failure })

  try {
    for (let number = 1; ; number += 1) {
      const limit = limitOf(step)
      const neededMs = Math.min(limit.milliseconds, LEAST_LIFE_MS)
      if (tokens[0].expiresAt <= earlierNow(step) + neededMs) tokens.unshift(await mintAgain())
      const startedMs = elapsedMs()
      const attempt = await makeAttempt(step, call, tokens, limit)
      if (attempt.answered) response = attempt

      const refusedForMs = attempt.answered ? refusedFor(refusedSince, attempt, elapsedMs()) : 0
      const next = decideNext(attempt, { method: call.method, iamWaitMs: call.iamWaitMs, renewed, refusedForMs })
      const pauseMs = next.kind === 'again' ? fitPause(step, number, attempt, next.withinMs) : undefined
      onAttempt(recordAttempt(attempt, next, pauseMs, { number, startedMs }))

      if (next.kind === 'passed') return end()
      if (next.kind === 'renew') {
        renewed = true
        tokens.unshift(await mintAgain())
      } else if (pauseMs === undefined) {
        const decisive = decisiveAttempt(attempt, response, limit.byDeadline)
        const clientId = await findClientId(step, call, response)
        const exists = await seeWhetherItExists(step, call, decisive)
        return end(callFailed({ call, token: tokens[0], attempt: decisive, attempts: number, clientId, exists }))
      } else {
        await step.sleep(pauseMs)
      }
    }
  } catch (error) {
    // Google gave no new token; the answers up to there still count.
    if (error instanceof Failure) return end(error)
    throw error
  }
}

type Tokens = [newest: IdToken, ...older: IdToken[]]

/** Sends the request with the newest token; no token that was sent so far is in what comes of it. */
async function makeAttempt(
  step: Step,
  call: CallInputs,
  tokens: Tokens,
  limit: Pick<Limits, 'milliseconds' | 'byDeadline'>
): Promise<Attempt> {
  const request = buildRequest(call, tokens[0].jwt)
  const outcome = await step.send(request, { ...limit, bodyBytes: LONGEST_BODY_BYTES })
  const withWords = await getAfterHead(step, request, outcome)
  if (!outcome.answered) return outcome
  // Without what tells who answered, nothing is known of the answer.
  if (!withWords.answered) return withWords
  const patternsMs = Math.min(PATTERNS_MS, Math.max(SHORTEST_PATTERNS_MS, step.timeLeft()))
  const redact = createRedaction(tokens.map(({ jwt }) => jwt))
  return readResponse(outcome, call.expectations, redact, patternsMs, withWords)
}

/** For how long, up to now, Google has refused like this before the service; 0 for whatever else answered. */
function refusedFor(refusedSince: Map<number, number>, { responder, status }: Response, now: number): number {
  if (responder !== 'front end' && responder !== 'infrastructure') return 0
  const since = refusedSince.get(status) ?? now
  refusedSince.set(status, since)
  return now - since
}

/** An attempt that the deadline cut short says less than the answer before it. */
function decisiveAttempt(last: Attempt, response: Response | undefined, cutByDeadline: boolean): Attempt {
  const cutShort = !last.answered && last.timedOut && cutByDeadline
  return cutShort ? (response ?? last) : last
}

/** The request with the token; everything else is the author's. */
function buildRequest({ method, url, headers, body }: CallInputs, jwt: Secret): HttpRequest {
  return {
    method,
    url,
    headers: { accept: '*/*', ...headers.own, [headers.tokenHeader]: jwt.asBearer() },
    ...(body === undefined ? {} : { body })
  }
}

/**
 * How long to pause: with jitter, as long as `Retry-After` asks, but so that one more attempt fits before the deadline.
 *
 * @returns undefined where none does
 */
function fitPause(step: Step, number: number, attempt: Attempt, withinMs: number): number | undefined {
  const longestMs = Math.min(step.timeLeft() - Math.min(LAST_ATTEMPT_MS, step.timeoutMs), withinMs)
  return longestMs <= 0 ? undefined : Math.min(choosePause(step, number, attempt), longestMs)
}

/** IAP's client id, after IAP refused; it names it only to a caller without any credential. */
async function findClientId(step: Step, call: CallInputs, response: Response | undefined): Promise<string | undefined> {
  if (response?.responder !== 'iap') return undefined
  if (response.clientId !== undefined || step.timeLeft() <= 0) return response.clientId
  const outcome = await askWithoutToken(step, 'GET', call.url)
  return outcome.answered ? iapClientId(outcome) : undefined
}

/**
 * After a 404 of the front end: whether the service answers at its root, without its tag. It is asked once and without a
 * credential, so that a private service refuses, which only one that exists does.
 *
 * @returns undefined where the root itself was called, or it does not tell
 */
async function seeWhetherItExists(step: Step, call: CallInputs, attempt: Attempt): Promise<boolean | undefined> {
  if (!attempt.answered || attempt.responder !== 'front end' || attempt.status !== 404) return undefined
  const root = new URL('/', withoutTag(call.url))
  if (!isCloudRunUrl(root) || root.href === call.url.href || step.timeLeft() <= 0) return undefined
  const outcome = await askWithoutToken(step, 'HEAD', root)
  return outcome.answered ? outcome.status !== 404 : undefined
}

async function askWithoutToken(step: Step, method: string, url: URL): Promise<Outcome> {
  return await step.send({ method, url, headers: {} }, { ...limitOf(step), bodyBytes: 0 })
}
