import type { Failure } from '../../failure/failure.ts'
import { applicationFailed, unavailable } from './application.ts'
import type { FailedCall } from './failed-call.ts'
import { invokerMissing, notReached, tokenRejected } from './front-end.ts'
import { refusedBeforehand } from './infrastructure.ts'
import { gatewayRejected } from './gateway.ts'
import { iapRejected, isBrokenIap } from './iap.ts'
import { noUsableAnswer } from './no-answer.ts'

/** Names the failure by who answered and what, never by the status alone. One file for each who may answer. */
export function callFailed(failed: FailedCall): Failure {
  const { call, attempt, attempts } = failed
  if (!attempt.answered) return noUsableAnswer(call.url, attempt, attempts, 'with the token', call.method)
  const response = { ...attempt, text: attempt.words ?? attempt.text }
  if (isBrokenIap(response)) return iapRejected(failed, response)
  switch (response.responder) {
    case 'iap':
      return iapRejected(failed, response)
    case 'gateway':
      return gatewayRejected(failed, response)
    case 'front end':
      if (response.status === 401) return tokenRejected(failed, response)
      return response.status === 403 ? invokerMissing(failed, response) : notReached(failed, response)
    case 'infrastructure':
      return response.status >= 500 ? unavailable(failed, response) : refusedBeforehand(failed, response)
    case 'application':
      return applicationFailed(failed, attempt)
  }
}
