import { sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { parseObject } from '../transport/json.ts'
import type { JsonObject } from '../transport/json.ts'
import type { SigningKey } from './keys.ts'

export type Claims = JsonObject

export interface DecodedJwt {
  readonly header: Claims
  readonly claims: Claims
  /** Whether this key signed it, with RS256 and nothing else. */
  readonly isSignedBy: (key: KeyObject) => boolean
}

/** RFC 7515, compact serialization with RS256. */
export function signJwt(claims: Claims, key: SigningKey): string {
  const header = { alg: 'RS256', kid: key.id, typ: 'JWT' }
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key.privateKey).toString('base64url')}`
}

/** @returns undefined where the text is no JWT */
export function decodeJwt(jwt: string): DecodedJwt | undefined {
  const parts = jwt.split('.')
  const [header, claims] = parts.slice(0, 2).map(decodePart)
  if (parts.length !== 3 || header === undefined || claims === undefined) return undefined
  const signed = Buffer.from(jwt.slice(0, jwt.lastIndexOf('.')))
  const signature = Buffer.from(parts[2] ?? '', 'base64url')
  return {
    header,
    claims,
    isSignedBy: (key) => header['alg'] === 'RS256' && verify('RSA-SHA256', signed, key, signature)
  }
}

function decodePart(part: string): Claims | undefined {
  return parseObject(Buffer.from(part, 'base64url').toString('utf8'))
}

/** A claim that may hold one string or several, such as aud: RFC 7519, 4.1.3. */
export function stringsIn(claim: unknown): readonly string[] {
  return (Array.isArray(claim) ? claim : [claim]).filter((value) => typeof value === 'string')
}
