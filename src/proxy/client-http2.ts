import http2 from 'node:http2'
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Client } from './exchange.ts'
import { sendTrailers } from './http2.ts'
import { headerValues, mapHeaders, toFields } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'

const { constants } = http2

/** What Node ends by itself after the headers: RFC 9110, 6.4.1. */
const WITHOUT_BODY = [204, 205, 304]

/**
 * A request of HTTP/2.
 *
 * @param raw the header fields, the pseudo-fields among them
 */
export function fromHttp2(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  raw: RawHeaders
): Client {
  const method = headers[':method'] ?? ''
  const authority = headers[':authority']
  const fields = mapHeaders(raw, (name, value) => (name.startsWith(':') ? undefined : value))
  // RFC 9113, 8.3.1: one of the two names the host, or both the same.
  const isNamedTwice = headerValues(fields, 'host').join() === authority
  let asked: RawHeaders = []
  stream.once('trailers', (_fields: IncomingHttpHeaders, _flags: number, last?: string[]) => {
    asked = last ?? []
  })
  let trailers: RawHeaders = []
  let isOver = false
  return {
    method,
    target: headers[':path'] ?? '',
    headers: authority === undefined || isNamedTwice ? fields : ['host', authority, ...fields],
    body: (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0 ? stream : undefined,
    trailers: () => asked,
    upgrade: undefined,
    proceed() {
      if (!stream.headersSent && headers.expect !== undefined) stream.additionalHeaders({ ':status': 100 })
    },
    inform({ status, headers: given }) {
      if (stream.headersSent || stream.destroyed) return
      try {
        stream.additionalHeaders({ ':status': status, ...toFields(given) })
      } catch {
        // What Node does not write is left out: the answer itself is still to come.
      }
    },
    respond({ status, headers: answered }, isWhole) {
      const endStream = isWhole || method === 'HEAD' || WITHOUT_BODY.includes(status)
      isOver = endStream
      const head: OutgoingHttpHeaders = { ':status': status, ...toFields(answered) }
      stream.respond(head, endStream ? { endStream } : { waitForTrailers: true })
      stream.once('wantTrailers', () => {
        sendTrailers(stream, trailers)
      })
      return stream
    },
    flush() {
      // Headers of HTTP/2 are sent at once.
    },
    end(last) {
      trailers = last
      if (!isOver) stream.end()
    },
    switchProtocol() {
      throw new Error('no upgrade was asked for')
    },
    abort(code = constants.NGHTTP2_INTERNAL_ERROR) {
      stream.close(code)
    },
    onGone(listener) {
      stream.once('close', listener)
    }
  }
}
