import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { pipeline, Readable } from 'node:stream'
import type { Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { HttpClient } from '@actions/http-client'
import { codeOf, ConnectionError, openConnection } from './connection.ts'
import type { ClientCertificate, Destination } from './connection.ts'

export interface HttpRequest {
  readonly method: string
  /** `https`, or `http` where the caller has made sure that the host is loopback or link-local. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer
  readonly clientCertificate?: ClientCertificate | undefined
}

export interface Limits {
  /** From connecting to the last byte of the body. */
  readonly milliseconds: number
  /** What is kept of the decoded body; where it is longer, the connection is closed there. */
  readonly bodyBytes: number
}

/** A complete answer, whatever its status, or the first `bodyBytes` of one. */
export interface Answer {
  readonly answered: true
  readonly status: number
  /** By lower-case name; repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The body was longer than the limit. */
  readonly truncated: boolean
  readonly milliseconds: number
}

/** No answer, or one that broke off. */
export interface NoAnswer {
  readonly answered: false
  readonly timedOut: boolean
  /** Safe to show. */
  readonly reason: string
  /** Whether anything of the request may have reached the other side. */
  readonly sent: boolean
  readonly milliseconds: number
}

export type Outcome = Answer | NoAnswer

/** Sends one request. Not getting an answer is an outcome too, and no rejection. Redirects are never followed. */
export type Send = (request: HttpRequest, limits: Limits) => Promise<Outcome>

export interface Http {
  readonly send: Send
  /** Opens a connection that a later request to the same origin will use. That it fails is no error until then. */
  readonly prepare: (url: URL) => void
  /** Ends whatever is still under way, so that nothing keeps the process alive. */
  readonly close: () => void
}

/** Far above what servers send; Node's own 16 KiB is below what some proxies let through. */
const HEADER_BYTES = 256 * 1024

/** http-client's idle limit must never act before ours: this is the longest that one of Node's timers can wait. */
const NO_IDLE_LIMIT_MS = 2 ** 31 - 1

/** HTTP/1.1 over connections that are kept and used again, with every limit in one place. */
export function createHttp(): Http {
  const client = new HttpClient('google-id-token', [], { socketTimeout: NO_IDLE_LIMIT_MS })
  const closing = new AbortController()
  const prepared = new Map<string, Promise<Socket>[]>()
  const agents = {
    tls: withOwnConnections(new https.Agent({ keepAlive: true }), takeOrOpen),
    plain: withOwnConnections(new http.Agent({ keepAlive: true }), takeOrOpen)
  }

  async function takeOrOpen(destination: Destination, signal: AbortSignal): Promise<Socket> {
    // A certificate is shown while a connection opens, so that one which was opened without it is of no use.
    const waiting =
      destination.clientCertificate === undefined ? prepared.get(destination.url.origin)?.shift() : undefined
    const socket = await waiting?.catch(() => undefined)
    return socket === undefined || socket.destroyed || socket.readableEnded
      ? await openConnection(destination, signal)
      : socket
  }

  async function send(request: HttpRequest, limits: Limits): Promise<Outcome> {
    const start = performance.now()
    const limit = new AbortController()
    const timer = setTimeout(() => {
      limit.abort()
    }, limits.milliseconds)
    const signal = AbortSignal.any([limit.signal, closing.signal])
    let sent = false
    const isPlain = request.url.protocol === 'http:'
    const plainOrTls = isPlain ? http : https
    // http-client's raw request does one exchange and nothing else: no retry, no redirect, no proxy of its own.
    const httpModule = {
      ...plainOrTls,
      // A socket is handed to the request once it is connected, so from there on bytes may travel.
      request: (options: https.RequestOptions, onResponse: (message: http.IncomingMessage) => void) =>
        plainOrTls.request(options, onResponse).once('socket', () => (sent = true))
    } as typeof https
    const options: ConnectionOptions = {
      method: request.method,
      host: request.url.hostname,
      port: request.url.port,
      path: request.url.pathname + request.url.search,
      headers: {
        'user-agent': client.userAgent ?? '',
        ...contentLength(request.body),
        ...copyHeaders(request.headers)
      },
      agent: isPlain ? agents.plain : agents.tls,
      maxHeaderSize: HEADER_BYTES,
      signal,
      destination: request,
      connectionSignal: signal,
      // Kept connections are told apart by these as well.
      ...request.clientCertificate
    }
    try {
      const { message } = await client.requestRaw(
        { parsedUrl: request.url, httpModule, options },
        toStream(request.body)
      )
      const read = await readBody(message, limits.bodyBytes)
      const milliseconds = Math.round(performance.now() - start)
      return { answered: true, status: message.statusCode ?? 0, headers: joinHeaders(message), ...read, milliseconds }
    } catch (error) {
      // Whatever comes from the network or from an abortion has a code; anything else is a defect of ours.
      if (!(error instanceof ConnectionError) && codeOf(error) === 'UNKNOWN') throw error
      const timedOut = limit.signal.aborted
      const reason = timedOut ? `no complete answer within ${limits.milliseconds} ms` : describeBreak(error)
      return { answered: false, timedOut, reason, sent, milliseconds: Math.round(performance.now() - start) }
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    send,
    prepare({ href, origin }) {
      const opening = openConnection({ url: new URL(href) }, closing.signal)
      // Whoever needs it will see that it failed.
      opening.catch(() => undefined)
      prepared.set(origin, [...(prepared.get(origin) ?? []), opening])
    },
    close() {
      closing.abort()
      for (const opening of [...prepared.values()].flat())
        opening.then(
          (socket) => socket.destroy(),
          () => undefined
        )
      for (const agent of Object.values(agents)) agent.destroy()
    }
  }
}

interface ConnectionOptions extends https.RequestOptions {
  destination: Destination
  /** Node keeps `signal` from agents. */
  connectionSignal: AbortSignal
}

/** Lets an agent keep connections as usual, but open them our way. */
function withOwnConnections<A extends http.Agent>(agent: A, open: typeof openConnection): A {
  agent.createConnection = (options, callback) => {
    const { destination, connectionSignal } = options as ConnectionOptions
    open(destination, connectionSignal).then(
      (socket) => callback?.(null, socket),
      (error: unknown) =>
        callback?.(error instanceof Error ? error : new Error('no connection'), undefined as unknown as Duplex)
    )
    return undefined
  }
  return agent
}

function copyHeaders(headers: HttpRequest['headers']): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])
  )
}

function contentLength(body: string | Buffer | undefined): http.OutgoingHttpHeaders {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
}

function toStream(body: string | Buffer | undefined): NodeJS.ReadableStream | null {
  return body === undefined ? null : Readable.from([Buffer.from(body)])
}

/**
 * Reads at most `limit` bytes of the decoded body and closes the connection behind them. Iterating, unlike http-client's
 * `readBody`, rejects when the connection breaks before the body's end.
 */
async function readBody(message: http.IncomingMessage, limit: number): Promise<Pick<Answer, 'body' | 'truncated'>> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of decode(message)) {
    const bytes = chunk as Buffer
    chunks.push(bytes)
    length += bytes.length
    if (length > limit) break
  }
  return { body: Buffer.concat(chunks).subarray(0, limit), truncated: length > limit }
}

/** Undoes the content codings of RFC 9110, 8.4.1, piece by piece, so that a small body cannot unfold into a large one at once. */
function decode(message: http.IncomingMessage): Readable {
  const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress }
  const coding = message.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (!Object.hasOwn(decoders, coding)) return message
  const decoder = decoders[coding as keyof typeof decoders]()
  // The error reaches whoever reads from the decoder.
  return pipeline(message, decoder, () => undefined)
}

function joinHeaders(message: http.IncomingMessage): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>
  for (const [name, values] of Object.entries(message.headersDistinct)) headers[name] = (values ?? []).join(', ')
  return headers
}

function describeBreak(error: unknown): string {
  if (error instanceof ConnectionError) return error.message
  const code = codeOf(error)
  if (code === 'HPE_HEADER_OVERFLOW') return `the answer's headers exceed ${HEADER_BYTES / 1024} KiB`
  if (code.startsWith('HPE_')) return `the answer is not valid HTTP (${code})`
  if (code.startsWith('Z_') || code.startsWith('ERR__')) return `the answer's body cannot be decoded (${code})`
  return `the connection broke off (${code})`
}
