import type { ClientCertificate } from '../world/connection.ts'
import { requestWithRetries } from '../world/retried-request.ts'
import { impersonationRefused } from './failures/iam-credentials.ts'
import { googleUnavailable } from './failures/token-endpoint.ts'
import { CLOUD_PLATFORM_SCOPE, iamCredentialsUrl, serviceAccountResource } from './google-hosts.ts'
import type { Answer } from '../world/outcome.ts'
import type { Job } from '../world/job.ts'
import type { JsonObject } from '../guard/json.ts'
import type { Hop } from './credential.ts'
import { readAccessToken, readIdToken, refusedBy } from './token-endpoint.ts'

/** Whoever calls IAM. */
export interface Caller {
  readonly accessToken: string
  /** How IAM names it. */
  readonly principal: string
  /** To which its token may be bound. */
  readonly clientCertificate?: ClientCertificate | undefined
}

/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
 *
 * @returns the token as it came, masked but not yet checked
 * @throws {Failure} IMPERSONATION_DENIED, SERVICE_ACCOUNT_NOT_FOUND, API_DISABLED, GOOGLE_UNAVAILABLE or TOKEN_INVALID
 */
export async function generateIdToken(
  job: Job,
  universe: string,
  caller: Caller,
  hop: Hop,
  audience: string
): Promise<string> {
  const url = iamCredentialsUrl(universe, hop.account, 'generateIdToken')
  // Identity-Aware Proxy refuses a token without e-mail.
  const answer = await callIam(job, url, caller, hop, { audience, includeEmail: true })
  return readIdToken(job, url, answer, 'token')
}

/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 *
 * @throws {Failure} as `generateIdToken`
 */
export async function generateAccessToken(job: Job, universe: string, caller: Caller, hop: Hop): Promise<string> {
  const url = iamCredentialsUrl(universe, hop.account, 'generateAccessToken')
  const answer = await callIam(job, url, caller, hop, { scope: [CLOUD_PLATFORM_SCOPE] })
  return readAccessToken(job, url, answer, 'accessToken')
}

async function callIam(job: Job, url: URL, caller: Caller, hop: Hop, body: JsonObject): Promise<Answer> {
  const delegates = hop.delegates.map(serviceAccountResource)
  const answer = await requestWithRetries(
    job,
    {
      method: 'POST',
      url,
      headers: {
        authorization: `Bearer ${caller.accessToken}`,
        'content-type': 'application/json',
        accept: 'application/json'
      },
      body: JSON.stringify({ ...body, ...(delegates.length === 0 ? {} : { delegates }) }),
      clientCertificate: caller.clientCertificate
    },
    (last, attempts) => googleUnavailable(url, last, attempts)
  )
  if (answer.status >= 400) {
    throw refusedBy(url, answer, (refusal) => impersonationRefused(refusal, url, caller.principal, hop))
  }
  return answer
}
