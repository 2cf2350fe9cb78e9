import type { KeyObject } from 'node:crypto'
import type { Clock } from './clock.ts'
import { signJwt } from './jwt.ts'
import type { Claims } from './jwt.ts'
import { signingKeyOf } from './keys.ts'
import type { SecretBook } from './secrets.ts'

export const GOOGLE_ISSUER = 'https://accounts.google.com'

/** https://cloud.google.com/docs/authentication/token-types#id: one hour. */
const LIFETIME_SECONDS = 3600

export interface IdTokens {
  /** An ID token signed by Google. The claims given go over iss, iat and exp, so that wrong tokens can be made as well. */
  issue: (claims: Claims) => Promise<string>
  /** A JWT of any other issuer. */
  issueFor: (issuer: string, claims: Claims) => Promise<string>
}

export function createIdTokens(clock: Clock, secrets: SecretBook): IdTokens {
  return {
    async issue(claims) {
      const now = clock.seconds()
      const standard = { iss: GOOGLE_ISSUER, iat: now, exp: now + LIFETIME_SECONDS }
      return secrets.note('ID token', signJwt({ ...standard, ...claims }, await signingKeyOf(GOOGLE_ISSUER)))
    },
    async issueFor(issuer, claims) {
      const now = clock.seconds()
      const standard = { iss: issuer, nbf: now - 300, iat: now, exp: now + 300 }
      return secrets.note('OIDC token', signJwt({ ...standard, ...claims }, await signingKeyOf(issuer)))
    }
  }
}

/** The key by which an issuer's tokens are verified. */
export async function publicKeyOf(issuer: string): Promise<KeyObject> {
  return (await signingKeyOf(issuer)).publicKey
}
