import type { TokenKind } from '../token/id-token.ts'
import { quoteValue } from '../guard/safe-text.ts'
import { readEach } from './complaints.ts'
import { inputInvalid } from './failures.ts'
import { parseLines } from './values.ts'

/** The kind of a token that Identity-Aware Proxy is to read; undefined of every other one. */
export type IapToken = TokenKind | undefined

/** What a request carries besides the token, and in which header the token travels. */
export interface RequestHeaders {
  /** As the author wrote them; a name that stands more than once has all its values. */
  readonly own: Readonly<Record<string, readonly string[]>>
  readonly tokenHeader: TokenHeader
}

/** https://cloud.google.com/run/docs/authenticating/service-to-service, https://cloud.google.com/iap/docs/authentication-howto */
export const TOKEN_HEADERS = ['Authorization', 'X-Serverless-Authorization', 'Proxy-Authorization'] as const
export type TokenHeader = (typeof TOKEN_HEADERS)[number]

/** They frame the message (RFC 9112, 6 and 9) or choose another service behind the same front end. */
const FRAMING_HEADERS = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
]

/**
 * @param lines `Name: value`, one per line
 * @param tokenHeader empty for the one that fits
 * @param forIap the kind of a token that is for Identity-Aware Proxy
 * @throws {Failure | AggregateError} INPUT_INVALID
 */
export function parseHeaders(lines: string, tokenHeader: string, forIap?: IapToken): RequestHeaders {
  const own = Object.create(null) as Record<string, string[]>
  const headers = readEach(parseLines(lines), (line) => {
    const { name, value } = parseHeaderLine('headers', line)
    if (FRAMING_HEADERS.includes(name.toLowerCase())) {
      throw inputInvalid(
        'headers',
        `${quoteValue(name)} is set by HTTP itself`,
        `Leave ${quoteValue(name)} out of headers.`
      )
    }
    // RFC 9110, 5.5: visible characters, blanks and the upper half of Latin-1.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw inputInvalid(
        'headers',
        `the value of ${quoteValue(name)} has characters that no header can carry`,
        'Encode the value, for example as base64.'
      )
    }
    return { name, value }
  })
  for (const { name, value } of headers) {
    const written = Object.keys(own).find((known) => known.toLowerCase() === name.toLowerCase()) ?? name
    ;(own[written] ??= []).push(value)
  }
  const repeated = TOKEN_HEADERS.find((name) => (valuesOf(own, name)?.length ?? 0) > 1)
  if (repeated !== undefined) {
    throw inputInvalid(
      'headers',
      `${repeated} stands there more than once, which Google refuses`,
      `Set ${repeated} once.`
    )
  }
  return { own, tokenHeader: chooseTokenHeader(own, tokenHeader, forIap) }
}

function chooseTokenHeader(own: RequestHeaders['own'], wanted: string, forIap: IapToken): TokenHeader {
  if (wanted === '') {
    // Identity-Aware Proxy does not read X-Serverless-Authorization.
    const other = forIap !== undefined ? 'Proxy-Authorization' : 'X-Serverless-Authorization'
    const header = valuesOf(own, 'Authorization') === undefined ? 'Authorization' : other
    if (valuesOf(own, header) === undefined) return header
    throw inputInvalid(
      'headers',
      `both Authorization and ${header} are set, so no header is left for the token`,
      'Leave one out.'
    )
  }
  const header = TOKEN_HEADERS.find((name) => name.toLowerCase() === wanted.toLowerCase())
  if (header === undefined) {
    throw inputInvalid('token_header', `${quoteValue(wanted)} carries no token`, `Use ${TOKEN_HEADERS.join(', ')}.`, [
      'token_header: X-Serverless-Authorization'
    ])
  }
  if (header === 'X-Serverless-Authorization' && forIap === 'iap_jwt') {
    throw inputInvalid(
      'token_header',
      'Identity-Aware Proxy does not read X-Serverless-Authorization, and token: iap_jwt is for it',
      'Leave token_header empty, or use Proxy-Authorization.',
      ['token_header: Proxy-Authorization']
    )
  }
  if (valuesOf(own, header) === undefined) return header
  throw inputInvalid('token_header', `${header} is set in headers too`, 'Use another header for one of the two.')
}

/** Whether an audience is an OAuth client id, which is what Identity-Aware Proxy expects in an ID token. */
export function isOAuthClient(audience: string): boolean {
  return audience.endsWith('.apps.googleusercontent.com')
}

function valuesOf(headers: RequestHeaders['own'], name: string): readonly string[] | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

/** `Name: value`; only the first colon counts. */
export function parseHeaderLine(input: string, line: string): { name: string; value: string } {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon)).trim()
  // RFC 9110, 5.1: a token.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    // Of several words the last may be a secret, which cut out of its line would pass the runner's mask.
    throw inputInvalid(
      input,
      `${/^\S+$/.test(line) ? quoteValue(line) : 'a line'} is not of the form "Name: value"`,
      'Write one header per line, as Accept: application/json.',
      [`${input}: |`, '  Content-Type: application/json', '  X-Request-Id: smoke']
    )
  }
  return { name, value: line.slice(colon + 1).trim() }
}
