import http from 'node:http'
import https from 'node:https'
import { isIP, connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { getProxyUrl } from '@actions/http-client'
import { codeOf } from '../guard/safe-text.ts'
import type { Secret } from '../guard/secret.ts'
import type { Trouble } from './outcome.ts'

/** A client certificate and its key, for mutual TLS, in PEM. */
export interface ClientCertificate {
  readonly cert: Buffer
  readonly key: Secret
}

export interface Destination {
  readonly url: URL
  readonly clientCertificate?: ClientCertificate | undefined
  /** By its name in ALPN (RFC 7301); HTTP/1.1 where none is named. */
  readonly protocol?: 'h2'
}

/** No connection came about, or what came over it was no answer. Message and `code` are safe to show. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: string
  readonly trouble: Trouble

  constructor(code: string, message: string, trouble: Trouble = 'connection') {
    super(message)
    this.code = code
    this.trouble = trouble
  }
}

/**
 * Opens a connection that is ready for a request: after the TLS handshake, and through the proxy that `HTTPS_PROXY` names
 * unless `NO_PROXY` excludes the host (the toolkit's rules, so that the action agrees with every other action). Plain `http`
 * is for loopback and link-local addresses alone and never goes through a proxy.
 *
 * Rejects with a `ConnectionError`, or with the signal's reason once it fires.
 */
export async function openConnection(destination: Destination, signal: AbortSignal): Promise<Socket> {
  const { url } = destination
  const secure = url.protocol === 'https:'
  const port = Number(url.port || (secure ? 443 : 80))
  const host = hostOf(url)
  const proxy = secure ? findProxy(url) : undefined

  const tcp = proxy === undefined ? openTcp(host, port, signal) : openTunnel(proxy, url.hostname, port, signal)
  return secure ? await openTls(await tcp, host, destination, signal) : await tcp
}

/** The toolkit takes "proxy.example:3128" for a URL of its own scheme, where curl and others take http. */
function findProxy(url: URL): URL | undefined {
  const named = getProxyUrl(url.href)
  if (named === '') return undefined
  const proxy = new URL(/^[\w.-]+:\d+\/?$/.test(named) ? `http://${named}` : named)
  if (proxy.protocol === 'http:' || proxy.protocol === 'https:') return proxy
  throw new ConnectionError(
    'PROXY',
    `the proxy in HTTPS_PROXY is one for ${proxy.protocol}, and not for http:`,
    'proxy'
  )
}

/** Options of TLS. */
export function revealCertificate(certificate: ClientCertificate | undefined): { cert?: Buffer; key?: string } {
  return certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key.reveal() }
}

/** The host as sockets want it: an IPv6 address without its brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

async function openTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port, autoSelectFamily: true })
  return await untilReady(socket, 'connect', signal)
}

async function openTls(
  socket: Socket,
  host: string,
  { clientCertificate, protocol }: Omit<Destination, 'url'>,
  signal: AbortSignal
): Promise<TLSSocket> {
  const tls = connectTls({
    socket,
    host,
    // RFC 6066, 3: a literal IP address is no server name.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: [protocol ?? 'http/1.1'],
    ...revealCertificate(clientCertificate)
  })
  return await untilReady(tls, 'secureConnect', signal)
}

/** A tunnel through an HTTP proxy: RFC 9110, 9.3.6. */
async function openTunnel(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const authority = `${host}:${port}`
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  const request = (proxy.protocol === 'https:' ? https : http).request({
    host: hostOf(proxy),
    port: proxy.port,
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: {
      host: authority,
      ...(credentials === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` })
    },
    signal
  })
  return await new Promise((resolve, reject) => {
    request.once('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) {
        resolve(socket)
        return
      }
      socket.destroy()
      reject(
        new ConnectionError(
          'PROXY',
          `the proxy ${proxy.host} answered ${response.statusCode ?? 'nothing'} to CONNECT`,
          'proxy'
        )
      )
    })
    request.once('response', (response) => {
      response.destroy()
      reject(new ConnectionError('PROXY', `the proxy ${proxy.host} did not answer CONNECT with a tunnel`, 'proxy'))
    })
    request.once('error', (error) => {
      reject(new ConnectionError('PROXY', `the proxy ${proxy.host} could not be reached (${codeOf(error)})`, 'proxy'))
    })
    request.end()
  })
}

async function untilReady<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal
): Promise<S> {
  const abort = (): void => {
    socket.destroy(new Error('aborted'))
  }
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(event, resolve)
      socket.once('error', (error) => {
        reject(explainError(codeOf(error)))
      })
      socket.once('close', () => {
        reject(new ConnectionError('ECONNRESET', 'the connection was closed before it was ready'))
      })
    })
  } finally {
    signal.removeEventListener('abort', abort)
  }
  // A connection may break while nobody uses it, which is nobody's error; whoever uses it listens as well.
  socket.on('error', () => undefined)
  return socket
}

function explainError(code: string): ConnectionError {
  switch (code) {
    case 'ECONNREFUSED':
      return new ConnectionError(code, `connection refused (${code})`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConnectionError(code, `the host name cannot be resolved (${code})`)
    case 'ECONNRESET':
      return new ConnectionError(code, `connection reset (${code})`)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new ConnectionError(code, `no route to the host (${code})`)
    default:
      // OpenSSL's codes for what its library met, such as ERR_SSL_WRONG_VERSION_NUMBER where nobody speaks TLS.
      if (/^ERR_SSL_|^EPROTO$/.test(code)) {
        return new ConnectionError(code, `the TLS handshake failed (${code})`, 'handshake')
      }
      // https://nodejs.org/api/tls.html#x509-certificate-error-codes: CERT_HAS_EXPIRED, SELF_SIGNED_CERT_IN_CHAIN, …
      return /CERT|CRL|SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED/.test(code)
        ? new ConnectionError(code, `the TLS certificate was not accepted (${code})`, 'certificate')
        : new ConnectionError(code, `no connection (${code})`)
  }
}
