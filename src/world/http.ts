import http from 'node:http'
import https from 'node:https'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { HttpClient } from '@actions/http-client'
import project from '../../package.json' with { type: 'json' }
import { readBody } from './body.ts'
import { ConnectionError, revealCertificate } from './connection.ts'
import { createConnectionPool, type ConnectionOptions } from './connection-pool.ts'
import { codeOf } from '../guard/safe-text.ts'
import type { Secret } from '../guard/secret.ts'
import type { NoAnswer, Outcome } from './outcome.ts'
import type { Http, HttpRequest, Limits } from './request.ts'

/** Far above what servers send; Node's own 16 KiB is below what some proxies let through. */
export const HEADER_BYTES = 256 * 1024

/** Product and version, for the logs of the services that are called: RFC 9110, 10.1.5. */
const USER_AGENT = `google-id-token/${project.version}`

/** HTTP/1.1 over connections that are kept and used again, with every limit in one place. */
export function createHttp(): Http {
  const closing = new AbortController()
  const connections = createConnectionPool(closing.signal)

  async function send(request: HttpRequest, limits: Limits): Promise<Outcome> {
    const start = performance.now()
    const limit = new AbortController()
    const timer = setTimeout(() => {
      limit.abort()
    }, limits.milliseconds)
    const signal = AbortSignal.any([limit.signal, closing.signal])
    let sent = false
    let begun: number | undefined
    let interrupt: (reason: ConnectionError) => void = () => undefined
    // Whatever Node makes of a request that is cut short, it never outlasts its limit.
    const interrupted = new Promise<never>((_resolve, reject) => {
      interrupt = reject
      signal.addEventListener('abort', () => {
        reject(new ConnectionError('ECANCELED', 'the request was given up'))
      })
    })
    interrupted.catch(() => undefined)
    const client = new HttpClient(USER_AGENT, [], { socketTimeout: limits.milliseconds })
    const body = revealBody(request.body)
    // http-client's raw request does one exchange and nothing else: no retry, no redirect, no proxy of its own.
    const info = {
      parsedUrl: request.url,
      httpModule: watched(request.url.protocol === 'http:' ? http : https, {
        // A socket is handed to the request once it is connected, so from there on bytes may travel.
        onSocket: () => (sent = true),
        onUpgrade() {
          interrupt(
            new ConnectionError('EPROTO', 'the answer switches to another protocol (101), which was not asked for')
          )
        }
      }),
      options: {
        method: request.method,
        host: request.url.hostname,
        port: request.url.port,
        path: request.url.pathname + request.url.search,
        headers: {
          'user-agent': client.userAgent ?? USER_AGENT,
          ...contentLength(body),
          ...revealHeaders(request.headers)
        },
        agent: connections.agentFor(request.url),
        maxHeaderSize: HEADER_BYTES,
        signal,
        destination: request,
        connectionSignal: signal,
        // Kept connections are told apart by these as well.
        ...revealCertificate(request.clientCertificate)
      } satisfies ConnectionOptions
    }
    try {
      const { message } = await Promise.race([client.requestRaw(info, toStream(body)), interrupted])
      begun = message.statusCode
      const read = await Promise.race([readBody(message, limits.bodyBytes), interrupted])
      const milliseconds = Math.round(performance.now() - start)
      const status = message.statusCode ?? 0
      return {
        answered: true,
        status,
        headers: joinHeaders(message),
        repeated: findRepeated(message),
        ...read,
        milliseconds
      }
    } catch (error) {
      // Whatever comes from the network or from an abortion has a code; anything else is a defect of ours.
      if (!(error instanceof ConnectionError) && codeOf(error) === 'UNKNOWN') throw error
      const { milliseconds: limitMs, byDeadline = false } = limits
      const within = byDeadline ? `in the ${limitMs} ms that were left before the deadline` : `within ${limitMs} ms`
      const missed = limit.signal.aborted
        ? `no complete answer ${within} (${describeProgress(sent, begun)})`
        : undefined
      return toNoAnswer(error, { missed, sent, milliseconds: Math.round(performance.now() - start) })
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    send,
    prepare: connections.prepare,
    close() {
      closing.abort()
      connections.close()
    }
  }
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

function revealBody(body: HttpRequest['body']): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body
  return new URLSearchParams(
    Object.entries(body).map(([name, value]): [string, string] => [name, reveal(value)])
  ).toString()
}

function contentLength(body: string | Buffer | undefined): http.OutgoingHttpHeaders {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
}

function toStream(body: string | Buffer | undefined): NodeJS.ReadableStream | null {
  return body === undefined ? null : Readable.from([Buffer.from(body)])
}

function joinHeaders(message: http.IncomingMessage): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>
  for (const [name, values] of Object.entries(message.headersDistinct)) headers[name] = (values ?? []).join(', ')
  return headers
}

function findRepeated(message: http.IncomingMessage): Record<string, string[]> {
  const entries = Object.entries(message.headersDistinct).map(([name, values]) => [name, values ?? []] as const)
  return Object.fromEntries(entries.filter(([, values]) => values.length > 1))
}

/** How far a request came. @param status of an answer that began */
function describeProgress(sent: boolean, status: number | undefined): string {
  if (status !== undefined) return `an answer with status ${status} began, and did not end`
  return sent ? 'the request was sent, and no answer began' : 'no connection was made'
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
