import type { Failure } from '../failure/failure.ts'
import { createRedaction } from '../guard/redaction.ts'
import { describeOutcome } from './outcome.ts'
import type { Answer, NoAnswer, Outcome } from './outcome.ts'
import type { HttpRequest } from './request.ts'
import type { Job } from './job.ts'
import { isTransient, parseRetryAfter, pauseAfter } from './retry.ts'

/** A token endpoint that failed this often will hardly recover within a step. A quota does: it refills all the time. */
const MOST_FAILURES = 5

/** No token endpoint answers faster from afar. */
const SHORTEST_ATTEMPT_MS = 100

/** Token endpoints answer with a few KiB; an access token alone can have 12. */
const LONGEST_ANSWER_BYTES = 256 * 1024

/**
 * Asks a token endpoint until it gives an answer that is about the request: network errors, 408, 429 and 5xx are tried
 * again, POSTs included, because asking twice for a token does no harm.
 *
 * @param unavailable what to fail with where no such answer came, given the last outcome and the number of attempts
 */
export async function requestWithRetries(
  job: Job,
  request: HttpRequest,
  unavailable: (last: Outcome, attempts: number) => Failure
): Promise<Answer> {
  let telling: Outcome = outOfTime()
  let failures = 0
  for (let attempt = 1; job.timeLeft() > 0; attempt += 1) {
    const milliseconds = Math.min(job.timeoutMs, job.timeLeft())
    const outcome = await job.send(request, { milliseconds, bodyBytes: LONGEST_ANSWER_BYTES })
    if (outcome.answered && !isTransient(outcome)) return outcome.status < 400 ? outcome : withoutSecrets(job, outcome)
    // An attempt that the deadline cut short says less than the one before it.
    const cutShort = !outcome.answered && outcome.timedOut && milliseconds < job.timeoutMs
    if (!cutShort || attempt === 1) telling = outcome.answered ? withoutSecrets(job, outcome) : outcome
    if (!outcome.answered || outcome.status !== 429) failures += 1
    const retryAfter = outcome.answered ? parseRetryAfter(outcome.headers['retry-after'], job.now()) : 0
    const pause = pauseAfter(attempt, retryAfter, job.random)
    // Beyond the deadline another attempt could only end in failure: fail at once.
    if (failures === MOST_FAILURES || pause + SHORTEST_ATTEMPT_MS >= job.timeLeft()) throw unavailable(telling, attempt)
    job.log.info(`${request.url.host}: ${describeOutcome(outcome)}; trying again in ${pause} ms`)
    await job.sleep(pause)
  }
  throw unavailable(telling, 0)
}

/** A refusal may quote what it was sent; it is shown to people, and the runner's masks know whole values only. */
function withoutSecrets(job: Job, answer: Answer): Answer {
  const redact = createRedaction(job.masks.known())
  return { ...answer, body: Buffer.from(redact(answer.body.toString('utf8'))) }
}

function outOfTime(): NoAnswer {
  return {
    answered: false,
    timedOut: true,
    reason: 'the deadline of the step had passed',
    trouble: 'connection',
    sent: false,
    milliseconds: 0
  }
}
