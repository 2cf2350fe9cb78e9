import type { Clock } from './clock.ts'
import type { SecretBook } from './secrets.ts'

/** Whom IAM sees. */
export interface Principal {
  /** The members of a policy binding that this principal is. */
  readonly members: readonly string[]
  /** The project whose APIs it uses. */
  readonly projectNumber: string
}

export interface Grant {
  readonly principal: Principal
  readonly scopes: readonly string[]
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface AccessTokens {
  /** @returns an opaque token, good for `seconds` */
  issue: (principal: Principal, scopes: readonly string[], seconds?: number) => string
  issueFederated: (principal: Principal, scopes: readonly string[]) => string
  /** What a token stands for, whether it has expired or not. */
  find: (token: string) => Grant | undefined
}

/** One second short of an hour is what Google's endpoints say. */
export const ACCESS_TOKEN_SECONDS = 3599

export function createAccessTokens(clock: Clock, secrets: SecretBook): AccessTokens {
  const grants = new Map<string, Grant>()

  function remember(token: string, principal: Principal, scopes: readonly string[], seconds: number): string {
    grants.set(token, { principal, scopes, expiresAt: clock.now() + seconds * 1000 })
    return token
  }

  return {
    issue: (principal, scopes, seconds = ACCESS_TOKEN_SECONDS) =>
      remember(secrets.create('access token', 'ya29.c.'), principal, scopes, seconds),
    issueFederated: (principal, scopes) =>
      remember(secrets.create('federated access token', 'ya29.d.'), principal, scopes, ACCESS_TOKEN_SECONDS),
    find: (token) => grants.get(token)
  }
}
