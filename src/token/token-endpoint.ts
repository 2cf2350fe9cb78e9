import { requestWithRetries } from '../world/retried-request.ts'
import { googleUnavailable, tokenMissing } from './failures/token-endpoint.ts'
import type { Failure } from '../failure/failure.ts'
import type { SealedAnswer } from '../world/outcome.ts'
import type { Form, HttpRequest } from '../world/request.ts'
import type { Step } from '../world/step.ts'
import { secretIn } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import { readRefusal, type Refusal } from './refusal.ts'

export interface OAuthClient {
  readonly id: string
  readonly secret: Secret | undefined
}

/** A request to an OAuth token endpoint (RFC 6749, 3.2): Google's own, or STS (RFC 8693). */
export interface TokenRequest {
  readonly tokenUrl: URL
  readonly form: Form
  /** The OAuth client that authenticates itself, where one has to (RFC 6749, 2.3.1). */
  readonly client?: OAuthClient | undefined
  readonly clientCertificate?: HttpRequest['clientCertificate']
}

/**
 * Posts a grant and returns the answer to it, which has a status below 400.
 *
 * @param refused what to fail with where Google refuses the grant
 * @throws {Failure} what `refused` returns, or GOOGLE_UNAVAILABLE
 */
export async function requestToken(
  step: Step,
  { tokenUrl: url, form, client, clientCertificate }: TokenRequest,
  refused: (refusal: Refusal) => Failure
): Promise<SealedAnswer> {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    ...(client === undefined ? {} : { authorization: basicAuthorization(client) })
  }
  const request = { method: 'POST', url, headers, body: form, clientCertificate }
  const answer = await requestWithRetries(step, request, googleUnavailable)
  if (answer.status >= 400) throw refusedBy(url, answer, refused)
  return answer
}

/** Google refuses in JSON; a page in its place is from elsewhere, such as a proxy, and says nothing about the request. */
export function refusedBy(url: URL, answer: SealedAnswer, refused: (refusal: Refusal) => Failure): Failure {
  return answer.text.trim() !== '' ? googleUnavailable(url, answer, 1) : refused(readRefusal(answer))
}

/**
 * The opaque token in an answer's JSON.
 *
 * @throws {Failure} TOKEN_INVALID where there is none that can be sent in a header
 */
export function readAccessToken(url: URL, answer: SealedAnswer, member: 'access_token' | 'accessToken'): Secret {
  const token = readIdToken(url, answer, member)
  // RFC 6750, 2.1: what may follow "Bearer ".
  if (!token.matches(/^[\x21-\x7e]+$/)) throw tokenMissing(url, answer)
  return token
}

/**
 * The ID token in an answer's JSON, not yet checked.
 *
 * @throws {Failure} TOKEN_INVALID where there is none
 */
export function readIdToken(url: URL, answer: SealedAnswer, member: string): Secret {
  const token = secretIn(answer.json, member)
  if (answer.status !== 200 || token === undefined) throw tokenMissing(url, answer)
  return token
}

function basicAuthorization({ id, secret }: OAuthClient): Secret | string {
  return secret?.asPasswordOf(id) ?? `Basic ${Buffer.from(`${id}:`).toString('base64')}`
}
