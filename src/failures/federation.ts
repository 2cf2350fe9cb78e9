import { Failure } from '../failure.ts'
import { quoteRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { safeText } from '../safe-text.ts'

/** An external account's own token cannot be had. @param problem quotes nothing that could be secret */
export function subjectTokenUnavailable(where: string, problem: string): Failure {
  return new Failure({
    code: 'SUBJECT_TOKEN_UNAVAILABLE',
    sentence: `The external account's own token cannot be had from ${safeText(where)}: ${safeText(problem)}.`,
    remedy: 'Check "credential_source" of the credential document, and that this step runs where it is valid.',
    ...(problem.includes('ALLOW_EXECUTABLES')
      ? { commands: ['env:', '  GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 1'] }
      : {})
  })
}

/**
 * STS refused the external identity: told apart by Google's words.
 *
 * @param audience `//iam.googleapis.com/…/providers/…`
 * @param details the claims of the token that it refused
 */
export function federationRejected(refusal: Refusal, audience: string, details: readonly string[]): Failure {
  const provider = audience.replace(/^(https:)?\/\/iam\.googleapis\.com\//, '')
  const { cause, remedy, commands } = explain(refusal, provider)
  return new Failure({
    code: 'FEDERATION_REJECTED',
    sentence: `Google's Security Token Service refused the identity for ${safeText(provider)}.`,
    cause,
    remedy,
    commands,
    answer: quoteRefusal(refusal),
    details
  })
}

interface Explanation {
  readonly cause: string
  readonly remedy: string
  readonly commands: readonly string[]
}

function explain(refusal: Refusal, provider: string): Explanation {
  const { message } = refusal
  const describeProvider = [`gcloud iam workload-identity-pools providers describe ${safeText(provider)}`]
  if (/attribute condition/i.test(message)) {
    return {
      cause: "The provider's attribute condition is not true of the claims of the token.",
      remedy: 'Compare the condition with the claims; mind that "sub" may have the form repo:OWNER@ID/REPO@ID:….',
      commands: [`${describeProvider.join('')} --format="value(attributeCondition)"`]
    }
  }
  if (message.includes('127 bytes')) {
    return {
      cause: 'A mapped attribute, mostly google.subject, is longer than 127 bytes.',
      remedy: 'Map a shorter claim to google.subject.',
      commands: [
        `gcloud iam workload-identity-pools providers update-oidc ${safeText(provider)} \\`,
        '  --attribute-mapping="google.subject=assertion.repository_id + \':\' + assertion.ref"'
      ]
    }
  }
  if (/stale|expired/i.test(message)) {
    return {
      cause: 'The token is too old: it was issued some minutes before it was used.',
      remedy: 'Ask for the token right before it is used; do not keep it from an earlier step.',
      commands: []
    }
  }
  if (/issuer/i.test(message)) {
    return {
      cause: 'The provider trusts another issuer; GitHub Enterprise has issuers of its own.',
      remedy: "Set the provider's issuer to the one of your GitHub.",
      commands: [`${describeProvider.join('')} --format="value(oidc.issuerUri)"`]
    }
  }
  if (/pool or provider is disabled or deleted|invalid_target/i.test(message + refusal.code)) {
    return {
      cause:
        'The pool or the provider does not exist, is disabled or was deleted; or the number is of another project.',
      remedy: 'Check the name, with the project number rather than its id.',
      commands: describeProvider
    }
  }
  if (/audience/i.test(message)) {
    return {
      cause: 'The provider accepts other audiences than the one in the token.',
      remedy: 'Let the provider accept its own name, which is what it does when no audience is configured.',
      commands: [`${describeProvider.join('')} --format="value(oidc.allowedAudiences)"`]
    }
  }
  return {
    cause: 'The provider does not accept this token.',
    remedy: "Check the provider's configuration.",
    commands: describeProvider
  }
}
