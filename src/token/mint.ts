import { generateIdToken, generateAccessToken, signJwtByIam, type Caller, type IamRequest } from './iam-credentials.ts'
import { serviceAccountPrincipal } from './principal.ts'
import type { Secret } from '../guard/secret.ts'
import { earlierNow, type Step } from '../world/step.ts'
import type { Identity, Impersonation } from './credential.ts'
import { checkIdToken, type IdToken, type TokenKind } from './id-token.ts'
import { checkIapJwt, createIapClaims, type IapClaims } from './iap-jwt.ts'

/** A federated token lives no longer than the token it was exchanged for; GitHub's lives five minutes. */
const CALLER_LIFETIME_MS = 4 * 60 * 1000

/** Mints tokens for one identity; its access token is asked for once in a while, not for every one of them. */
export interface Mint {
  /** A checked token for an audience, of the kind that was asked for. */
  readonly token: (audience: string) => Promise<IdToken>
  /** Who asks Google's APIs, with an access token. It exists without a further request where tokens were minted with it. */
  readonly caller: () => Promise<Caller>
}

/** What is to be minted, and in which cloud. */
interface Wanted {
  readonly universe: string
  readonly token: TokenKind
}

export function createMint(step: Step, { universe, token: kind }: Wanted, identity: Identity): Mint {
  const { credential, impersonations } = identity
  const target = impersonations.at(-1)
  const expected = {
    account: target?.account ?? credential.account,
    universe,
    fixedAudience: target === undefined ? credential.fixedAudience : undefined
  }
  let last: { readonly since: number; readonly promise: Promise<Caller> } | undefined

  async function caller(): Promise<Caller> {
    if (last === undefined || step.now() - last.since > CALLER_LIFETIME_MS) {
      last = { since: step.now(), promise: becomeCaller(step, universe, identity) }
    }
    return await last.promise
  }

  async function requestFor(impersonation: Impersonation): Promise<IamRequest> {
    return { universe, caller: await caller(), impersonation }
  }

  async function askForIdToken(audience: string): Promise<Secret> {
    if (target !== undefined) return await generateIdToken(step, await requestFor(target), audience)
    // findIdentity has seen to it that a credential without impersonations has an ID token of its own.
    if (credential.idToken === undefined) throw new Error('no ID token and no account to impersonate')
    return await credential.idToken(audience)
  }

  async function signIapJwt(audience: string): Promise<IdToken> {
    const write = (email: string): IapClaims => createIapClaims(email, audience, step.googleNow())
    if (target !== undefined) {
      const request = await requestFor(target)
      // Not before: the answer with the caller's token tells Google's time.
      const claims = write(target.account)
      return checkIapJwt(await signJwtByIam(step, request, claims), claims)
    }
    // findIdentity has seen to it that a credential without impersonations can sign.
    if (credential.signJwt === undefined) throw new Error('no signature and no account to impersonate')
    let claims = write('')
    const jwt = await credential.signJwt((email) => (claims = write(email)))
    return checkIapJwt(jwt, claims)
  }

  return {
    caller,
    async token(audience) {
      if (kind === 'iap_jwt') return await signIapJwt(audience)
      const jwt = await askForIdToken(audience)
      return checkIdToken(jwt, { ...expected, audience, now: earlierNow(step) })
    }
  }
}

/** Becomes every account before the last, one after the other. */
async function becomeCaller(step: Step, universe: string, { credential, impersonations }: Identity): Promise<Caller> {
  let caller: Caller = { principal: credential.principal, ...(await credential.accessToken()) }
  for (const impersonation of impersonations.slice(0, -1)) {
    caller = {
      token: await generateAccessToken(step, { universe, caller, impersonation }),
      principal: serviceAccountPrincipal(impersonation.account)
    }
  }
  return caller
}
