import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { isObject, parseJson, type JsonObject } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'

/** A JWT in compact form (RFC 7519, RFC 7515), unverified; undefined where it is none. */
export function decodeJwt(jwt: Secret | string): { header: JsonObject; claims: JsonObject } | undefined {
  const parts = (typeof jwt === 'string' ? jwt : jwt.reveal()).split('.')
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) return undefined
  const [header, claims] = parts.slice(0, 2).map((part) => parseJson(Buffer.from(part, 'base64url').toString('utf8')))
  return isObject(header) && isObject(claims) ? { header, claims } : undefined
}

/** A JWT signed with RS256 (RFC 7518, 3.3). */
export function signJwt(header: JsonObject, payload: JsonObject, key: KeyObject): string {
  const parts = [{ alg: 'RS256', typ: 'JWT', ...header }, payload]
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

/** RFC 7518, 3.3: RS256 needs 2048 bits; Google took keys of 1024 once. */
const SHORTEST_KEY_BITS = 1024

/** The RSA key in a PEM; undefined where there is none. OpenSSL's message is dropped: it may tell about the key. */
export function readPrivateKey(pem: Secret): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem.reveal())
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= SHORTEST_KEY_BITS ? key : undefined
  } catch {
    return undefined
  }
}
