import type { Accounts } from '../tokens/accounts.ts'
import type { Principal } from '../tokens/access-tokens.ts'
import type { Clock } from '../tokens/clock.ts'
import { GOOGLE_ISSUER, publicKeyOf } from '../tokens/id-tokens.ts'
import { decodeJwt, stringsIn } from '../tokens/jwt.ts'
import type { Claims } from '../tokens/jwt.ts'
import type { Policy } from '../tokens/iam-policy.ts'
import type { Call } from '../transport/requests.ts'

/** What a front end judges tokens with. */
export interface FrontEndWorld {
  readonly accounts: Accounts
  readonly policy: Policy
  readonly clock: Clock
}

/** What is wrong with a token, or its claims and whose it is. */
type Judgement =
  | 'malformed'
  | 'wrong issuer'
  | 'wrong signature'
  | 'expired'
  | { readonly claims: Claims; readonly audiences: readonly string[]; readonly principal: Principal | undefined }

/** Verifies everything about an ID token of Google's but its audience, on which every front end has rules of its own. */
export async function judgeIdToken({ accounts, clock }: FrontEndWorld, token: string): Promise<Judgement> {
  const jwt = decodeJwt(token)
  if (jwt === undefined) return 'malformed'
  const { claims } = jwt
  // Google's verifiers accept the issuer without its scheme as well.
  if (claims['iss'] !== GOOGLE_ISSUER && claims['iss'] !== 'accounts.google.com') return 'wrong issuer'
  if (!jwt.isSignedBy(await publicKeyOf(GOOGLE_ISSUER))) return 'wrong signature'
  if (Number(claims['exp']) <= clock.seconds()) return 'expired'
  return { claims, audiences: stringsIn(claims['aud']), principal: accounts.findBySubject(claims['sub']) }
}

/** Every value of a header, however often it was sent. */
export function headerValues({ rawHeaders }: Call, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}

/** The token in a `Bearer` header: RFC 6750, 2.1. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1]
}
