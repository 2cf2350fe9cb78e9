import { credentialsInvalid } from '../failures/credentials.ts'
import { isLocalUrl, type HttpRequest } from '../../world/request.ts'
import { isObject, objectIn, stringIn, type JsonObject } from '../../guard/json.ts'
import type { TokenFormat } from '../../guard/seal.ts'
import { Secret } from '../../guard/secret.ts'

/** Where an external account finds its own token: `credential_source` of the document, checked. https://google.aip.dev/auth/4117 */
export type SubjectTokenSource =
  | { readonly kind: 'file'; readonly path: string; readonly format: TokenFormat }
  | {
      readonly kind: 'url'
      readonly url: URL
      readonly headers: HttpRequest['headers']
      readonly format: TokenFormat
    }
  | {
      readonly kind: 'executable'
      readonly command: string
      readonly timeoutMs: number
      readonly outputFile: string | undefined
    }
  | { readonly kind: 'aws' | 'certificate'; readonly raw: JsonObject }

/** https://google.aip.dev/auth/4117#determining-the-subject-token-in-executable-sourced-credentials */
const EXECUTABLE_TIMEOUT_MS = 30_000

/**
 * @throws {Failure} CREDENTIALS_INVALID
 */
export function readSubjectTokenSource(raw: JsonObject, origin: string): SubjectTokenSource {
  const environment = stringIn(raw, 'environment_id')
  if (environment !== undefined) {
    if (environment !== 'aws1') throw broken(origin, '"environment_id" of "credential_source" is not "aws1"')
    if (stringIn(raw, 'regional_cred_verification_url') === undefined) {
      throw broken(origin, '"regional_cred_verification_url" of "credential_source" is missing')
    }
    for (const name of ['region_url', 'url', 'imdsv2_session_token_url']) {
      if (raw[name] !== undefined) sourceUrl(raw, name, origin)
    }
    return { kind: 'aws', raw }
  }
  if (isObject(raw['certificate'])) return { kind: 'certificate', raw }
  if (isObject(raw['executable'])) return readExecutable(raw['executable'], origin)
  const path = stringIn(raw, 'file')
  if (path !== undefined) return { kind: 'file', path, format: readFormat(raw, origin) }
  if (raw['url'] !== undefined) {
    const headers = Object.entries(objectIn(raw, 'headers')).filter(
      (entry): entry is [string, string | Secret] => typeof entry[1] === 'string' || entry[1] instanceof Secret
    )
    return {
      kind: 'url',
      url: sourceUrl(raw, 'url', origin),
      headers: Object.fromEntries(headers),
      format: readFormat(raw, origin)
    }
  }
  throw broken(origin, '"credential_source" names no file, url, executable, certificate or AWS environment')
}

/** Any `https` host, or plain `http` where it stays on the machine: the identity provider's, which never sees a Google token. */
function sourceUrl(raw: JsonObject, name: string, origin: string): URL {
  const value = stringIn(raw, name) ?? ''
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined) throw broken(origin, `"${name}" of "credential_source" is not a URL`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLocalUrl(url))) return url
  throw credentialsInvalid(
    origin,
    `"${name}" of "credential_source" points to ${url.origin === 'null' ? url.protocol : url.origin}, which is neither https nor a loopback or link-local address`,
    'plain http'
  )
}

function readFormat(raw: JsonObject, origin: string): TokenFormat {
  const format = objectIn(raw, 'format')
  const type = stringIn(format, 'type') ?? 'text'
  if (type === 'text') return { type }
  const field = stringIn(format, 'subject_token_field_name')
  if (type === 'json' && field !== undefined) return { type, field }
  throw broken(origin, '"format" of "credential_source" is neither text nor json with a "subject_token_field_name"')
}

function readExecutable(raw: JsonObject, origin: string): SubjectTokenSource {
  const command = stringIn(raw, 'command')
  if (command === undefined) throw broken(origin, '"command" of "executable" is missing')
  const timeoutMs = raw['timeout_millis'] ?? EXECUTABLE_TIMEOUT_MS
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 5_000 && timeoutMs <= 120_000)) {
    throw broken(origin, '"timeout_millis" of "executable" is not between 5000 and 120000')
  }
  return { kind: 'executable', command, timeoutMs, outputFile: stringIn(raw, 'output_file') }
}

function broken(origin: string, problem: string): Error {
  return credentialsInvalid(origin, problem, 'external account')
}
