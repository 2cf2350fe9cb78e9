import { answerJson } from '../transport/answer.ts'
import { Refusal } from '../transport/refusal.ts'
import type { Call } from '../transport/requests.ts'
import { bearerToken, judgeIdToken } from './bearer.ts'
import type { FrontEndWorld } from './bearer.ts'

export interface GatewaySettings {
  /** `x-google-audiences` of the OpenAPI document. */
  readonly audiences: readonly string[]
}

const REFUSALS = {
  malformed: 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections',
  'wrong issuer': 'Jwt issuer is not configured',
  'wrong signature': 'Jwt verification fails',
  expired: 'Jwt is expired'
} as const

/**
 * API Gateway, or Cloud Endpoints' proxy, which are both Envoy with its JWT filter.
 * https://cloud.google.com/endpoints/docs/openapi/troubleshoot-jwt
 *
 * @throws {Refusal} with 401 or 403
 */
export async function checkGateway(world: FrontEndWorld, { audiences }: GatewaySettings, call: Call): Promise<void> {
  const token = bearerToken(call.headers.authorization)
  if (token === undefined) throw refuse(call, 401, 'Jwt is missing')
  const judgement = await judgeIdToken(world, token)
  if (typeof judgement === 'string') throw refuse(call, 401, REFUSALS[judgement])
  if (!judgement.audiences.some((audience) => audiences.includes(audience))) {
    throw refuse(call, 403, 'Audiences in Jwt are not allowed')
  }
}

function refuse({ url }: Call, code: 401 | 403, message: string): Refusal {
  const challenge = code === 401 ? { 'www-authenticate': `Bearer realm="${url.href}", error="invalid_token"` } : {}
  return new Refusal(answerJson(code, { code, message }, challenge))
}
