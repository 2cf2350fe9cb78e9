/**
 * Every way in which the action can fail, by its stable name. The texts are in `failures/`; `docs/troubleshooting.md` has
 * one heading per code.
 */
export const FAILURE_CODES = [
  'INPUT_INVALID',
  'AUDIENCE_REQUIRED',
  'CREDENTIALS_NOT_FOUND',
  'CREDENTIALS_INVALID',
  'CREDENTIALS_UNSUPPORTED',
  'SERVICE_ACCOUNT_REQUIRED',
  'OIDC_UNAVAILABLE',
  'OIDC_FAILED',
  'SUBJECT_TOKEN_UNAVAILABLE',
  'FEDERATION_REJECTED',
  'IMPERSONATION_DENIED',
  'SERVICE_ACCOUNT_NOT_FOUND',
  'API_DISABLED',
  'CREDENTIALS_EXPIRED',
  'GOOGLE_UNAVAILABLE',
  'TOKEN_INVALID',
  'TOKEN_REJECTED',
  'INVOKER_MISSING',
  'IAP_REJECTED',
  'NOT_REACHED',
  'GATEWAY_REJECTED',
  'REDIRECTED',
  'SERVICE_UNAVAILABLE',
  'TIMED_OUT',
  'EXPECTATION_FAILED',
  'NOT_PRIVATE',
  'INTERNAL'
] as const

export type FailureCode = (typeof FAILURE_CODES)[number]

/** What a person is told about a failure. None of it may hold a secret; text from the network went through `safeText`. */
export interface FailureText {
  readonly code: FailureCode
  /** What happened, to whom, with the values at hand: one sentence. */
  readonly sentence: string
  /** The likely cause, where it is more than the sentence says. */
  readonly cause?: string
  /** What to do, in one short sentence that fits into an annotation. */
  readonly remedy: string
  /** Commands or YAML to paste, line by line. */
  readonly commands?: readonly string[]
  /** The other side's own words, made safe and short. */
  readonly answer?: string
  /** Further facts, one line each: claims that matter, expectations with their actual values. */
  readonly details?: readonly string[]
}

/** The only error that is shown to people as it is; every other error is a defect of this action (`INTERNAL`). */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly text: FailureText

  constructor(text: FailureText) {
    super(`${text.code}: ${text.sentence}`)
    this.text = text
  }
}
