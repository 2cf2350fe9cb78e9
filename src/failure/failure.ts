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
  OIDC_UNAVAILABLE: 'The job is not allowed to ask GitHub for a token',
  OIDC_FAILED: 'GitHub gave no token',
  SUBJECT_TOKEN_UNAVAILABLE: "The external account's subject token is not available",
  FEDERATION_REJECTED: 'Google does not accept the external identity',
  IMPERSONATION_DENIED: 'The identity is not allowed to impersonate the service account',
  SERVICE_ACCOUNT_NOT_FOUND: 'There is no such service account',
  API_DISABLED: 'An API of Google is switched off',
  CREDENTIALS_EXPIRED: 'The credential is no longer accepted',
  GOOGLE_UNAVAILABLE: "Google's token service cannot be reached",
  TOKEN_INVALID: 'The token is not the one that was asked for',
  TOKEN_REJECTED: 'The service does not accept the token',
  INVOKER_MISSING: 'The identity is not allowed to call the service',
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

/**
 * What a person is told about a failure. None of it may hold a secret; text from the network went through `safeText`. Sentence,
 * remedy and the first command are all that an annotation shows: neither points at words that are elsewhere.
 */
export interface FailureText {
  readonly code: FailureCode
  /** What happened to which identity or service, with the value that decides. */
  readonly sentence: string
  /** The same without what is only likely, where that is part of it: facts may take its place. */
  readonly happened?: string | undefined
  /** What is behind it, where that is more than the sentence says. */
  readonly cause?: string | undefined
  /** The one thing to do. */
  readonly remedy: string
  /** What to paste, and where; the one that carries out the remedy comes first. */
  readonly snippets?: readonly Snippet[]
  /** The other side's own words, made safe and short. */
  readonly answer?: string | undefined
  /** Further facts, one line each: claims that matter, expectations with their actual values. */
  readonly details?: readonly string[] | undefined
}

/** Snippets as they are written: one that does not apply is `false` or `undefined`. */
export type Snippets = readonly (Snippet | readonly Snippet[] | false | undefined)[]

type FailureDraft = Omit<FailureText, 'snippets'> & { readonly snippets?: Snippets }

/** What differs between the causes of one failure. */
export type Explanation = Omit<FailureDraft, 'code' | 'answer'>

/** The same without what happened, where that is known before the cause is. */
export type Advice = Omit<Explanation, 'sentence'>

/** One cause of a failure: how it is known, what is said of it, and its code, where that is another than the failure's. */
export interface Cause<Facts> {
  readonly when: (facts: Facts) => boolean
  readonly explain: (facts: Facts) => Explanation
  readonly code?: FailureCode
}

/** What the first cause says that fits, and its code. */
export function explainBy<Facts>(
  causes: readonly Cause<Facts>[],
  facts: Facts
): Explanation & Pick<Cause<Facts>, 'code'> {
  const cause = causes.find(({ when }) => when(facts))
  if (cause === undefined) throw new Error('no cause fits')
  const { code } = cause
  return { ...cause.explain(facts), ...(code === undefined ? {} : { code }) }
}

/** Lines to paste, all of one language, and where they belong. */
export interface Snippet {
  /** For people: `In this step, under "with"`. */
  readonly place: string
  /** A command on each line, for the shell of a person (`shell`) or of the runner (`bash`); `text` is to be read. */
  readonly language: 'shell' | 'bash' | 'yaml' | 'json' | 'text'
  readonly lines: readonly string[]
}

/** The only error that is shown to people as it is; every other error is a defect of this action (`INTERNAL`). */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly text: FailureText

  constructor(draft: FailureDraft) {
    super(`${draft.code}: ${draft.sentence}`)
    const snippets = (draft.snippets ?? []).flat().filter((snippet) => snippet !== undefined && snippet !== false)
    this.text = { ...draft, snippets }
  }
}

/** A text as the beginning of a sentence. */
export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
