import http2 from 'node:http2'
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  IncomingHttpHeaders,
  OutgoingHttpHeaders
} from 'node:http2'
import { performance } from 'node:perf_hooks'
import { TLSSocket } from 'node:tls'
import { openConnection } from '../world/connection.ts'
import { toNoAnswer } from '../world/http.ts'
import { ConnectionError } from '../world/outcome.ts'
import { ServiceBreak } from './exchange.ts'
import type { Sending, ServiceAnswer, ServiceRequest, ServiceSide } from './exchange.ts'
import { HTTP2_OPTIONS, sendTrailers } from './http2.ts'
import { mapHeaders, toFields } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'
import { describeMiss, startWaitLimit } from './wait-limit.ts'

const { constants } = http2

/** Google's front end takes this many at once on one connection; more would wait for each other. */
const MOST_STREAMS = 100

interface Connection {
  readonly session: ClientHttp2Session
  streams: number
  /** It has answered before. */
  isKept: boolean
}

/** HTTP/2 to the service, for clients that speak it: gRPC needs its trailers. */
export function createHttp2Service(url: URL, timeoutMs: number): ServiceSide {
  const closing = new AbortController()
  const connections = new Set<Connection>()
  let opening: Promise<void> | undefined

  async function open(): Promise<void> {
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal])
    const socket = await openConnection({ url, protocol: 'h2' }, signal)
    if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
      socket.destroy()
      throw new ConnectionError('EPROTO', 'the service does not speak HTTP/2, which gRPC needs', 'handshake')
    }
    const session = http2.connect(url.origin, {
      ...HTTP2_OPTIONS,
      createConnection: () => socket,
      settings: { ...HTTP2_OPTIONS.settings, enablePush: false },
      maxSessionMemory: MOST_STREAMS
    })
    const connection: Connection = { session, streams: 0, isKept: false }
    connections.add(connection)
    // A connection that breaks is no error by itself; its streams have errors of their own.
    session.on('error', () => undefined)
    session.once('close', () => connections.delete(connection))
    session.once('goaway', () => connections.delete(connection))
  }

  async function takeConnection(): Promise<Connection> {
    for (;;) {
      const free = [...connections].find(
        ({ session, streams }) => !session.closed && streams < Math.min(MOST_STREAMS, remoteLimit(session))
      )
      if (free !== undefined) {
        free.streams += 1
        return free
      }
      opening ??= open().finally(() => (opening = undefined))
      await opening
    }
  }

  function send(request: ServiceRequest): Sending {
    const start = performance.now()
    let stream: ClientHttp2Stream | undefined
    let connection: Connection | undefined
    let aborted = false
    let giveUp: (reason: Error) => void = () => undefined
    const missed = new Promise<never>((_resolve, reject) => (giveUp = reject))
    const limit = startWaitLimit(timeoutMs, () => {
      abort()
      giveUp(new Error('missed'))
    })

    function abort(code: number = constants.NGHTTP2_CANCEL): void {
      aborted = true
      stream?.close(code)
    }

    async function exchange(): Promise<ServiceAnswer> {
      connection = await takeConnection()
      const taken = connection
      limit.connected()
      if (aborted) {
        taken.streams -= 1
        throw new Error('aborted')
      }
      const endStream = request.body === undefined
      const sent = beginStream(taken, toHttp2(url, request), { endStream, waitForTrailers: !endStream })
      stream = sent
      sent.once('wantTrailers', () => {
        sendTrailers(sent, request.trailers())
      })
      sent.once('close', () => (taken.streams -= 1))
      return await new Promise((resolve, reject) => {
        let trailers: RawHeaders = []
        sent.once('response', (_headers: IncomingHttpHeaders, flags: number, raw?: string[]) => {
          limit.clear()
          taken.isKept = true
          resolve({
            status: Number(_headers[':status']),
            reason: '',
            headers: withoutPseudo(raw ?? []),
            body: sent,
            trailers: () => trailers,
            isWhole: (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0,
            hasArrived: () => false,
            switched: undefined,
            resetCode: () => (sent.rstCode === constants.NGHTTP2_NO_ERROR ? undefined : sent.rstCode)
          })
        })
        sent.once('trailers', (_headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => (trailers = raw ?? []))
        sent.once('continue', request.onContinue)
        sent.on('headers', (headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
          const status = Number(headers[':status'])
          if (status !== 100) request.onInterim({ status, reason: '', headers: withoutPseudo(raw ?? []) })
        })
        sent.once('finish', limit.bodySent)
        sent.on('error', reject)
        sent.once('close', () => {
          reject(new ConnectionError('ECONNRESET', `the service ended the stream without an answer (${sent.rstCode})`))
        })
        if (request.body === undefined) limit.bodySent()
        else request.body.pipe(sent)
      })
    }

    const answer = Promise.race([exchange(), missed]).catch((error: unknown) => {
      limit.clear()
      const isKept = connection?.isKept === true && !limit.missed()
      const reason = limit.missed() ? describeMiss(timeoutMs) : undefined
      const milliseconds = Math.round(performance.now() - start)
      throw new ServiceBreak(toNoAnswer(error, { missed: reason, sent: stream !== undefined, milliseconds }), isKept)
    })
    return { answer, abort }
  }

  return {
    send,
    close() {
      closing.abort()
      for (const { session } of connections) session.destroy()
    }
  }
}

/** @throws what Node throws where it does not write such a request: then the connection has room for another one. */
function beginStream(
  connection: Connection,
  headers: OutgoingHttpHeaders,
  options: ClientSessionRequestOptions
): ClientHttp2Stream {
  try {
    return connection.session.request(headers, options)
  } catch (error) {
    connection.streams -= 1
    throw error
  }
}

/** Before the service has told its settings, Node has none. */
function remoteLimit({ remoteSettings }: ClientHttp2Session): number {
  return (remoteSettings as { maxConcurrentStreams?: number } | undefined)?.maxConcurrentStreams ?? MOST_STREAMS
}

function toHttp2(url: URL, { method, path, headers, length }: ServiceRequest): OutgoingHttpHeaders {
  const fields = toFields(mapHeaders(headers, (name, value) => (name === 'host' ? undefined : value)))
  return {
    ':method': method,
    ':scheme': url.protocol.slice(0, -1),
    ':authority': url.host,
    ':path': path,
    ...fields,
    // Of this hop: trailers are passed on, and gRPC asks for them. RFC 9113, 8.2.2
    te: 'trailers',
    ...(length === undefined ? {} : { 'content-length': length })
  }
}

function withoutPseudo(raw: RawHeaders): string[] {
  return mapHeaders(raw, (name, value) => (name.startsWith(':') ? undefined : value))
}
