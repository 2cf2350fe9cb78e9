import type { Outcome } from '../world/outcome.ts'
import type { HttpRequest } from '../world/request.ts'
import { limitOf, type Step } from '../world/step.ts'
import { leavesOpenWhoRefused } from './responder.ts'

/** The pages by which Google refuses are small. */
export const LONGEST_PAGE_BYTES = 64 * 1024

/**
 * The outcome with the words by which to tell who answered: the outcome itself, or where a HEAD leaves that open, what a GET of
 * the same URL comes to (RFC 9110, 9.3.2).
 */
export async function getAfterHead(step: Step, request: HttpRequest, outcome: Outcome): Promise<Outcome> {
  if (!outcome.answered || !leavesOpenWhoRefused(request.method, outcome)) return outcome
  return await step.send({ ...request, method: 'GET' }, { ...limitOf(step), bodyBytes: LONGEST_PAGE_BYTES })
}
