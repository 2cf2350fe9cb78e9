import { Failure } from '../failure.ts'
import type { Credential } from '../identity/credential.ts'
import type { Job } from '../job.ts'
import { quoteRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { safeText } from '../safe-text.ts'

/** No credential anywhere. @param looked the places, in order, with what was found there */
export function credentialsNotFound(looked: readonly string[], env: Job['env']): Failure {
  const onGithub = env['GITHUB_ACTIONS'] === 'true'
  return new Failure({
    code: 'CREDENTIALS_NOT_FOUND',
    sentence: `No Google credential was found; looked in: ${looked.map((place) => safeText(place)).join('; ')}.`,
    remedy: onGithub
      ? 'Set workload_identity_provider and service_account, or run google-github-actions/auth before this step.'
      : 'Run "gcloud auth application-default login", or set GOOGLE_APPLICATION_CREDENTIALS.',
    commands: onGithub
      ? [
          'permissions:',
          '  id-token: write',
          'steps:',
          '  - uses: …/google-id-token',
          '    with:',
          '      workload_identity_provider: projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
          '      service_account: NAME@PROJECT.iam.gserviceaccount.com'
        ]
      : ['gcloud auth application-default login']
  })
}

/** A document that cannot be used. @param problem says what is wrong without quoting the document */
export function credentialsInvalid(origin: string, problem: string): Failure {
  return new Failure({
    code: 'CREDENTIALS_INVALID',
    sentence: `The credential in ${safeText(origin)} cannot be used: ${safeText(problem)}.`,
    cause: problem.includes('universe')
      ? 'Each universe has its own hosts and accounts.'
      : problem.includes('points to')
        ? "A document that sends secrets to other hosts than Google's may have been tampered with."
        : 'The document was cut, quoted or made for something else.',
    remedy: problem.includes('universe')
      ? "Set the input universe to the credential's universe."
      : 'Give the whole Application Default Credentials document, as JSON or as base64 of it.',
    commands: ["credentials_json: '${{ secrets.GOOGLE_CREDENTIALS }}'"]
  })
}

/** A credential for which Google issues no ID tokens. */
export function credentialsUnsupported(origin: string, kind: string): Failure {
  return new Failure({
    code: 'CREDENTIALS_UNSUPPORTED',
    sentence: `The credential in ${safeText(origin)} is ${kind}, which can never give an ID token.`,
    remedy: 'Use workload identity federation, a service account or the metadata server instead.'
  })
}

/** A federated or workforce identity by itself. */
export function serviceAccountRequired(credential: Pick<Credential, 'description' | 'principal'>): Failure {
  return new Failure({
    code: 'SERVICE_ACCOUNT_REQUIRED',
    sentence: `Google issues ID tokens for service accounts only, and ${credential.description} names none.`,
    cause: 'A federated identity has to impersonate a service account to get an ID token.',
    remedy: 'Set the input service_account, and allow the identity to impersonate that account.',
    commands: [
      'service_account: NAME@PROJECT.iam.gserviceaccount.com',
      '',
      'gcloud iam service-accounts add-iam-policy-binding NAME@PROJECT.iam.gserviceaccount.com \\',
      `  --member="${credential.principal}" \\`,
      '  --role=roles/iam.workloadIdentityUser'
    ]
  })
}

/** Google's token endpoint refused a service account's own assertion. */
export function keyRefused(refusal: Refusal, email: string, now: number): Failure {
  const answer = quoteRefusal(refusal)
  if (/account not found/i.test(refusal.message)) {
    return new Failure({
      code: 'SERVICE_ACCOUNT_NOT_FOUND',
      sentence: `The service account ${safeText(email)} of the key does not exist.`,
      cause: 'It was deleted, and its keys with it.',
      remedy: 'Use another account; a deleted one can be restored within 30 days.',
      commands: ['gcloud iam service-accounts undelete UNIQUE_ID'],
      answer
    })
  }
  if (refusal.code === 'invalid_scope') {
    return new Failure({
      code: 'INPUT_INVALID',
      sentence: `Google does not accept the audience for which the key of ${safeText(email)} asked a token.`,
      remedy: 'Set the input audience to the URL of the service or to an OAuth client id.',
      answer
    })
  }
  const skewMs = refusal.googleTime === undefined ? 0 : now - refusal.googleTime
  if (/reasonable timeframe|iat and exp|short-lived/i.test(refusal.message)) {
    return new Failure({
      code: 'CREDENTIALS_EXPIRED',
      sentence: `Google refused the key of ${safeText(email)} because of the time that this machine's clock shows.`,
      cause: `The clock of this machine is ${describeSkew(skewMs)} Google's.`,
      remedy: "Set the machine's clock, for example by NTP.",
      commands: ['timedatectl set-ntp true'],
      answer
    })
  }
  return new Failure({
    code: 'CREDENTIALS_EXPIRED',
    sentence: `Google no longer accepts the key of ${safeText(email)}.`,
    cause: refusal.code.includes('disabled')
      ? 'The service account is disabled.'
      : 'The key was deleted or disabled, or the document holds the key of another account.',
    remedy: 'Make a new key, or better use workload identity federation, which needs none.',
    commands: [`gcloud iam service-accounts keys list --iam-account=${safeText(email)}`],
    answer
  })
}

function describeSkew(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / 1000)
  return milliseconds < 0 ? `${seconds} s behind` : `${seconds} s ahead of`
}

/** Google refused a person's refresh token. */
export function userRefused(refusal: Refusal): Failure {
  const reauthenticate = /rapt|reauth/i.test(refusal.message + refusal.reason)
  return new Failure({
    code: 'CREDENTIALS_EXPIRED',
    sentence: "Google no longer accepts the person's credentials.",
    cause: reauthenticate
      ? 'The organization demands that people sign in again from time to time (re-authentication).'
      : refusal.code === 'invalid_client'
        ? 'The OAuth client in the document was deleted or its secret changed.'
        : 'The refresh token was revoked or has expired.',
    remedy: 'Sign in again; for unattended jobs use a service account or workload identity federation.',
    commands: ['gcloud auth application-default login'],
    answer: quoteRefusal(refusal)
  })
}
