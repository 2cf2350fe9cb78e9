import { decodeJwt } from './jwt.ts'
import { federationRejected } from './failures/sts.ts'
import { CLOUD_PLATFORM_SCOPE } from './google-hosts.ts'
import { stringIn } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import type { Step } from '../world/step.ts'
import type { SubjectToken } from './credential.ts'
import { readAccessToken, requestToken, type TokenRequest } from './token-endpoint.ts'

/** https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token, which is RFC 8693. */
export interface TokenExchange extends Pick<TokenRequest, 'tokenUrl' | 'client'> {
  /** `//iam.googleapis.com/projects/…/providers/…`, in every universe. */
  readonly audience: string
  readonly subjectTokenType: string
  /** The project that is charged; for workforce identities. */
  readonly userProject?: string | undefined
}

/**
 * Exchanges an external identity's own token for a federated access token.
 *
 * @throws {Failure} FEDERATION_REJECTED, GOOGLE_UNAVAILABLE or TOKEN_INVALID
 */
export async function exchangeToken(step: Step, exchange: TokenExchange, subject: SubjectToken): Promise<Secret> {
  const { audience, client, userProject } = exchange
  const { token, clientCertificate } = subject
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience,
    scope: CLOUD_PLATFORM_SCOPE,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: token,
    subject_token_type: exchange.subjectTokenType,
    // With client authentication the client's project is charged, and the option is refused.
    ...(userProject === undefined || client !== undefined ? {} : { options: JSON.stringify({ userProject }) })
  }
  const answer = await requestToken(step, { ...exchange, form, clientCertificate }, (refusal) => {
    const { claims, header = {} } = decodeJwt(token) ?? {}
    return federationRejected(refusal, audience, claims, stringIn(header, 'kid'))
  })
  return readAccessToken(exchange.tokenUrl, answer, 'access_token')
}
