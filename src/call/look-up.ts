import type { Failure } from '../failure/failure.ts'
import type { CallInputs } from '../inputs/call-inputs.ts'
import type { Caller } from '../token/iam-credentials.ts'
import type { Step } from '../world/step.ts'
import { isLookedUp, withFacts, type LookedUp } from './failures/cloud-run-service.ts'
import { lookUpRunService, nameRunService } from './cloud-run-service.ts'

/** A tenth of the deadline, and no more than this, is kept for a look-up. */
const LONGEST_LOOK_UP_MS = 3_000

/** The step for everything before a look-up: its time ends early enough for one, where the URL names a service. */
export function leaveTimeForLookUp(step: Step, call: Pick<CallInputs, 'url'>, deadlineMs: number): Step {
  if (nameRunService(call.url) === undefined) return step
  const kept = Math.min(LONGEST_LOOK_UP_MS, Math.floor(deadlineMs / 10))
  return { ...step, timeLeft: () => Math.max(0, step.timeLeft() - kept) }
}

/** What a look-up needs to know of the run. */
interface Run extends Omit<LookedUp, 'named'> {
  readonly universe: string
  readonly becomeCaller: () => Promise<Caller>
}

/**
 * Puts facts in the place of guesses, where the service itself can tell: after a failure whose answer leaves the cause open,
 * of a service that its URL names. The code of the failure stays.
 */
export async function explainByLookUp(step: Step, failure: Failure, run: Run): Promise<Failure> {
  const named = nameRunService(run.call.url)
  if (named === undefined || !isLookedUp(failure.text.code) || step.timeLeft() <= 0) return failure
  // What is left of the deadline after a final answer may be long; a look-up is not worth it.
  const end = step.timeLeft() - LONGEST_LOOK_UP_MS
  const brief = { ...step, timeLeft: () => Math.max(0, step.timeLeft() - Math.max(0, end)) }
  const lookUp = await lookUpRunService(brief, run.universe, named, run.becomeCaller)
  return withFacts(failure, lookUp, { call: run.call, named, audience: run.audience })
}
