import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import http from 'node:http'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { codeOf } from '../guard/safe-text.ts'
import type { Secret } from '../guard/secret.ts'
import { ConnectionError, type Trouble } from './outcome.ts'
import { findProxy, type ProxySetting } from './proxy-setting.ts'

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

/**
 * Opens a connection that is ready for a request: after the TLS handshake, and through the proxy that the environment names
 * for the host. Plain `http` is for loopback and link-local addresses alone and never goes through a proxy.
 *
 * Rejects with a `ConnectionError`, or with the signal's reason once it fires.
 */
export async function openConnection(destination: Destination, signal: AbortSignal): Promise<Socket> {
  const { url } = destination
  const secure = url.protocol === 'https:'
  const port = portOf(url)
  const proxy = secure ? findProxy(url) : undefined
  const tcp =
    proxy === undefined
      ? await openTcp(hostOf(url), port, signal)
      : await openTunnel(proxy, `${url.hostname}:${port}`, signal)
  return secure ? await openTls(tcp, hostOf(url), destination, signal) : tcp
}

/** Options of TLS. */
export function revealCertificate(certificate: ClientCertificate | undefined): { cert?: Buffer; key?: string } {
  return certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key.reveal() }
}

/** The host as sockets want it: an IPv6 address without its brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

/** RFC 8305, 5: the recommended delay between two attempts. */
const NEXT_ADDRESS_MS = 250

/** Errors that say less about a host than any other: of one of two address families, on a machine that has only the other. */
const NO_ROUTE = ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']

/**
 * Connects to whichever address of the host answers first. As RFC 8305 says, the next one is tried after a short delay, or as soon
 * as one has failed, while the attempts before it go on. Node's own `autoSelectFamily` gives an address up when it turns to the
 * next, so that a handshake which takes longer than the delay never succeeds.
 */
async function openTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const decided = new AbortController()
  const attempts: Promise<Socket>[] = []
  try {
    for (const { address } of alternateFamilies(await resolve(host))) {
      // Node's agents switch this on for connections of their own; without it, a body that follows its head waits for an acknowledgement.
      const attempt = whenReady(
        connectTcp({ port, host: address, noDelay: true }),
        'connect',
        AbortSignal.any([signal, decided.signal])
      )
      attempts.push(attempt)
      const delay = wait(NEXT_ADDRESS_MS, undefined, { signal: decided.signal }).catch(() => undefined)
      const socket = await Promise.race([Promise.any(attempts), attempt, delay]).catch(() => undefined)
      if (socket !== undefined) break
    }
    const first = await Promise.any(attempts)
    for (const attempt of attempts) attempt.then((socket) => socket === first || socket.destroy(), ignore)
    return first
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof AggregateError)) throw error
    const errors = error.errors as ConnectionError[]
    throw errors.find(({ code }) => !NO_ROUTE.includes(code)) ?? error.errors[0]
  } finally {
    decided.abort()
  }
}

async function resolve(host: string): Promise<readonly LookupAddress[]> {
  try {
    return await lookup(host, { all: true })
  } catch (error) {
    throw explainError(codeOf(error))
  }
}

/** RFC 8305, 4: the families in turn, beginning with the one that the system prefers. */
function alternateFamilies(addresses: readonly LookupAddress[]): readonly LookupAddress[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]?.family)
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family)
  const pairs = preferred.flatMap((address, index) => [address, ...others.slice(index, index + 1)])
  return [...pairs, ...others.slice(preferred.length)]
}

async function openTls(
  socket: Socket,
  host: string,
  { clientCertificate, protocol }: Omit<Destination, 'url'>,
  signal: AbortSignal
): Promise<TLSSocket> {
  try {
    const tls = connectTls({
      socket,
      host,
      // RFC 6066, 3: a literal IP address is no server name.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: [protocol ?? 'http/1.1'],
      ...revealCertificate(clientCertificate)
    })
    return await whenReady(tls, 'secureConnect', signal)
  } catch (error) {
    socket.destroy()
    // A certificate and a key that do not belong together make Node throw before it tries.
    throw error instanceof ConnectionError || signal.aborted ? error : explainError(codeOf(error))
  }
}

/** A tunnel through an HTTP proxy: RFC 9110, 9.3.6. */
async function openTunnel(proxy: ProxySetting, authority: string, signal: AbortSignal): Promise<Socket> {
  const { url, credentials } = proxy
  const connection = await openProxy(url, signal)
  const request = http.request({
    createConnection: () => connection,
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(credentials === undefined ? {} : { 'proxy-authorization': `Basic ${credentials.toString('base64')}` })
    },
    signal
  })
  return await new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      connection.destroy()
      reject(new ConnectionError('PROXY', `the proxy ${url.host} ${what}`, 'proxy'))
    }
    request.once('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode >= 200 && statusCode < 300) resolve(socket)
      else fail(`answered ${statusCode} to CONNECT`)
    })
    request.once('response', () => {
      fail('did not answer CONNECT with a tunnel')
    })
    request.once('error', (error) => {
      fail(`broke off (${codeOf(error)})`)
    })
    request.end()
  })
}

async function openProxy(url: URL, signal: AbortSignal): Promise<Socket> {
  const host = hostOf(url)
  try {
    const tcp = await openTcp(host, portOf(url), signal)
    return url.protocol === 'https:' ? await openTls(tcp, host, {}, signal) : tcp
  } catch (error) {
    throw new ConnectionError('PROXY', `the proxy ${url.host} could not be reached (${codeOf(error)})`, 'proxy')
  }
}

/** @throws {ConnectionError} where the socket fails first; it is destroyed then */
async function whenReady<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal
): Promise<S> {
  // An idle connection may break without harm; a request in flight has its own error listener.
  socket.on('error', ignore)
  try {
    await once(socket, event, { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw signal.aborted ? error : explainError(codeOf(error))
  }
}

function ignore(): void {
  // Said elsewhere, or of no consequence.
}

/** What Node's codes mean; the first that fits. */
const MEANINGS: readonly (readonly [code: RegExp, meaning: string, trouble: Trouble])[] = [
  [/^ECONNREFUSED$/, 'connection refused', 'refusal'],
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'the host name cannot be resolved', 'connection'],
  [/^ECONNRESET$/, 'connection reset', 'connection'],
  [/^(?:EHOSTUNREACH|ENETUNREACH)$/, 'no route to the host', 'connection'],
  // OpenSSL's codes for what its library met, such as ERR_SSL_WRONG_VERSION_NUMBER where the other side does not speak TLS.
  [/^ERR_SSL_|^EPROTO$/, 'the TLS handshake failed', 'handshake'],
  // https://nodejs.org/api/tls.html#x509-certificate-error-codes: CERT_HAS_EXPIRED, SELF_SIGNED_CERT_IN_CHAIN, …
  [
    /CERT|CRL|SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED/,
    'the TLS certificate was not accepted',
    'certificate'
  ]
]

function explainError(code: string): ConnectionError {
  const [, meaning, trouble] = MEANINGS.find(([known]) => known.test(code)) ?? []
  return new ConnectionError(code, `${meaning ?? 'no connection'} (${code})`, trouble)
}
