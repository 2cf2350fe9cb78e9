import { publicKeyOf } from '../tokens/id-tokens.ts'
import { signingKeyOf } from '../tokens/keys.ts'
import { answerJson } from '../transport/answer.ts'
import type { Handler } from '../transport/requests.ts'
import { answerNotFound } from './errors.ts'

/** The public keys of an issuer: RFC 7517, 5. */
export function createJwks(issuer: string, path: string): Handler {
  return async (call) => {
    if (call.method !== 'GET' || call.path !== path) return answerNotFound(call.path)
    const key = (await publicKeyOf(issuer)).export({ format: 'jwk' })
    return answerJson(200, { keys: [{ ...key, alg: 'RS256', use: 'sig', kid: (await signingKeyOf(issuer)).id }] })
  }
}
