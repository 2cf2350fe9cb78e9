import type { Expectations } from './expectations.ts'
import type { RequestHeaders } from './request-headers.ts'

/** The call of the service, as the workflow's author asked for it. Durations are in milliseconds. */
export interface CallInputs {
  /** Where the call goes: with the tag, if there is one. */
  readonly url: URL
  readonly tag: string | undefined
  readonly method: string
  readonly headers: RequestHeaders
  readonly body: Buffer | undefined
  readonly expectations: Expectations
  readonly assertPrivate: boolean
  readonly iamWaitMs: number
}
