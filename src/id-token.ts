import { decodeClaims } from './claims.ts'
import { tokenInvalid } from './failures/tokens.ts'
import type { TokenFlaw } from './failures/tokens.ts'
import { generateAccessToken, generateIdToken } from './identity/iam-credentials.ts'
import type { Caller } from './identity/iam-credentials.ts'
import type { Identity } from './identity/credential.ts'
import type { Job } from './job.ts'
import { stringIn } from './json.ts'
import type { JsonObject } from './json.ts'
import { DEFAULT_UNIVERSE } from './google-hosts.ts'
import { serviceAccountPrincipal } from './principal.ts'

/** An ID token that was decoded and found to be what was asked for. */
export interface IdToken {
  readonly jwt: string
  readonly claims: JsonObject
  /** `aud`: what was asked for, except with a person's own credentials. */
  readonly audience: string
  readonly email: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A federated token lives no longer than the token it was exchanged for; GitHub's lives five minutes. */
const CALLER_LIFETIME_MS = 4 * 60 * 1000

/** Mints ID tokens for one identity; its access token is asked for once in a while, not for every one of them. */
export type Mint = (audience: string) => Promise<IdToken>

/**
 * @returns a function that gets a checked ID token for an audience, masked before it is returned
 */
export function createMint(job: Job, universe: string, identity: Identity): Mint {
  const { credential, hops } = identity
  const target = hops.at(-1)
  const expected = {
    account: target?.account ?? credential.account,
    universe,
    fixedAudience: target === undefined ? credential.fixedAudience : undefined
  }
  let caller: { readonly since: number; readonly promise: Promise<Caller> } | undefined

  return async (audience) => {
    let jwt: string
    if (target === undefined) {
      // findIdentity has seen to it that a credential without hops has an ID token of its own.
      if (credential.idToken === undefined) throw new Error('no ID token and nobody to impersonate')
      jwt = await credential.idToken(audience)
    } else {
      if (caller === undefined || job.now() - caller.since > CALLER_LIFETIME_MS) {
        caller = { since: job.now(), promise: becomeCaller(job, universe, identity) }
      }
      jwt = await generateIdToken(job, universe, await caller.promise, target, audience)
    }
    return checkIdToken(jwt, { ...expected, audience, now: job.now() })
  }
}

/** Becomes every account before the last, one after the other. */
async function becomeCaller(job: Job, universe: string, { credential, hops }: Identity): Promise<Caller> {
  const { token, principal = credential.principal, clientCertificate } = await credential.accessToken()
  let caller: Caller = { accessToken: token, principal, clientCertificate }
  for (const hop of hops.slice(0, -1)) {
    caller = {
      accessToken: await generateAccessToken(job, universe, caller, hop),
      principal: serviceAccountPrincipal(hop.account)
    }
  }
  return caller
}

export interface Expected {
  readonly audience: string
  /** E-mail or unique id; undefined where it cannot be known before. */
  readonly account: string | undefined
  readonly universe: string
  /** The token is for somebody else than asked for, and belongs to a person, who may have hidden the e-mail. */
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
export function checkIdToken(jwt: string, expected: Expected): IdToken {
  const { account } = expected
  const claims = decodeClaims(jwt)
  if (claims === undefined) throw tokenInvalid('it is not a JSON Web Token', expected.audience, 'form')

  const issuer = stringIn(claims, 'iss')
  if (!issuersOf(expected.universe).includes(issuer ?? '')) throw wrong('issuer', 'iss', issuer, 'issuer')

  const audience = stringIn(claims, 'aud')
  if (
    audience === undefined ||
    (audience !== expected.audience && expected.fixedAudience?.includes(audience) !== true)
  ) {
    throw wrong('audience', 'aud', audience, 'audience')
  }

  const { exp } = claims
  // ECMAScript knows no time beyond 8.64e15 milliseconds.
  if (typeof exp !== 'number' || !(Math.abs(exp * 1000) <= 8.64e15))
    throw tokenInvalid('it does not say when it expires (exp)', expected.audience, 'form')
  if (exp * 1000 <= expected.now) {
    throw tokenInvalid(
      `it expired at ${new Date(exp * 1000).toISOString()}, by the clock of this machine`,
      expected.audience,
      'expiry'
    )
  }

  const email = stringIn(claims, 'email')
  if (account === undefined || account.includes('@')) {
    const known = email !== undefined || expected.fixedAudience !== undefined
    if (!known || (account !== undefined && email?.toLowerCase() !== account.toLowerCase()))
      throw wrong('e-mail', 'email', email, { account })
  } else if (stringIn(claims, 'sub') !== account) {
    throw wrong('subject', 'sub', stringIn(claims, 'sub'), { account })
  }
  return { jwt, claims, audience, email: email ?? '', expiresAt: exp * 1000 }

  function wrong(what: string, claim: string, actual: string | undefined, flaw: TokenFlaw): Error {
    return tokenInvalid(
      `its ${what} (${claim}) is ${actual === undefined ? 'missing' : `"${actual}"`}`,
      expected.audience,
      flaw
    )
  }
}

/** Google's issuer is the same for every product; verifiers know the older form too. */
function issuersOf(universe: string): readonly string[] {
  const google = ['https://accounts.google.com', 'accounts.google.com']
  return universe === DEFAULT_UNIVERSE ? google : [...google, `https://accounts.${universe}`]
}
