import type { RecordedRequest } from '../transport/requests.ts'
import type { Accounts, ServiceAccount } from './accounts.ts'
import type { Clock } from './clock.ts'
import { decodeJwt } from './jwt.ts'
import type { Claims, DecodedJwt } from './jwt.ts'
import type { Secret } from './secrets.ts'

/** Whether a key of the account signed it, be it one that was handed out or the one that Google keeps. */
export function isSignedFor(account: ServiceAccount, jwt: DecodedJwt): boolean {
  return !account.disabled && [...account.keys.values()].some((key) => jwt.isSignedBy(key))
}

/** From iat to exp: https://google.aip.dev/auth/4111 and https://cloud.google.com/iap/docs/authentication-howto#create_the_jwt */
const LONGEST_SECONDS = 3600
const TOLERANCE_SECONDS = 300

type Judgement =
  | 'wrong signature'
  | 'expired'
  | 'wrong claims'
  | { readonly account: ServiceAccount; readonly claims: Claims; readonly expiresAt: number }

/**
 * Verifies everything but the audience of a JWT that a service account signed to show who it is.
 *
 * @returns undefined where it does not say that a service account signed it
 */
export function judgeSignedJwt(accounts: Accounts, clock: Clock, token: string): Judgement | undefined {
  const jwt = decodeJwt(token)
  const { iss, sub, iat, exp } = jwt?.claims ?? {}
  // The e-mail: a unique id will not do.
  if (jwt === undefined || typeof iss !== 'string' || !iss.includes('@')) return undefined
  const account = accounts.findServiceAccount(iss)
  if (account === undefined || !isSignedFor(account, jwt)) return 'wrong signature'
  if (!Number.isInteger(iat) || !Number.isInteger(exp) || sub !== iss) return 'wrong claims'
  const [issuedAt, expiresAt, now] = [Number(iat), Number(exp), clock.seconds()]
  if (expiresAt <= now) return 'expired'
  if (issuedAt > now + TOLERANCE_SECONDS || expiresAt - issuedAt > LONGEST_SECONDS) return 'wrong claims'
  return { account, claims: jwt.claims, expiresAt }
}

const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g

/** JWTs that the owner of a key signed without Google: the world learns of them when they arrive, even where it is made to fail. */
export function findSignedJwts(requests: readonly RecordedRequest[], { findServiceAccount }: Accounts): Secret[] {
  return requests
    .flatMap(({ headers, body }) => `${JSON.stringify(headers)} ${body}`.match(JWT) ?? [])
    .filter((jwt) => findServiceAccount(String(decodeJwt(jwt)?.claims['iss'])) !== undefined)
    .map((value) => ({ kind: 'signed JWT', value }))
}
