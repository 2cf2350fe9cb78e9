import { Failure, type Snippets } from '../../failure/failure.ts'
import { inTerminalWithGh, shellWord } from '../../failure/snippets.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { quoteRefusal, quoteWords, type Refusal } from '../../token/refusal.ts'

/** Where a person's credentials came from, as far as it decides how to sign in again. */
export interface SignIn {
  /** For people: the document. */
  readonly origin: string
  /** The service account that the document impersonates; a plain sign-in would replace it by the person. */
  readonly impersonates?: string | undefined
  /** The workforce pool of a person who signed in with another identity provider. */
  readonly pool?: string | undefined
}

/** Google refused a person's refresh token. */
export function userRefused(refusal: Refusal, signIn: SignIn): Failure {
  const whose = signIn.pool === undefined ? "the person's credentials" : 'the credentials of the workforce user'
  const shown = `${whose} in ${safeText(signIn.origin)}`
  const reauthenticate = /rapt|reauth/i.test(refusal.message + refusal.reason)
  return new Failure({
    code: 'CREDENTIALS_EXPIRED',
    ...(reauthenticate
      ? {
          sentence: `The organization demands a new sign-in for ${shown} (re-authentication, ${refusal.reason || 'reauth'}), which no job can do.`,
          cause: 'A new sign-in lasts some hours only.',
          remedy: 'Use workload_identity_provider or a service account in jobs; by hand, sign in again.'
        }
      : {
          sentence: `Google no longer accepts ${shown}: ${quoteWords(refusal)}.`,
          cause:
            refusal.code === 'invalid_client'
              ? 'The OAuth client in the document was deleted or its secret changed.'
              : 'The refresh token was revoked or has expired.',
          remedy: `Sign in again${describeSignIn(signIn)}, and put the new document in the place of the old one; for jobs, use workload_identity_provider instead.`
        }),
    snippets: signInAgain(signIn),
    answer: quoteRefusal(refusal)
  })
}

function describeSignIn({ impersonates, pool }: SignIn): string {
  if (pool !== undefined) return ' with the login configuration of the workforce pool'
  return impersonates === undefined ? '' : ` for ${safeText(impersonates)}`
}

/** The file that a sign-in leaves: where, differs between systems. */
const SIGNED_IN =
  '"$(gcloud info --format="value(config.paths.global_config_dir)")/application_default_credentials.json"'

/** A person signs in again, and carries the result to where the credential was. @param flags of the login */
function signInAgain({ origin, impersonates, pool }: SignIn, flags = ''): Snippets {
  const account = impersonates === undefined ? '' : ` --impersonate-service-account=${shellWord(impersonates)}`
  const lines = pool === undefined ? [`gcloud auth application-default login${account}${flags}`] : workforceLogin(pool)
  return [
    { place: 'In a terminal with gcloud and a browser', language: 'shell', lines },
    origin.includes('GOOGLE_APPLICATION_CREDENTIALS') && {
      place: 'Then, in bash on the machine of the step, because gcloud writes another file than the one that is read',
      language: 'bash',
      lines: [`cp ${SIGNED_IN} "$GOOGLE_APPLICATION_CREDENTIALS"`]
    },
    origin.startsWith('credentials_json') &&
      inTerminalWithGh(
        'store the new document, where the workflow has it from a secret',
        `cat ${SIGNED_IN} | gh secret set NAME_OF_SECRET`
      )
  ]
}

/** https://cloud.google.com/iam/docs/workforce-sign-in-gcloud */
function workforceLogin(pool: string): string[] {
  const [, id = 'POOL'] = /^\/\/iam\.googleapis\.com\/locations\/global\/workforcePools\/(\w[\w-]*)$/.exec(pool) ?? []
  return [
    `gcloud iam workforce-pools providers list --workforce-pool=${id} --location=global`,
    `gcloud iam workforce-pools create-login-config locations/global/workforcePools/${id}/providers/PROVIDER --output-file=login-config.json`,
    'gcloud auth application-default login --login-config=login-config.json'
  ]
}

const SCOPE = /\b(openid|email|profile|https:\/\/www\.googleapis\.com\/auth\/[a-z.-]{1,40})(?= |$)/g

/** A person's grant gave an access token and no ID token. @param scope the scopes that Google says were granted */
export function openidMissing(url: URL, scope: string | undefined, signIn: SignIn): Failure {
  // Names of scopes alone: nothing else of an answer that holds a token is quoted.
  const granted = (scope?.match(SCOPE) ?? []).join(' ')
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `${safeUrl(url)} gave no ID token for the person's credentials in ${safeText(signIn.origin)}, which lack the scope openid${granted === '' ? '' : `; granted: ${granted}`}.`,
    remedy: `Sign in again with the scope openid on a machine with a browser, and put the new document in the place of the old one${describeSignIn(signIn)}; or set service_account.`,
    snippets: signInAgain(
      signIn,
      ' "--scopes=openid,https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform"'
    )
  })
}
