/**
 * The catalogue: every way in which the action can fail, by its stable code, which is its anchor in
 * `docs/troubleshooting.md` too, with its title. The files of `failures/` that the comments name decide between the causes,
 * and hold sentence, cause and remedy of each.
 */
export const FAILURES = {
  /** inputs.ts; token-grants.ts for an audience that Google refuses a key */
  INPUT_INVALID: 'An input is wrong',
  /** inputs.ts */
  AUDIENCE_REQUIRED: 'The URL does not tell the audience',
  /** credentials.ts; metadata.ts for a machine without account */
  CREDENTIALS_NOT_FOUND: 'There is no credential',
  /** credentials.ts */
  CREDENTIALS_INVALID: 'The credential cannot be used',
  /** credentials.ts */
  CREDENTIALS_UNSUPPORTED: 'The credential can never give an ID token',
  /** credentials.ts */
  SERVICE_ACCOUNT_REQUIRED: 'There is no service account to impersonate',
  /** github.ts */
  OIDC_UNAVAILABLE: 'The job may not ask GitHub for a token',
  /** github.ts */
  OIDC_FAILED: 'GitHub gave no token',
  /** subject-token.ts */
  SUBJECT_TOKEN_UNAVAILABLE: "The external account's own token cannot be had",
  /** federation.ts */
  FEDERATION_REJECTED: 'Google does not accept the external identity',
  /** impersonation.ts; metadata.ts on GKE */
  IMPERSONATION_DENIED: 'The identity may not impersonate the service account',
  /** impersonation.ts; token-grants.ts for the account of a key */
  SERVICE_ACCOUNT_NOT_FOUND: 'There is no such service account',
  /** impersonation.ts */
  API_DISABLED: 'An API of Google is switched off',
  /** token-grants.ts; impersonation.ts for an access token */
  CREDENTIALS_EXPIRED: 'The credential is no longer accepted',
  /** tokens.ts */
  GOOGLE_UNAVAILABLE: "Google's token service cannot be reached",
  /** tokens.ts */
  TOKEN_INVALID: 'The token is not the one that was asked for',
  /** front-end.ts */
  TOKEN_REJECTED: 'The service does not accept the token',
  /** front-end.ts */
  INVOKER_MISSING: 'The identity may not call the service',
  /** iap.ts */
  IAP_REJECTED: 'Identity-Aware Proxy refused the call',
  /** front-end.ts */
  NOT_REACHED: 'The call did not reach the service',
  /** gateway.ts */
  GATEWAY_REJECTED: 'The gateway refused the token',
  /** application.ts */
  REDIRECTED: 'The service redirects',
  /** no-answer.ts where nothing came; application.ts for an answer */
  SERVICE_UNAVAILABLE: 'The service is not available',
  /** no-answer.ts */
  TIMED_OUT: 'The service took too long',
  /** application.ts */
  EXPECTATION_FAILED: 'The answer is not what was expected',
  /** privacy.ts */
  NOT_PRIVATE: 'The service is open to everybody',
  /** internal.ts */
  INTERNAL: 'A defect of this action'
} as const

export type FailureCode = keyof typeof FAILURES

/** What a person is told about a failure. None of it may hold a secret; text from the network went through `safeText`. */
export interface FailureText {
  readonly code: FailureCode
  /** What happened, to whom, with the values at hand: one sentence. */
  readonly sentence: string
  /** The likely cause, where it is more than the sentence says. */
  readonly cause?: string
  /** What to do, in one short sentence that fits into an annotation. */
  readonly remedy: string
  /** What to paste, and where. */
  readonly snippets?: readonly Snippet[]
  /** The other side's own words, made safe and short. */
  readonly answer?: string
  /** Further facts, one line each: claims that matter, expectations with their actual values. */
  readonly details?: readonly string[]
}

/** What differs between the causes of one failure. */
export type Explanation = Required<Pick<FailureText, 'cause' | 'remedy'>> & Pick<FailureText, 'snippets'>

/** Lines to paste, all of one language, and where they belong. */
export interface Snippet {
  /** For people: `In this step, under "with"`. */
  readonly place: string
  readonly lines: readonly string[]
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
