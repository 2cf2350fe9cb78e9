import http from 'node:http'
import https from 'node:https'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { HttpClient, type HttpClientResponse } from '@actions/http-client'
import project from '../../package.json' with { type: 'json' }
import { readBody } from './body.ts'
import { revealCertificate } from './connection.ts'
import { createConnectionPool, whenAborted, type ConnectionOptions } from './connection-pool.ts'
import { codeOf } from '../guard/safe-text.ts'
import type { Secret } from '../guard/secret.ts'
import { ConnectionError, type Answer, type NoAnswer } from './outcome.ts'
import type { Http, HttpRequest, Limits } from './request.ts'

/** Far above what servers send; Node's own 16 KiB is below what some proxies let through. */
export const HEADER_BYTES = 256 * 1024

/** Product and version, for the logs of the services that are called: RFC 9110, 10.1.5. */
const USER_AGENT = `google-id-token/${project.version}`

/** With this a request is stopped that took too long. */
const TIMEOUT = new ConnectionError('ETIMEDOUT', 'the request took too long')

/** HTTP/1.1 over connections that are kept and used again, with every limit in one place. */
export function createHttp(): Http {
  const closing = new AbortController()
  const connections = createConnectionPool(closing.signal)
  return {
    async send(request, limits) {
      const start = performance.now()
      const stop = new AbortController()
      const timer = setTimeout(() => {
        stop.abort(TIMEOUT)
      }, limits.milliseconds)
      const signal = AbortSignal.any([stop.signal, closing.signal])
      let sent = false
      let status: number | undefined
      const watcher: Watcher = {
        // A socket is handed to the request once it is connected, so from there on bytes may travel.
        onSocket: () => (sent = true),
        onUpgrade() {
          const what = 'the answer switches to another protocol (101), which was not asked for'
          stop.abort(new ConnectionError('EPROTO', what))
        }
      }
      const agent = connections.agentFor(request.url)
      try {
        const { message } = await untilAborted(signal, exchange(request, agent, signal, limits.milliseconds, watcher))
        status = message.statusCode
        const body = await untilAborted(signal, readBody(message, limits.bodyBytes))
        return { answered: true, ...readHead(message), ...body, milliseconds: elapsedSince(start) }
      } catch (thrown) {
        const error: unknown = signal.aborted ? signal.reason : thrown
        // Whatever comes from the network has a code; anything else is a defect of ours.
        if (!(error instanceof ConnectionError) && codeOf(error) === 'UNKNOWN') throw error
        const missed = error === TIMEOUT ? describeMiss(limits, sent, status) : undefined
        return toNoAnswer(error, { missed, sent, milliseconds: elapsedSince(start) })
      } finally {
        clearTimeout(timer)
      }
    },
    prepare: connections.prepare,
    close() {
      closing.abort(new ConnectionError('ECANCELED', 'the request was given up'))
      connections.close()
    }
  }
}

function elapsedSince(start: number): number {
  return Math.round(performance.now() - start)
}

/** Whatever Node makes of a request that is cut short, it never outlasts its signal. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const result = await Promise.race([work, whenAborted(signal)])
  signal.throwIfAborted()
  return result as T
}

/** http-client's raw request, which does one exchange and nothing else: no retry, no redirect, no proxy of its own. */
async function exchange(
  request: HttpRequest,
  agent: http.Agent,
  signal: AbortSignal,
  socketTimeout: number,
  watcher: Watcher
): Promise<HttpClientResponse> {
  const client = new HttpClient(USER_AGENT, [], { socketTimeout })
  const body = revealBody(request.body)
  const { url: parsedUrl, method, clientCertificate } = request
  const options: ConnectionOptions = {
    method,
    host: parsedUrl.hostname,
    port: parsedUrl.port,
    path: parsedUrl.pathname + parsedUrl.search,
    headers: {
      'user-agent': client.userAgent ?? USER_AGENT,
      ...(body === undefined ? {} : { 'content-length': body.length }),
      ...revealHeaders(request.headers)
    },
    agent,
    maxHeaderSize: HEADER_BYTES,
    signal,
    destination: request,
    connectionSignal: signal,
    // Kept connections are told apart by these as well.
    ...revealCertificate(clientCertificate)
  }
  const httpModule = watched(parsedUrl.protocol === 'http:' ? http : https, watcher)
  return await client.requestRaw({ parsedUrl, httpModule, options }, body === undefined ? null : Readable.from([body]))
}

interface Watcher {
  readonly onSocket: () => void
  readonly onUpgrade: () => void
}

/** `node:http` or `node:https`, as far as http-client uses it, with an eye on each request. */
function watched(module: Pick<typeof https, 'request'>, { onSocket, onUpgrade }: Watcher): typeof https {
  const request = (options: https.RequestOptions, onResponse: (message: http.IncomingMessage) => void) =>
    module
      .request(options, onResponse)
      .once('socket', onSocket)
      .once('upgrade', (_message, socket) => {
        socket.destroy()
        onUpgrade()
      })
  return { request } as typeof https
}

/**
 * What an error of a connection comes to.
 *
 * @param missed the limit that was missed, in words
 */
export function toNoAnswer(
  error: unknown,
  { missed, ...rest }: { readonly missed: string | undefined } & Pick<NoAnswer, 'sent' | 'milliseconds'>
): NoAnswer {
  const { message, trouble } = error instanceof ConnectionError ? error : explainBreak(codeOf(error))
  return { answered: false, timedOut: missed !== undefined, reason: missed ?? message, trouble, ...rest }
}

function revealHeaders(headers: HttpRequest['headers']): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value instanceof Array ? [...value] : reveal(value)])
  )
}

function reveal(value: string | Secret): string {
  return typeof value === 'string' ? value : value.reveal()
}

function revealBody(body: HttpRequest['body']): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  if (typeof body === 'string') return Buffer.from(body)
  const form = Object.entries(body).map(([name, value]): [string, string] => [name, reveal(value)])
  return Buffer.from(new URLSearchParams(form).toString())
}

function readHead({
  statusCode = 0,
  headersDistinct
}: http.IncomingMessage): Pick<Answer, 'status' | 'headers' | 'repeated'> {
  const headers = Object.create(null) as Record<string, string>
  const repeated = Object.create(null) as Record<string, string[]>
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    headers[name] = values.join(', ')
    if (values.length > 1) repeated[name] = values
  }
  return { status: statusCode, headers, repeated }
}

/** How far a request came in its time. @param status of an answer that began */
function describeMiss({ milliseconds, byDeadline = false }: Limits, sent: boolean, status: number | undefined): string {
  const within = byDeadline
    ? `in the ${milliseconds} ms that were left before the deadline`
    : `within ${milliseconds} ms`
  const unsent = sent ? 'the request was sent, and no answer began' : 'no connection was made'
  const progress = status === undefined ? unsent : `an answer with status ${status} began, and did not end`
  return `no complete answer ${within} (${progress})`
}

/** Errors of the network, of an abortion and of a decoder have codes. */
function explainBreak(code: string): ConnectionError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new ConnectionError(code, `the answer's headers exceed ${HEADER_BYTES / 1024} KiB`)
  if (code.startsWith('HPE_')) return new ConnectionError(code, `the answer is not valid HTTP (${code})`)
  if (/^(Z_|ERR__)/.test(code)) return new ConnectionError(code, `the answer's body cannot be decoded (${code})`)
  // TLS 1.3: what a server has against a client's certificate, or that there is none, it says after the handshake.
  if (code.startsWith('ERR_SSL_')) return new ConnectionError(code, `TLS was ended by an alert (${code})`, 'handshake')
  return new ConnectionError(code, `the connection broke off (${code})`)
}
