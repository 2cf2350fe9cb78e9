import { requestWithRetries } from '../world/retried-request.ts'
import { googleUnavailable, tokenMissing } from './failures/token-endpoint.ts'
import type { Failure } from '../failure/failure.ts'
import type { Answer } from '../world/outcome.ts'
import type { HttpRequest } from '../world/request.ts'
import type { Step } from '../world/step.ts'
import { parseJson, parseObject, stringIn } from '../guard/json.ts'
import { readRefusal } from './refusal.ts'
import type { Refusal } from './refusal.ts'

/** A request to an OAuth token endpoint (RFC 6749, 3.2): Google's own, or STS (RFC 8693). */
export interface TokenRequest {
  readonly url: URL
  readonly form: Readonly<Record<string, string>>
  /** The OAuth client that authenticates itself, where one has to (RFC 6749, 2.3.1). */
  readonly client?: { readonly id: string; readonly secret: string } | undefined
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
  request: TokenRequest,
  refused: (refusal: Refusal) => Failure
): Promise<Answer> {
  const answer = await requestWithRetries(
    step,
    {
      method: 'POST',
      url: request.url,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        ...(request.client === undefined ? {} : { authorization: basicAuthorization(request.client) })
      },
      body: new URLSearchParams(request.form).toString(),
      clientCertificate: request.clientCertificate
    },
    (last, attempts) => googleUnavailable(request.url, last, attempts)
  )
  maskTokens(step, answer)
  if (answer.status >= 400) throw refusedBy(request.url, answer, refused)
  return answer
}

/** Google refuses in JSON; a page in its place is somebody else's, such as a proxy's, and says nothing about the request. */
export function refusedBy(url: URL, answer: Answer, refused: (refusal: Refusal) => Failure): Failure {
  const text = answer.body.toString('utf8').trim()
  const isPage = text !== '' && parseJson(text) === undefined
  return isPage ? googleUnavailable(url, answer, 1) : refused(readRefusal(answer))
}

/** An answer may hold more tokens than the one that is wanted. */
function maskTokens(step: Step, answer: Answer): void {
  const body = parseObject(answer.body.toString('utf8'))
  for (const member of ['access_token', 'id_token', 'refresh_token']) step.masks.addJwt(stringIn(body, member) ?? '')
}

/**
 * The opaque token in an answer's JSON, masked.
 *
 * @throws {Failure} TOKEN_INVALID where there is none that can be sent in a header
 */
export function readAccessToken(step: Step, url: URL, answer: Answer, member: 'access_token' | 'accessToken'): string {
  const token = stringIn(parseObject(answer.body.toString('utf8')), member)
  if (token !== undefined) step.masks.add(token)
  // RFC 6750, 2.1: what may follow "Bearer ".
  if (answer.status !== 200 || token === undefined || !/^[\x21-\x7e]+$/.test(token)) throw tokenMissing(url, answer)
  return token
}

/**
 * The ID token in an answer's JSON, masked, and not yet checked.
 *
 * @throws {Failure} TOKEN_INVALID where there is none
 */
export function readIdToken(step: Step, url: URL, answer: Answer, member: 'id_token' | 'token'): string {
  const token = stringIn(parseObject(answer.body.toString('utf8')), member)
  if (token !== undefined) step.masks.addJwt(token)
  if (answer.status !== 200 || token === undefined) throw tokenMissing(url, answer)
  return token
}

function basicAuthorization(client: { readonly id: string; readonly secret: string }): string {
  return `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`
}
