/**
 * The catalogue: every way in which the action can fail, by its stable code, which is its anchor in
 * `docs/troubleshooting.md` too, with its title. The step that fails words it, in the `failures/` of its room.
 */
export const FAILURES = {
  INPUT_INVALID: 'An input is wrong',
  AUDIENCE_REQUIRED: 'The URL does not tell the audience',
  CREDENTIALS_NOT_FOUND: 'There is no credential',
  CREDENTIALS_INVALID: 'The credential cannot be used',
  CREDENTIALS_UNSUPPORTED: 'The credential can never give an ID token',
  SERVICE_ACCOUNT_REQUIRED: 'There is no service account to impersonate',
  OIDC_UNAVAILABLE: 'The job may not ask GitHub for a token',
  OIDC_FAILED: 'GitHub gave no token',
  SUBJECT_TOKEN_UNAVAILABLE: "The external account's own token cannot be had",
  FEDERATION_REJECTED: 'Google does not accept the external identity',
  IMPERSONATION_DENIED: 'The identity may not impersonate the service account',
  SERVICE_ACCOUNT_NOT_FOUND: 'There is no such service account',
  API_DISABLED: 'An API of Google is switched off',
  CREDENTIALS_EXPIRED: 'The credential is no longer accepted',
  GOOGLE_UNAVAILABLE: "Google's token service cannot be reached",
  TOKEN_INVALID: 'The token is not the one that was asked for',
  TOKEN_REJECTED: 'The service does not accept the token',
  INVOKER_MISSING: 'The identity may not call the service',
  IAP_REJECTED: 'Identity-Aware Proxy refused the call',
  NOT_REACHED: 'The call did not reach the service',
  GATEWAY_REJECTED: 'The gateway refused the token',
  REDIRECTED: 'The service redirects',
  SERVICE_UNAVAILABLE: 'The service is not available',
  TIMED_OUT: 'The service took too long',
  EXPECTATION_FAILED: 'The answer is not what was expected',
  NOT_PRIVATE: 'The service is open to everybody',
  PROXY_FAILED: "The proxy's background process is gone",
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
