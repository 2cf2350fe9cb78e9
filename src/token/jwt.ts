import { isObject, parseJson } from '../guard/json.ts'
import type { JsonObject } from '../guard/json.ts'

/** The claims of a JWT in compact form (RFC 7519, RFC 7515), unverified; undefined where it is none. */
export function decodeClaims(jwt: string): JsonObject | undefined {
  const parts = jwt.split('.')
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) return undefined
  const [header, payload] = parts.slice(0, 2).map((part) => parseJson(Buffer.from(part, 'base64url').toString('utf8')))
  return isObject(header) && isObject(payload) ? payload : undefined
}
