import type { ServiceAccount } from '../tokens/accounts.ts'
import { decodeJwt, stringsIn } from '../tokens/jwt.ts'
import { isSignedFor } from '../tokens/signed-jwts.ts'
import type { FrontEndWorld } from './bearer.ts'

/** From iat to exp: https://cloud.google.com/iap/docs/authentication-howto#create_the_jwt */
const LONGEST_SECONDS = 3600
const TOLERANCE_SECONDS = 300

type Judgement = 'wrong signature' | 'expired' | 'wrong claims' | 'wrong audience' | ServiceAccount

/**
 * Verifies a JWT that a service account signed, with its own key or through signJwt, for a URL.
 *
 * @returns what is wrong with it, or whose it is; undefined where it does not say that a service account signed it
 */
export function judgeSignedJwt({ accounts, clock }: FrontEndWorld, token: string, url: URL): Judgement | undefined {
  const jwt = decodeJwt(token)
  const { iss, sub, aud, iat, exp } = jwt?.claims ?? {}
  // The e-mail: a unique id will not do.
  if (jwt === undefined || typeof iss !== 'string' || !iss.includes('@')) return undefined
  const account = accounts.findServiceAccount(iss)
  if (account === undefined || !isSignedFor(account, jwt)) return 'wrong signature'
  if (!Number.isInteger(iat) || !Number.isInteger(exp) || sub !== iss) return 'wrong claims'
  const [issuedAt, expiresAt, now] = [Number(iat), Number(exp), clock.seconds()]
  if (expiresAt <= now) return 'expired'
  if (issuedAt > now + TOLERANCE_SECONDS || expiresAt - issuedAt > LONGEST_SECONDS) return 'wrong claims'
  return stringsIn(aud).some((audience) => isAudience(audience, url)) ? account : 'wrong audience'
}

/** The URL itself, or a beginning of it that contains the host, with `/*` at its end. */
function isAudience(audience: string, { origin, pathname, href }: URL): boolean {
  const prefix = audience.endsWith('/*') ? audience.slice(0, -1) : undefined
  if (prefix === undefined) return audience === href || audience === origin + pathname
  return prefix.startsWith(`${origin}/`) && pathname.startsWith(prefix.slice(origin.length))
}
