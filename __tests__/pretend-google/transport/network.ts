import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import type { Answer } from './answer.ts'
import { deliver } from './answer.ts'
import type { CertificateAuthority } from './certificates.ts'
import type { Faults } from './faults.ts'
import { listenOnLastingPort } from './ports.ts'
import { answerOrRefuse } from './refusal.ts'
import { readBody, readClock, recordRequest } from './requests.ts'
import type { Call, Handler, RequestEntry } from './requests.ts'

interface NetworkOptions {
  readonly authority: CertificateAuthority
  readonly faults: Faults
  readonly requests: RequestEntry[]
  /** @returns undefined where there is no such host */
  readonly findHandler: (host: string) => Handler | undefined
  /** Milliseconds since the epoch, for the Date header. */
  readonly now: () => number
  /** Simulated duration of one round trip. */
  readonly roundTripMs: number
}

interface Network {
  /** The HTTP proxy through which every host of this world is reached, and none other. */
  readonly proxyUrl: string
  /** Serves plain http on a loopback port of its own; requests and faults know it by `name`, or by that address and port. */
  serve: (handler: Handler, name?: string) => Promise<string>
  /** Refuses every connection to what is served under this URL, for so long. */
  refuse: (url: string, milliseconds: number) => void
  /** @throws what handlers threw */
  close: () => Promise<void>
}

interface Connection {
  readonly host: string
  readonly tcp: Socket
  readonly handler: Handler
}

/** STS and IAM ask for a client certificate, and do without one. */
const ASKS_FOR_CLIENT_CERTIFICATE = /^(sts|iamcredentials)\./

/** Opens the proxy. It ends TLS itself and connects to nothing. */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
  const { authority, faults, requests, findHandler, now, roundTripMs } = options
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const defects: unknown[] = []
  let isClosed = false
  const connections = new WeakMap<Socket, Connection>()

  async function receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = connections.get(message.socket)
    const host = connection?.host ?? message.headers.host ?? ''
    const clientCertificate = message.socket instanceof TLSSocket ? message.socket.getPeerX509Certificate() : undefined
    const entry = recordRequest(requests, host, message, clientCertificate)
    const path = entry.path
    const fault = faults.takeForRequest(host, path)
    const body = await readBody(message)
    entry.body = body.toString('utf8')
    if (roundTripMs > 0) await delay(roundTripMs)

    const url = new URL(path.startsWith('/') ? `https://${host}${path}` : path)
    const { method, headers } = entry
    const call: Call = { host, method, path, url, headers, rawHeaders: message.rawHeaders, body, clientCertificate }
    const answer = await answerWithFault(connection?.handler ?? refuseToProxy, call, fault)
    entry.answer = answer
    response.setHeader('date', new Date(now()).toUTCString())
    entry.answeredAt = readClock()
    entry.answeredStatus = await deliver(answer, response, connection?.tcp ?? message.socket)
  }

  async function answerWithFault(handler: Handler, call: Call, fault: Answer | undefined): Promise<Answer> {
    const replaced = fault?.status !== undefined || fault?.delivery === 'reset' || fault?.delivery === 'silence'
    return replaced ? fault : { ...(await answerOrRefuse(handler, call)), ...fault }
  }

  function onRequest(message: IncomingMessage, response: ServerResponse): void {
    receive(message, response).catch((error: unknown) => {
      // A client that goes away in the middle of its request is no defect of the world.
      if (message.destroyed && !message.complete) return
      defects.push(error)
      message.socket.destroy()
    })
  }

  function onConnect(message: IncomingMessage, tcp: Socket): void {
    const host = (message.url ?? '').replace(/:443$/, '')
    const handler = findHandler(host)
    const fault = faults.takeForConnection(host)
    tcp.on('error', ignore)
    if (handler === undefined || fault === 'refuse') {
      recordRequest(requests, host, message).answeredStatus = 502
      tcp.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n')
      return
    }
    // The handshakes of TCP and TLS take a round trip each.
    setTimeout(() => {
      tcp.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      const tls = new TLSSocket(tcp, {
        isServer: true,
        secureContext: authority.contextFor(fault === 'impostor' ? 'impostor.example' : host),
        requestCert: fault === 'demand' || ASKS_FOR_CLIENT_CERTIFICATE.test(host),
        rejectUnauthorized: fault === 'demand',
        ALPNProtocols: ['http/1.1']
      })
      tls.on('error', ignore)
      if (typeof fault === 'object') tls.once('secure', () => tls.end(fault.unasked))
      connections.set(tls, { host, tcp, handler })
      proxy.emit('connection', tls)
    }, 2 * roundTripMs)
  }

  async function listen(server: Server, name?: string): Promise<string> {
    servers.push(server)
    server.on('request', onRequest)
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.once('close', () => sockets.delete(socket)))
    })
    // One that has a name may have to listen there again.
    if (name === undefined) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    else await listenOnLastingPort(server)
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  const proxy = createServer({ keepAliveTimeout: 60_000 }).on('connect', onConnect)
  return {
    proxyUrl: await listen(proxy),
    async serve(handler, name) {
      const server = createServer()
      const url = await listen(server, name)
      const host = name ?? new URL(url).host
      server.prependListener('connection', (tcp: Socket) => {
        connections.set(tcp, { host, tcp, handler })
        if (faults.takeForConnection(host) !== undefined) tcp.resetAndDestroy()
      })
      return url
    },
    refuse(url, milliseconds) {
      const port = Number(new URL(url).port)
      const server = servers.find((candidate) => (candidate.address() as AddressInfo | null)?.port === port)
      server?.close()
      setTimeout(() => {
        if (!isClosed) server?.listen(port, '127.0.0.1')
      }, milliseconds).unref()
    },
    async close() {
      isClosed = true
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      if (defects.length > 0) throw new AggregateError(defects, 'Handlers of the pretend Google failed.')
    }
  }
}

/** A request for an absolute URL, which a proxy would forward: this one forwards nothing. */
function refuseToProxy(): Answer {
  return { status: 502 }
}

function ignore(): void {
  // Clients may break off whenever they like.
}
