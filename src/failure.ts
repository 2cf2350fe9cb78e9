/**
 * Every way in which the action can fail, by its stable name, with the files of `failures/` that decide it and hold its
 * texts. `docs/troubleshooting.md` has one heading per code.
 */
export const FAILURE_CODES = [
  /** inputs.ts; grants.ts for an audience that Google refuses a key */
  'INPUT_INVALID',
  /** inputs.ts */
  'AUDIENCE_REQUIRED',
  /** credentials.ts; metadata.ts for a machine without account */
  'CREDENTIALS_NOT_FOUND',
  /** credentials.ts */
  'CREDENTIALS_INVALID',
  /** credentials.ts */
  'CREDENTIALS_UNSUPPORTED',
  /** credentials.ts */
  'SERVICE_ACCOUNT_REQUIRED',
  /** github.ts */
  'OIDC_UNAVAILABLE',
  /** github.ts */
  'OIDC_FAILED',
  /** subject-token.ts */
  'SUBJECT_TOKEN_UNAVAILABLE',
  /** federation.ts */
  'FEDERATION_REJECTED',
  /** impersonation.ts; metadata.ts on GKE */
  'IMPERSONATION_DENIED',
  /** impersonation.ts; grants.ts for the account of a key */
  'SERVICE_ACCOUNT_NOT_FOUND',
  /** impersonation.ts */
  'API_DISABLED',
  /** grants.ts; impersonation.ts for an access token */
  'CREDENTIALS_EXPIRED',
  /** tokens.ts */
  'GOOGLE_UNAVAILABLE',
  /** tokens.ts */
  'TOKEN_INVALID',
  /** front-end.ts */
  'TOKEN_REJECTED',
  /** front-end.ts */
  'INVOKER_MISSING',
  /** iap.ts */
  'IAP_REJECTED',
  /** front-end.ts */
  'NOT_REACHED',
  /** gateway.ts */
  'GATEWAY_REJECTED',
  /** application.ts */
  'REDIRECTED',
  /** silence.ts where nothing came; application.ts for an answer */
  'SERVICE_UNAVAILABLE',
  /** silence.ts */
  'TIMED_OUT',
  /** application.ts */
  'EXPECTATION_FAILED',
  /** privacy.ts */
  'NOT_PRIVATE',
  /** internal.ts */
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
