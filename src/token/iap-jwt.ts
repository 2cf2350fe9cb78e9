import type { JsonObject } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import { tokenInvalid } from './failures/id-token.ts'
import type { IdToken } from './id-token.ts'
import { decodeJwt } from './jwt.ts'

/** Identity-Aware Proxy takes a JWT whose life is no longer than this. */
const LIFETIME_S = 3_600

/** So that a token is not from the future where the clock of Identity-Aware Proxy is a little behind. */
const LEEWAY_S = 10

/** The claims of a JWT that a service account signs for itself. `iat` and `exp` are in seconds since the epoch. */
export interface IapClaims extends JsonObject {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly iat: number
  readonly exp: number
}

/**
 * The claims that Identity-Aware Proxy expects: https://cloud.google.com/iap/docs/authentication-howto#authenticating_with_a_jwt
 *
 * @param email of the service account; a unique id will not do
 * @param audience an exact URL, or a prefix and `/*`
 * @param now by Google's clock, in milliseconds since the epoch
 */
export function createIapClaims(email: string, audience: string, now: number): IapClaims {
  const iat = Math.floor(now / 1000) - LEEWAY_S
  return { iss: email, sub: email, aud: audience, iat, exp: iat + LIFETIME_S }
}

/**
 * Checks a signed JWT claim by claim against what was to be signed. Identity-Aware Proxy checks the signature.
 *
 * @throws {Failure} TOKEN_INVALID, which names claims but never the token
 */
export function checkIapJwt(jwt: Secret, expected: IapClaims): IdToken {
  const claims = decodeJwt(jwt)?.claims
  if (claims === undefined) throw tokenInvalid('it is not a JSON Web Token', expected.aud, 'form')
  for (const [name, value] of Object.entries(expected)) {
    if (claims[name] === value) continue
    const shown = claims[name] === undefined ? 'missing' : JSON.stringify(claims[name])
    throw tokenInvalid(
      `its claim ${name} is ${shown}, and ${JSON.stringify(value)} was to be signed`,
      expected.aud,
      'form'
    )
  }
  return {
    kind: 'iap_jwt',
    jwt,
    claims,
    audience: expected.aud,
    email: expected.iss,
    expiresAt: expected.exp * 1000
  }
}
