import type { Failure } from '../failure/failure.ts'
import { createRedaction } from '../guard/redaction.ts'
import { mapStrings, seal, sealText, type TokenFormat } from '../guard/seal.ts'
import { describeOutcome, type NoAnswer, type SealedAnswer, type SealedOutcome } from './outcome.ts'
import type { HttpRequest, Limits } from './request.ts'
import { limitOf, type Step } from './step.ts'
import { choosePause, isTransient } from './retry.ts'

/** After this many failures an endpoint is given up. 429 does not count, because quotas refill. */
const MOST_FAILURES = 5

/** No token endpoint answers faster from afar. */
const SHORTEST_ATTEMPT_MS = 100

/** Token endpoints answer with a few KiB; an access token alone can have 12. */
const LONGEST_ANSWER_BYTES = 256 * 1024

const OUT_OF_TIME: NoAnswer = {
  answered: false,
  timedOut: true,
  reason: 'the deadline of the step had passed',
  trouble: 'connection',
  sent: false,
  milliseconds: 0
}

export interface SealedRequest extends HttpRequest {
  /** Where a good answer holds a token that neither its name nor its shape tells. */
  readonly holds?: TokenFormat | undefined
}

/**
 * Asks a token endpoint until it gives an answer that is about the request: network errors, 408, 429 and 5xx are tried
 * again, POSTs included, because asking twice for a token does no harm.
 *
 * @param unavailable what to fail with where no such answer came, given the URL, the last outcome and the number of attempts
 */
export async function requestWithRetries(
  step: Step,
  request: SealedRequest,
  unavailable: (url: URL, last: SealedOutcome, attempts: number) => Failure
): Promise<SealedAnswer> {
  let lastInformative: SealedOutcome = OUT_OF_TIME
  let failures = 0
  for (let attempt = 1; step.timeLeft() > 0; attempt += 1) {
    const limit = limitOf(step)
    const outcome = await send(step, request, limit, 300)
    if (outcome.answered && !isTransient(outcome)) return outcome
    // An attempt that the deadline cut short says less than the one before it.
    const cutShort = !outcome.answered && outcome.timedOut && limit.byDeadline
    if (!cutShort || attempt === 1) lastInformative = outcome
    if (!outcome.answered || outcome.status !== 429) failures += 1
    const pause = choosePause(step, attempt, outcome)
    // Beyond the deadline another attempt could only end in failure: fail at once.
    if (!isTransient(outcome) || failures === MOST_FAILURES || pause + SHORTEST_ATTEMPT_MS >= step.timeLeft())
      throw unavailable(request.url, lastInformative, attempt)
    step.log.info(`${request.url.host}: ${describeOutcome(outcome)}; trying again in ${pause} ms`)
    await step.sleep(pause)
  }
  throw unavailable(request.url, lastInformative, 0)
}

/** Asks one of Google's services once. What comes back is sealed. */
export async function requestOnce(step: Step, request: SealedRequest): Promise<SealedOutcome> {
  return await send(step, request, limitOf(step), 0)
}

/**
 * No caller sees an answer as it came: whatever its status, it may hold fresh tokens, and quote those that it was sent.
 *
 * @param quotedFrom the status from which on people may be shown something of an answer; of one that gives a token they are not
 */
async function send(
  step: Step,
  request: SealedRequest,
  limit: Pick<Limits, 'milliseconds' | 'byDeadline'>,
  quotedFrom: number
): Promise<SealedOutcome> {
  const outcome = await step.send(request, { ...limit, bodyBytes: LONGEST_ANSWER_BYTES })
  if (!outcome.answered) return outcome
  const { masks } = step
  const { body, ...head } = outcome
  const sealed = {
    headers: mapStrings(head.headers, (text) => sealText(masks, text)),
    ...seal(masks, body.toString('utf8'), head.status < 300 ? request.holds : undefined)
  }
  const redact = head.status >= quotedFrom ? createRedaction(masks.known()) : (text: string) => text
  return { ...head, ...(mapStrings(sealed, redact) as Pick<SealedAnswer, 'headers' | 'json' | 'text'>) }
}
