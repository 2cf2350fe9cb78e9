import { findAudience } from '../inputs/audience.ts'
import { isOAuthClient } from '../inputs/request-headers.ts'
import { isCloudRunUrl, tagOf, findReservation } from '../inputs/service-url.ts'
import type { IdToken } from '../token/id-token.ts'
import type { Identity } from '../token/credential.ts'
import type { CallInputs } from '../inputs/call-inputs.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { CLOCK_TOLERANCE_S, type Step } from '../world/step.ts'
import { safeText, safeUrl } from '../guard/safe-text.ts'

/** What is known before any token is asked for. */
export interface WarningContext {
  readonly inputs: Pick<Inputs, 'audiences' | 'audienceDerived' | 'token'> & {
    readonly call: Pick<CallInputs, 'url'> | undefined
  }
  readonly identity: Identity
  readonly env: Step['env']
}

/** What will probably hurt, though nothing has failed yet: one line for each, with its values and what to do. */
export function findWarnings(context: WarningContext): string[] {
  const ofAudience = context.inputs.token === 'iap_jwt' ? [] : [warnOfAudience, warnOfProvider, warnOfClientId]
  return [warnOfTls, warnOfPath, ...ofAudience, warnOfKey, warnOfSigning].flatMap((find) => find(context) ?? [])
}

/**
 * The same of the token, before it is used.
 *
 * @param token the first one, which the call uses
 */
export function findTokenWarnings(identity: Identity, token: Pick<IdToken, 'audience' | 'email'>): string[] {
  return [warnOfPerson(identity, token), warnOfDefaultAccount(token)].flatMap((line) => line ?? [])
}

/** A wrong clock of the machine, as far as an answer has told: it makes fresh tokens look expired, and keys sign what Google refuses. */
export function findClockWarning({ now, googleNow }: Pick<Step, 'now' | 'googleNow'>): string[] {
  const ahead = Math.round((now() - googleNow()) / 1000)
  return Math.abs(ahead) > CLOCK_TOLERANCE_S
    ? [
        `The clock of this machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} Google's, and tokens live by the clock: set it, for example by NTP.`
      ]
    : []
}

/** https://nodejs.org/api/cli.html#node_tls_reject_unauthorizedvalue */
function warnOfTls({ env }: WarningContext): string | undefined {
  return env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
    ? 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the check of every certificate, so that anything between this machine and Google can read the tokens: remove it, and set NODE_EXTRA_CA_CERTS to the file of a private authority instead.'
    : undefined
}

function warnOfPath({ inputs: { call } }: WarningContext): string | undefined {
  const reservation = call && findReservation(call.url)
  if (call === undefined || reservation === undefined) return undefined
  const path = safeText(call.url.pathname)
  return reservation === 'certain'
    ? `Google's front end keeps the path ${path} of *.run.app for itself and answers 404: call another path, such as /health.`
    : `Google's front end may keep the path ${path} of *.run.app for itself (it reserves some that end in z, /eventlog and /_ah/): if it answers 404, call another path, such as /health.`
}

/** https://cloud.google.com/run/docs/authenticating/service-to-service */
function warnOfAudience({ inputs: { audiences, audienceDerived, call } }: WarningContext): string | undefined {
  const [audience] = audiences
  if (call === undefined || audienceDerived || !URL.canParse(audience)) return undefined
  const url = new URL(audience)
  const fitting = findFitting(url, call.url)
  if (fitting === undefined || fitting === audience) return undefined
  const flaws = [
    ...(tagOf(url) === undefined ? [] : ['a tag']),
    ...(url.pathname.length > new URL(fitting).pathname.length && !isOnlySlash(audience, fitting) ? ['a path'] : []),
    ...(url.search === '' && url.hash === '' ? [] : ['a query']),
    ...(audience.endsWith('/') ? ['a trailing slash'] : [])
  ]
  if (flaws.length === 0) return undefined
  return `The audience ${safeText(audience)} has ${flaws.join(' and ')}, which a service behind ${safeUrl(call.url)} will probably not accept: set audience to ${safeText(fitting)}${findAudience(call.url) === fitting ? ', or leave it empty' : ''}.`
}

/** The audience that was probably meant; undefined where only the owner of the service can know it. */
function findFitting(audience: URL, url: URL): string | undefined {
  if (isCloudRunUrl(audience)) return findAudience(audience)
  const expected = findAudience(url)
  return expected !== undefined && new URL(expected).origin === audience.origin ? expected : undefined
}

function isOnlySlash(audience: string, fitting: string): boolean {
  return audience === `${fitting}/` || new URL(audience).pathname === `${new URL(fitting).pathname}/`
}

function warnOfProvider({ inputs: { audiences } }: WarningContext): string | undefined {
  const audience = audiences.find((name) => /workloadIdentityPools\/[^/]+(\/providers\/|$)/.test(name))
  return audience === undefined
    ? undefined
    : `The audience ${safeText(audience)} is a workload identity provider, which no service expects: set audience to the URL of the service, and the provider in workload_identity_provider.`
}

function warnOfClientId({ inputs: { audiences, call } }: WarningContext): string | undefined {
  const [audience] = audiences
  if (call === undefined || !isCloudRunUrl(call.url) || !isOAuthClient(audience)) return undefined
  return `The audience ${safeText(audience)} is an OAuth client id, which ${safeText(call.url.host)} expects only where Identity-Aware Proxy is switched on: without it, leave audience empty.`
}

function warnOfPerson(
  { credential, impersonations }: Identity,
  token: Pick<IdToken, 'audience' | 'email'>
): string | undefined {
  if (credential.fixedAudience === undefined || impersonations.length > 0) return undefined
  const who = token.email === '' ? '' : ` of ${safeText(token.email)}`
  return (
    `A person's own credentials${who} give ID tokens for gcloud's OAuth client (${safeText(token.audience)}) only, whatever audience is asked for. ` +
    'Cloud Run accepts such a token from a person who may invoke the service; set service_account for any other audience.'
  )
}

function warnOfKey({ identity: { credential }, env }: WarningContext): string | undefined {
  const mayFederate =
    env['GITHUB_ACTIONS'] === 'true' &&
    (env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') !== '' &&
    (env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '') !== ''
  return credential.isKey === true && mayFederate
    ? `The ${safeText(credential.description)} is a secret that does not expire, and this job may ask for OIDC tokens: set workload_identity_provider and service_account instead, and delete the key.`
    : undefined
}

/** https://cloud.google.com/iam/docs/service-account-permissions#token-creator-role: who can sign can also become the account. */
function warnOfSigning({
  inputs: { token },
  identity: { credential, impersonations }
}: WarningContext): string | undefined {
  if (token !== 'iap_jwt' || credential.isKey === true) return undefined
  const account = impersonations.at(-1)?.account
  return `With token: iap_jwt this step has ${account === undefined ? 'the account of this machine' : safeText(account)} sign a JWT, and an identity that may do that (iam.serviceAccounts.signJwt) can become the account, which an ID token does not allow: use an account that can do nothing else, and a custom role with that permission alone, see docs/permissions.md#signing-a-jwt.`
}

/** https://cloud.google.com/iam/docs/service-account-types#default */
function warnOfDefaultAccount({ email }: Pick<IdToken, 'email'>): string | undefined {
  return /-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$/.test(email)
    ? `The identity ${safeText(email)} is a default account of its project, which often may do much more than call a service: set service_account to one made for this, with roles/run.invoker alone.`
    : undefined
}
