import type { FailedCall } from '../../../../src/call/failures/failed-call.ts'
import { callFailed } from '../../../../src/call/failures/service.ts'
import type { Responder } from '../../../../src/call/responder.ts'
import type { Verdict } from '../../../../src/call/verdicts.ts'
import type { Failure } from '../../../../src/failure/failure.ts'
import type { NoAnswer } from '../../../../src/world/outcome.ts'
import { ACCOUNT, SERVICE } from '../../fixtures.ts'

export const URL_OF_CALL = new URL(`${SERVICE}/health?key=s3cr3t`)
export const STATUS_MISSED: Verdict = {
  input: 'expect_status',
  expectation: 'status 2xx',
  met: false,
  actual: '404 Not Found'
}

export interface Changes {
  readonly email?: string
  readonly audience?: string
  readonly url?: string
  readonly tag?: string
  readonly clientId?: string
  readonly kind?: FailedCall['token']['kind']
  readonly exists?: boolean
  readonly verdicts?: readonly Verdict[]
  readonly location?: string
  readonly method?: string
  readonly tokenHeader?: FailedCall['call']['headers']['tokenHeader']
}

/** The failure of a call that was answered. */
export function failed(responder: Responder, status: number, text: string, changes: Changes = {}): Failure {
  const { clientId, verdicts = [STATUS_MISSED], location } = changes
  const headers: Record<string, string> = location === undefined ? {} : { location }
  const head = { answered: true, status, headers, milliseconds: 1 } as const
  const attempt = { ...head, text, responder, clientId, verdicts, accepted: false }
  return callFailed({ ...failedCall(changes), attempt, attempts: 3 })
}

/** The failure of a call that was not. */
export function silent(attempt: NoAnswer, method = 'GET'): Failure {
  return callFailed({ ...failedCall({ method }), attempt, attempts: 2 })
}

function failedCall(changes: Changes): Omit<FailedCall, 'attempt' | 'attempts'> {
  const { email = ACCOUNT, audience = SERVICE, url = URL_OF_CALL.href, tag, method = 'GET' } = changes
  const { clientId, exists, tokenHeader = 'Authorization' } = changes
  return {
    call: { url: new URL(url), tag, method, iamWaitMs: 60_000, headers: { own: {}, tokenHeader } },
    token: { audience, email, kind: changes.kind ?? 'id_token' },
    clientId,
    exists
  }
}
