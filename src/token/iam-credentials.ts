import type { ClientCertificate } from '../world/connection.ts'
import { requestWithRetries } from '../world/retried-request.ts'
import { impersonationRefused } from './failures/iam-credentials.ts'
import { googleUnavailable } from './failures/token-endpoint.ts'
import { CLOUD_PLATFORM_SCOPE, iamCredentialsUrl, serviceAccountResource } from './google-hosts.ts'
import type { SealedAnswer } from '../world/outcome.ts'
import type { Step } from '../world/step.ts'
import type { JsonObject } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import type { Federation, Impersonation, MachineIdentity } from './credential.ts'
import { readAccessToken, readIdToken, refusedBy } from './token-endpoint.ts'

/** The identity that calls IAM. */
export interface Caller {
  readonly accessToken: Secret
  /** How IAM names it. */
  readonly principal: string
  readonly federation?: Federation | undefined
  readonly identify?: (() => Promise<MachineIdentity>) | undefined
  /** To which its token may be bound. */
  readonly clientCertificate?: ClientCertificate | undefined
}

/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
 *
 * @returns the token as it came, not yet checked
 * @throws {Failure} IMPERSONATION_DENIED, SERVICE_ACCOUNT_NOT_FOUND, API_DISABLED, GOOGLE_UNAVAILABLE or TOKEN_INVALID
 */
export async function generateIdToken(
  step: Step,
  universe: string,
  caller: Caller,
  impersonation: Impersonation,
  audience: string
): Promise<Secret> {
  const url = iamCredentialsUrl(universe, impersonation.account, 'generateIdToken')
  // Identity-Aware Proxy refuses a token without e-mail.
  const answer = await callIam(step, url, caller, impersonation, { audience, includeEmail: true }, 'token')
  return readIdToken(url, answer, 'token')
}

/**
 * Has a service account sign claims: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt
 *
 * @returns the JWT as it came, not yet checked
 * @throws {Failure} as `generateIdToken`
 */
export async function signJwtByIam(
  step: Step,
  universe: string,
  caller: Caller,
  impersonation: Impersonation,
  claims: JsonObject
): Promise<Secret> {
  const url = iamCredentialsUrl(universe, impersonation.account, 'signJwt')
  const answer = await callIam(step, url, caller, impersonation, { payload: JSON.stringify(claims) }, 'signedJwt')
  return readIdToken(url, answer, 'signedJwt')
}

/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 *
 * @throws {Failure} as `generateIdToken`
 */
export async function generateAccessToken(
  step: Step,
  universe: string,
  caller: Caller,
  impersonation: Impersonation
): Promise<Secret> {
  const url = iamCredentialsUrl(universe, impersonation.account, 'generateAccessToken')
  const answer = await callIam(step, url, caller, impersonation, { scope: [CLOUD_PLATFORM_SCOPE] }, 'accessToken')
  return readAccessToken(url, answer, 'accessToken')
}

async function callIam(
  step: Step,
  url: URL,
  caller: Caller,
  impersonation: Impersonation,
  body: JsonObject,
  field: string
): Promise<SealedAnswer> {
  const delegates = impersonation.delegates.map(serviceAccountResource)
  const answer = await requestWithRetries(
    step,
    {
      method: 'POST',
      url,
      headers: {
        authorization: caller.accessToken.prefixed('Bearer '),
        'content-type': 'application/json',
        accept: 'application/json'
      },
      body: JSON.stringify({ ...body, ...(delegates.length === 0 ? {} : { delegates }) }),
      clientCertificate: caller.clientCertificate,
      holds: { type: 'json', field }
    },
    (last, attempts) => googleUnavailable(url, last, attempts)
  )
  if (answer.status >= 400) {
    const machine = await caller.identify?.()
    const refused = { ...caller, machine, ...machine }
    throw refusedBy(url, answer, (refusal) => impersonationRefused(refusal, url, refused, impersonation))
  }
  return answer
}
