import { codeOf } from '../guard/safe-text.ts'
import { HEADER_BYTES } from '../world/http.ts'
import { rejection } from './own-answer.ts'
import type { OwnAnswer } from './own-answer.ts'

/** How long the headers of a request may take, in milliseconds, once its first byte is there. */
export const HEADERS_MS = 60_000

/** Codes of Node's parser, https://github.com/nodejs/llhttp, that have a remedy of their own. */
const REMEDIES: Readonly<Record<string, string>> = {
  HPE_INVALID_URL: 'Percent-encode what a URL cannot hold (RFC 3986, 2.1), as %C3%BC for ü.',
  HPE_INVALID_METHOD: 'Use a method that Node knows (http.METHODS), and http instead of https to this port.'
}

/**
 * The answer to a request that Node's server could not read to its end. Nothing of what the client sent is in it: the parser's reason
 * is a sentence of its own.
 *
 * @param error of the server's event `clientError`
 * @returns undefined where it is the connection that failed
 */
export function answerMalformed(error: Error & { readonly reason?: string }): OwnAnswer | undefined {
  const code = codeOf(error)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return rejection(408, `Its headers were not complete within ${HEADERS_MS / 1_000} s.`)
  }
  if (code === 'HPE_HEADER_OVERFLOW') return rejection(431, `Its headers exceed ${HEADER_BYTES / 1024} KiB.`)
  if (!code.startsWith('HPE_')) return undefined
  const remedy = REMEDIES[code] ?? 'Send a request that every server reads in the same way (RFC 9112).'
  return rejection(400, `Node's HTTP parser says "${error.reason ?? 'Parse Error'}" (${code}). ${remedy}`)
}
