import { isObject, parseJson } from './json.ts'
import type { JsonObject } from './json.ts'
import { safeText } from './safe-text.ts'

/** The claims of a JWT in compact form (RFC 7519, RFC 7515), unverified; undefined where it is none. */
export function decodeClaims(jwt: string): JsonObject | undefined {
  const parts = jwt.split('.')
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) return undefined
  const [header, payload] = parts.slice(0, 2).map((part) => parseJson(Buffer.from(part, 'base64url').toString('utf8')))
  return isObject(header) && isObject(payload) ? payload : undefined
}

/** Claims of GitHub's token to which conditions and mappings of a provider refer. */
export const GITHUB_CLAIMS = [
  'iss',
  'sub',
  'aud',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'ref',
  'environment',
  'event_name',
  'workflow_ref',
  'job_workflow_ref'
] as const

/** Claims for people, one per line; what a condition may miss is shown as MISSING. */
export function describeClaims(claims: JsonObject, names: readonly string[]): string[] {
  return names.map((name) => {
    const value = claims[name]
    return `${name}: ${value === undefined ? 'MISSING' : safeText(typeof value === 'string' ? value : JSON.stringify(value))}`
  })
}
