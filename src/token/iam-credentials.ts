import { requestWithRetries } from '../world/retried-request.ts'
import { impersonationRefused } from './failures/iam-credentials.ts'
import { googleUnavailable } from './failures/token-endpoint.ts'
import { CLOUD_PLATFORM_SCOPE, iamCredentialsUrl, serviceAccountResource } from './google-hosts.ts'
import type { Step } from '../world/step.ts'
import type { JsonObject } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import type { AccessToken, Impersonation } from './credential.ts'
import { readAccessToken, readIdToken, refusedBy } from './token-endpoint.ts'

/** The identity that calls IAM. */
export interface Caller extends AccessToken {
  /** How IAM names it. */
  readonly principal: string
}

/** Whose token is wanted, and who asks for it. */
export interface IamRequest {
  readonly universe: string
  readonly caller: Caller
  readonly impersonation: Impersonation
}

/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
 *
 * @returns the token as it came, not yet checked
 * @throws {Failure} IMPERSONATION_DENIED, SERVICE_ACCOUNT_NOT_FOUND, API_DISABLED, GOOGLE_UNAVAILABLE or TOKEN_INVALID
 */
export async function generateIdToken(step: Step, request: IamRequest, audience: string): Promise<Secret> {
  // Identity-Aware Proxy refuses a token without e-mail.
  return await callIam(step, request, 'generateIdToken', { audience, includeEmail: true })
}

/**
 * Has a service account sign claims: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt
 *
 * @returns the JWT as it came, not yet checked
 * @throws {Failure} as `generateIdToken`
 */
export async function signJwtByIam(step: Step, request: IamRequest, claims: JsonObject): Promise<Secret> {
  return await callIam(step, request, 'signJwt', { payload: JSON.stringify(claims) })
}

/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 *
 * @throws {Failure} as `generateIdToken`
 */
export async function generateAccessToken(step: Step, request: IamRequest): Promise<Secret> {
  return await callIam(step, request, 'generateAccessToken', { scope: [CLOUD_PLATFORM_SCOPE] })
}

/** In which member of its answer each method gives the token. */
const MEMBERS = { generateIdToken: 'token', generateAccessToken: 'accessToken', signJwt: 'signedJwt' } as const

async function callIam(
  step: Step,
  { universe, caller, impersonation }: IamRequest,
  method: keyof typeof MEMBERS,
  body: JsonObject
): Promise<Secret> {
  const url = iamCredentialsUrl(universe, impersonation.account, method)
  const delegates = impersonation.delegates.map(serviceAccountResource)
  const request = {
    method: 'POST',
    url,
    headers: {
      authorization: caller.token.asBearer(),
      'content-type': 'application/json',
      accept: 'application/json'
    },
    body: JSON.stringify({ ...body, ...(delegates.length === 0 ? {} : { delegates }) }),
    clientCertificate: caller.clientCertificate,
    holds: { type: 'json', field: MEMBERS[method] }
  } as const
  const answer = await requestWithRetries(step, request, googleUnavailable)
  if (answer.status >= 400) {
    const machine = await caller.identify?.()
    const refused = { ...caller, machine, ...machine }
    throw refusedBy(url, answer, (refusal) => impersonationRefused(refusal, url, refused, impersonation))
  }
  return method === 'generateAccessToken'
    ? readAccessToken(url, answer, MEMBERS[method])
    : readIdToken(url, answer, MEMBERS[method])
}
