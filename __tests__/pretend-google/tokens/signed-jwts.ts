import type { RecordedRequest } from '../transport/requests.ts'
import type { Accounts, ServiceAccount } from './accounts.ts'
import { decodeJwt } from './jwt.ts'
import type { DecodedJwt } from './jwt.ts'
import type { Secret } from './secrets.ts'

/** Whether a key of the account signed it, be it one that was handed out or the one that Google keeps. */
export function isSignedFor(account: ServiceAccount, jwt: DecodedJwt): boolean {
  return !account.disabled && [...account.keys.values()].some((key) => jwt.isSignedBy(key))
}

const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g

/** JWTs that the owner of a key signed without Google: the world learns of them when they arrive, even where it is made to fail. */
export function findSignedJwts(requests: readonly RecordedRequest[], { findServiceAccount }: Accounts): Secret[] {
  return requests
    .flatMap(({ headers, body }) => `${JSON.stringify(headers)} ${body}`.match(JWT) ?? [])
    .filter((jwt) => findServiceAccount(String(decodeJwt(jwt)?.claims['iss'])) !== undefined)
    .map((value) => ({ kind: 'signed JWT', value }))
}
