import { decodeJwt } from './jwt.ts'
import { tokenInvalid, type TokenFlaw } from './failures/id-token.ts'
import { stringIn, type JsonObject } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import { DEFAULT_UNIVERSE } from './google-hosts.ts'

/** An ID token of Google, or a JWT that the service account signs, which Identity-Aware Proxy accepts without an OAuth client. */
export type TokenKind = 'id_token' | 'iap_jwt'

/** A token that was decoded and found to be what was asked for. */
export interface IdToken {
  readonly kind: TokenKind
  readonly jwt: Secret
  readonly claims: JsonObject
  /** `aud`: what was asked for, except with a person's own credentials. */
  readonly audience: string
  readonly email: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface Expected {
  readonly audience: string
  /** E-mail or unique id; undefined where it cannot be known before. */
  readonly account: string | undefined
  readonly universe: string
  /** Other audiences that are accepted: a person's token is always for an OAuth client, and may have no e-mail. */
  readonly fixedAudience: readonly string[] | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Checks that a token is the one that was asked for. The signature is not checked: the token came from Google over TLS, and
 * who receives it will. https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 *
 * @throws {Failure} TOKEN_INVALID, which names claims but never the token
 */
export function checkIdToken(jwt: Secret, expected: Expected): IdToken {
  const { account } = expected
  const claims = decodeJwt(jwt)?.claims
  if (claims === undefined) throw tokenInvalid('it is not a JSON Web Token', expected.audience, 'form')
  const wrong = (what: string, claim: string, flaw: TokenFlaw, demanded?: string): Error => {
    const actual = claims[claim] === undefined ? 'missing' : JSON.stringify(claims[claim])
    const must = demanded === undefined ? '' : `, and must be "${demanded}"`
    return tokenInvalid(`its ${what} (${claim}) is ${actual}${must}`, expected.audience, flaw)
  }

  const issuer = stringIn(claims, 'iss')
  if (!issuersOf(expected.universe).includes(issuer ?? '')) throw wrong('issuer', 'iss', 'issuer')

  const audience = stringIn(claims, 'aud')
  if (
    audience === undefined ||
    (audience !== expected.audience && expected.fixedAudience?.includes(audience) !== true)
  ) {
    throw wrong('audience', 'aud', 'audience', expected.audience)
  }

  const { exp } = claims
  // ECMAScript knows no time beyond 8.64e15 milliseconds.
  if (typeof exp !== 'number' || !(Math.abs(exp * 1000) <= 8.64e15))
    throw tokenInvalid('it does not say when it expires (exp)', expected.audience, 'form')
  if (exp * 1000 <= expected.now) {
    throw tokenInvalid(
      `it expired at ${new Date(exp * 1000).toISOString()}, and it is ${new Date(expected.now).toISOString()}`,
      expected.audience,
      'expiry'
    )
  }

  const email = stringIn(claims, 'email')
  if (account === undefined || account.includes('@')) {
    const known = email !== undefined || expected.fixedAudience !== undefined
    if (!known || (account !== undefined && email?.toLowerCase() !== account.toLowerCase()))
      throw wrong('e-mail', 'email', { account }, account)
  } else if (stringIn(claims, 'sub') !== account) {
    throw wrong('subject', 'sub', { account }, account)
  }
  return { kind: 'id_token', jwt, claims, audience, email: email ?? '', expiresAt: exp * 1000 }
}

/** Google's issuer is the same for every product; verifiers know the older form too. */
function issuersOf(universe: string): readonly string[] {
  const google = ['https://accounts.google.com', 'accounts.google.com']
  return universe === DEFAULT_UNIVERSE ? google : [...google, `https://accounts.${universe}`]
}
