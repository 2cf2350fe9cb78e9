import { Failure } from '../../failure/failure.ts'
import type { Snippet } from '../../failure/failure.ts'
import { inTerminalWithGh } from '../../failure/snippets.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { quoteRefusal } from '../../token/refusal.ts'
import type { Refusal } from '../../token/refusal.ts'

/**
 * Google refused a person's refresh token.
 *
 * @param pool the workforce pool of somebody who signed in with another identity provider
 */
export function userRefused(refusal: Refusal, pool?: string): Failure {
  const reauthenticate = /rapt|reauth/i.test(refusal.message + refusal.reason)
  return new Failure({
    code: 'CREDENTIALS_EXPIRED',
    sentence: `Google no longer accepts the ${pool === undefined ? "person's credentials" : 'credentials of the workforce user'}.`,
    cause: reauthenticate
      ? 'The organization demands that people sign in again from time to time (re-authentication).'
      : refusal.code === 'invalid_client'
        ? 'The OAuth client in the document was deleted or its secret changed.'
        : 'The refresh token was revoked or has expired.',
    remedy: `Sign in again${pool === undefined ? '' : ' with the login configuration of the workforce pool'}; for unattended jobs use a service account or workload identity federation.`,
    snippets: signIn(...(pool === undefined ? ['gcloud auth application-default login'] : workforceLogin(pool))),
    answer: quoteRefusal(refusal)
  })
}

/** Somebody signs in again, and carries the result to where the credential was. */
export function signIn(...commands: readonly string[]): Snippet[] {
  return [
    { place: 'In a terminal of your own, with a browser', lines: commands },
    inTerminalWithGh(
      '# only where the workflow has the credential from a secret:',
      'gh secret set GOOGLE_CREDENTIALS < ~/.config/gcloud/application_default_credentials.json'
    )
  ]
}

/** https://cloud.google.com/iam/docs/workforce-sign-in-gcloud */
function workforceLogin(pool: string): string[] {
  const name = safeText(pool.replace(/^\/\/iam\.googleapis\.com\//, '')) || 'locations/global/workforcePools/POOL'
  const poolId = name.split('/').at(-1) ?? 'POOL'
  return [
    `gcloud iam workforce-pools providers list --workforce-pool=${poolId} --location=global   # shows the PROVIDER`,
    `gcloud iam workforce-pools create-login-config ${name}/providers/PROVIDER --output-file=login-config.json`,
    'gcloud auth application-default login --login-config=login-config.json'
  ]
}

const SCOPE = /\b(openid|email|profile|https:\/\/www\.googleapis\.com\/auth\/[a-z.-]{1,40})(?= |$)/g

/** A person's grant gave an access token and no ID token. @param scope the scopes that Google says were granted */
export function openidMissing(url: URL, scope: string | undefined): Failure {
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `${safeUrl(url)} gave an access token for the person's credentials, but no ID token.`,
    cause: 'The person signed in without the scope openid, and without it Google gives no ID token.',
    remedy: 'Sign in again with the scope openid, or set service_account.',
    snippets: signIn(
      'gcloud auth application-default login --scopes=openid,https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform'
    ),
    // Names of scopes alone: nothing else of an answer that holds a token is quoted.
    ...(scope === undefined ? {} : { details: [`granted scopes: ${(scope.match(SCOPE) ?? []).join(' ')}`] })
  })
}
