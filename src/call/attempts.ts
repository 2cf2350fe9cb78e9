import { isTransient, isTransientStatus } from '../world/retry.ts'
import { describeStatus, type NoAnswer } from '../world/outcome.ts'
import { describeMiss, isStatusMet, type Verdict } from './verdicts.ts'
import type { Response } from './response.ts'
import type { Responder } from './responder.ts'

/** For how long a 404 of the front end may mean that a first deployment is still spreading. */
export const FIRST_DEPLOYMENT_MS = 10_000

/** What an attempt came to. */
export type Attempt = Response | NoAnswer

/** One attempt as log and summary show it; small, because there may be many. */
export interface AttemptRecord {
  readonly number: number
  /** Since the call began, in milliseconds. */
  readonly startedMs: number
  readonly milliseconds: number
  /** Of the answer; undefined where none came. */
  readonly status: number | undefined
  /** What it came to in our own words only, so that a diagram may show them. */
  readonly label: string
  readonly description: string
  readonly passed: boolean
  /** Why it was repeated, in our own words only; undefined where it was not. */
  readonly why: string | undefined
  /** What followed, for people. */
  readonly next: string
}

const WHO: Readonly<Record<Responder, string>> = {
  application: '',
  'front end': " of Google's front end",
  infrastructure: ' of Google, before the service',
  iap: ' of IAP',
  gateway: ' of the gateway'
}

/**
 * @param next what follows
 * @param pauseMs until then, where it is repeated and there is time for that
 */
export function recordAttempt(
  attempt: Attempt,
  next: Next,
  pauseMs: number | undefined,
  place: Pick<AttemptRecord, 'number' | 'startedMs'>
): AttemptRecord {
  return {
    ...place,
    milliseconds: attempt.milliseconds,
    status: attempt.answered ? attempt.status : undefined,
    label: labelAttempt(attempt),
    description: describeAttempt(attempt),
    passed: next.kind === 'passed',
    ...describeNext(next, pauseMs)
  }
}

/** `503`, `403 of Google's front end`, `200, 2 expectations missed`, `timeout`, `no answer` */
export function labelAttempt(attempt: Attempt): string {
  if (!attempt.answered) return attempt.timedOut ? 'timeout' : 'no answer'
  const { status, responder } = attempt
  const { length } = findMisses(attempt)
  const missed = length === 0 ? '' : `, ${length} expectation${length === 1 ? '' : 's'} missed`
  return `${status}${WHO[responder]}${missed}`
}

function describeAttempt(attempt: Attempt): string {
  if (!attempt.answered) return attempt.reason
  const { status, responder } = attempt
  return [`${describeStatus(status)}${WHO[responder]}`, ...findMisses(attempt).map(describeMiss)].join('; ')
}

function describeNext(next: Next, pauseMs: number | undefined): Pick<AttemptRecord, 'why' | 'next'> {
  if (next.kind === 'renew') return { why: 'the token was renewed', next: 'once more with a new token' }
  if (next.kind !== 'again') return { why: undefined, next: next.kind }
  if (pauseMs === undefined) return { why: undefined, next: 'no time is left for another' }
  return { why: next.why, next: `once more in ${(pauseMs / 1000).toFixed(1)} s: ${next.why}` }
}

/** The expectations that are missed besides the status. If the status is wrong, or Google answered, they are left out. */
function findMisses({ responder, verdicts }: Response): readonly Verdict[] {
  return responder === 'application' && isStatusMet(verdicts) ? verdicts.filter(({ met }) => !met) : []
}

/** What came before an attempt, as far as it decides about the next one. */
export interface History {
  readonly method: string
  readonly iamWaitMs: number
  /** The token was renewed after the front end had refused one. */
  readonly renewed: boolean
  /** Since the front end first answered like this, in milliseconds. */
  readonly refusedForMs: number
}

export type Next =
  | { readonly kind: 'passed' | 'final' }
  | { readonly kind: 'renew' }
  /** Once more after a pause. `within` is what is left of a shorter limit than the deadline. */
  | { readonly kind: 'again'; readonly why: string; readonly withinMs: number }

const FINAL: Next = { kind: 'final' }

/** Whether a request does no more when it is sent twice (RFC 9110, 9.2.2). */
export function isIdempotent(method: string): boolean {
  return method !== 'POST' && method !== 'PATCH'
}

/** Decides what follows an attempt, by the rules of docs/how-it-works.md, "The call". */
export function decideNext(attempt: Attempt, history: History): Next {
  const repeatable = isIdempotent(history.method)
  if (!attempt.answered)
    return isTransient(attempt) && (repeatable || !attempt.sent) ? again('the service may be starting') : FINAL
  const { accepted, responder, status } = attempt
  if (accepted) return { kind: 'passed' }
  switch (responder) {
    case 'front end':
      return decideOnRefusal(status, history)
    case 'infrastructure':
      return decideOnInfrastructure(status, repeatable, history)
    case 'iap':
    case 'gateway':
      return FINAL
    case 'application':
      return decideOnAnswer(status, repeatable)
  }
}

/** The front end lets nothing through to the application, so that every method may be repeated. */
function decideOnRefusal(status: number, { renewed, refusedForMs, iamWaitMs }: History): Next {
  if (status === 401) return renewed ? FINAL : { kind: 'renew' }
  const windowMs = status === 403 ? iamWaitMs : FIRST_DEPLOYMENT_MS
  const why = status === 403 ? 'a grant may take a while to act' : 'a first deployment may still be spreading'
  return refusedForMs < windowMs ? again(why, windowMs - refusedForMs) : FINAL
}

/** What is not about the caller: settings that may just have been made, or a request that is never taken. */
function decideOnInfrastructure(status: number, repeatable: boolean, { refusedForMs }: History): Next {
  if (isTransientStatus(status)) return decideOnAnswer(status, repeatable)
  return (status === 403 || status === 404) && refusedForMs < FIRST_DEPLOYMENT_MS
    ? again('a first deployment may still be spreading', FIRST_DEPLOYMENT_MS - refusedForMs)
    : FINAL
}

function decideOnAnswer(status: number, repeatable: boolean): Next {
  if (!repeatable) return status === 429 || status === 503 ? again('the service is busy') : FINAL
  if (status >= 300 && status < 400) return FINAL
  if (isTransientStatus(status) || status === 425) return again('the service is busy')
  if (status >= 400 && status !== 404 && status !== 409) return FINAL
  return again('an old revision may still be answering')
}

function again(why: string, withinMs = Number.POSITIVE_INFINITY): Next {
  return { kind: 'again', why, withinMs }
}
