import type { HttpRequest, Outcome } from '../http.ts'
import type { IdToken, Mint } from '../id-token.ts'
import type { CallInputs } from '../inputs.ts'
import type { Job } from '../job.ts'
import { parseRetryAfter, pauseAfter } from '../retry.ts'
import { callFailed } from '../failures/service.ts'
import type { Failure } from '../failure.ts'
import { decideNext } from './attempts.ts'
import type { Attempt, Step } from './attempts.ts'
import { createRedaction } from './redaction.ts'
import { readResponse } from './response.ts'
import type { Response } from './response.ts'
import { iapClientId } from './responder.ts'

/** What expectations see of a body; behind it the connection is closed. */
export const BODY_BYTES = 4 * 1024 * 1024

/** A last attempt is worth this much of the deadline. */
const LAST_ATTEMPT_MS = 1_000

/** One attempt as the report shows it. */
export interface AttemptRecord {
  readonly number: number
  /** Since the call began, in milliseconds. */
  readonly startedMs: number
  readonly milliseconds: number
  readonly attempt: Attempt
  /** What followed. */
  readonly next: string
}

/** What became of the call. */
export interface CallResult {
  readonly attempts: readonly AttemptRecord[]
  /** The last complete answer. */
  readonly response: Response | undefined
  readonly failure: Failure | undefined
}

/**
 * Calls the service with the token until its answer is what was expected, or can no longer become so.
 *
 * @param onAttempt is told of each attempt as soon as it is over
 * @throws {Failure} where a token that has to be renewed cannot be
 */
export async function callService(
  job: Job,
  call: CallInputs,
  firstToken: IdToken,
  mint: Mint,
  onAttempt: (record: AttemptRecord) => void
): Promise<CallResult> {
  const began = job.now()
  const attempts: AttemptRecord[] = []
  const tokens = [firstToken]
  let token = firstToken
  let response: Response | undefined
  let renewed = false
  let refusal: Refusal | undefined

  const renew = async (): Promise<void> => {
    token = await mint(firstToken.audience)
    tokens.push(token)
  }

  for (;;) {
    const limitMs = Math.max(1, Math.min(job.timeoutMs, job.timeLeft()))
    if (token.expiresAt <= job.now() + limitMs) await renew()
    const startedMs = job.now() - began
    const outcome = await job.send(buildRequest(call, token.jwt), { milliseconds: limitMs, bodyBytes: BODY_BYTES })
    const attempt = readAttempt(outcome, call, tokens)
    if (attempt.answered) response = attempt.response
    refusal = updateRefusal(refusal, attempt, job.now())

    const step = decideNext(attempt, {
      method: call.method,
      iamWaitMs: call.iamWaitMs,
      renewed,
      refusedForMs: refusal === undefined ? 0 : job.now() - refusal.since
    })
    const number = attempts.length + 1
    const pauseMs = step.kind === 'again' ? choosePause(job, number, outcome, step.withinMs) : undefined
    const record = { number, startedMs, milliseconds: outcome.milliseconds, attempt, next: describeStep(step, pauseMs) }
    attempts.push(record)
    onAttempt(record)

    if (step.kind === 'passed') return { attempts, response, failure: undefined }
    if (step.kind === 'renew') {
      renewed = true
      await renew()
    } else if (pauseMs === undefined) {
      const decisive = decisiveAttempt(attempt, response, limitMs < job.timeoutMs)
      const clientId = await findClientId(job, call, response)
      const failure = callFailed({ call, token, attempt: decisive, attempts: number, clientId })
      return { attempts, response, failure }
    } else {
      await job.sleep(pauseMs)
    }
  }
}

/** Since when the front end has refused with the same status. */
interface Refusal {
  readonly status: number
  readonly since: number
}

function updateRefusal(refusal: Refusal | undefined, attempt: Attempt, now: number): Refusal | undefined {
  if (!attempt.answered) return refusal
  const { responder, status } = attempt.response
  if (responder !== 'front end') return undefined
  return refusal?.status === status ? refusal : { status, since: now }
}

function readAttempt(outcome: Outcome, call: CallInputs, tokens: readonly IdToken[]): Attempt {
  if (!outcome.answered) return outcome
  const redact = createRedaction(tokens.map(({ jwt }) => jwt))
  return { answered: true, response: readResponse(outcome, call.expectations, redact) }
}

/** An attempt that the deadline cut short says less than the answer before it. */
function decisiveAttempt(last: Attempt, response: Response | undefined, cutByDeadline: boolean): Attempt {
  const cutShort = !last.answered && last.timedOut && cutByDeadline
  return cutShort && response !== undefined ? { answered: true, response } : last
}

/** The request with the token; everything else is the author's. */
function buildRequest({ method, url, headers, body }: CallInputs, jwt: string): HttpRequest {
  return {
    method,
    url,
    headers: { accept: '*/*', ...headers.own, [headers.tokenHeader]: `Bearer ${jwt}` },
    ...(body === undefined ? {} : { body })
  }
}

/**
 * How long to pause: with jitter, as long as `Retry-After` asks, but so that one more attempt fits before the deadline.
 *
 * @returns undefined where none does
 */
function choosePause(job: Job, attempt: number, outcome: Outcome, withinMs: number): number | undefined {
  const retryAfterMs = outcome.answered ? parseRetryAfter(outcome.headers['retry-after'], job.now()) : 0
  const longestMs = Math.min(job.timeLeft() - Math.min(LAST_ATTEMPT_MS, job.timeoutMs), withinMs)
  return longestMs <= 0 ? undefined : Math.min(pauseAfter(attempt, retryAfterMs, job.random), longestMs)
}

function describeStep(step: Step, pauseMs: number | undefined): string {
  switch (step.kind) {
    case 'passed':
    case 'final':
      return step.kind
    case 'renew':
      return 'once more with a new token'
    case 'again':
      return pauseMs === undefined
        ? 'no time is left for another'
        : `once more in ${(pauseMs / 1000).toFixed(1)} s: ${step.why}`
  }
}

/** IAP's client id, after IAP refused; it names it only to a caller without any credential. */
async function findClientId(job: Job, call: CallInputs, response: Response | undefined): Promise<string | undefined> {
  if (response?.responder !== 'iap') return undefined
  if (response.clientId !== undefined || job.timeLeft() <= 0) return response.clientId
  const limits = { milliseconds: Math.min(job.timeoutMs, job.timeLeft()), bodyBytes: 0 }
  const outcome = await job.send({ method: 'GET', url: call.url, headers: {} }, limits)
  return outcome.answered ? iapClientId(outcome) : undefined
}
