import { createServer as createHttp1Server } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { codeOf } from '../guard/safe-text.ts'
import { HEADER_BYTES } from '../world/http.ts'
import { formatHead, fromHttp1, fromUpgrade, maySwitch } from './client-http1.ts'
import { fromHttp2 } from './client-http2.ts'
import type { Client } from './exchange.ts'
import { answerMalformed, HEADERS_MS } from './malformed-request.ts'
import { rejection } from './own-answer.ts'
import type { OwnAnswer } from './own-answer.ts'
import type { MayConnect } from './peer.ts'
import type { RawHeaders } from './raw-headers.ts'
import { HTTP2_OPTIONS } from './http2.ts'

/** With these bytes every connection of HTTP/2 begins: RFC 9113, 3.4. No request of HTTP/1.1 does. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A connection that says nothing: browsers open some ahead of time. */
const SILENT_MS = 2 * 60_000

/** Clients keep connections too, and a request must not meet the end of one. */
const KEPT_MS = 60 * 60_000

/** The same port on ::1 may belong to another program. */
const MOST_PORTS = 20

export interface Handlers {
  readonly onHttp1: (client: Client) => void
  readonly onHttp2: (client: Client) => void
  /** Is told the status with which a client was turned away that has made no request, or none that could be read. */
  readonly onTurnedAway: (status: number) => void
  readonly mayConnect: MayConnect
}

export interface Listening {
  readonly port: number
  /** Ends every connection. */
  readonly close: () => void
}

/** A port is not free. */
export class PortError extends Error {
  override readonly name = 'PortError'
  readonly code: string

  constructor(code: string) {
    super(`no port (${code})`)
    this.code = code
  }
}

/**
 * Listens on 127.0.0.1 and, where the system has it, on ::1, for HTTP/1.1 and HTTP/2 on one port.
 *
 * @param port 0 for a free one
 * @throws {PortError}
 */
export async function listen(port: number, handlers: Handlers): Promise<Listening> {
  const sockets = new Set<Socket>()
  const receive = createReceiver(handlers)
  const servers = await openServers(port)
  const [first] = servers
  const address = first?.address()
  if (address === null || typeof address !== 'object') throw new Error('no address')
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.once('close', () => sockets.delete(socket)))
      socket.on('error', () => undefined)
      receive(socket)
    })
  }
  return {
    port: address.port,
    close() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

async function openServers(port: number): Promise<readonly Server[]> {
  for (let attempt = 1; ; attempt += 1) {
    const ipv4 = await open('127.0.0.1', port)
    const address = ipv4.address()
    const chosen = typeof address === 'object' ? (address?.port ?? 0) : 0
    try {
      return [ipv4, await open('::1', chosen)]
    } catch (error) {
      // A machine without IPv6 has no other program there either.
      if (!(error instanceof PortError) || error.code !== 'EADDRINUSE') return [ipv4]
      ipv4.close()
      // "localhost" would lead some clients to the other program.
      if (port !== 0 || attempt === MOST_PORTS) throw error
    }
  }
}

async function open(host: string, port: number): Promise<Server> {
  // Node's HTTP switches this on for its own connections; without it, small answers wait for acknowledgements.
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true })
  return await new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new PortError(codeOf(error)))
    })
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
      resolve(server)
    })
  })
}

/** Finds out which version of HTTP a connection speaks, and hands it over. */
function createReceiver({ onHttp1, onHttp2, onTurnedAway, mayConnect }: Handlers): (socket: Socket) => void {
  const http1 = createHttp1Server({
    // Node's defaults would cut slow uploads, and idle connections just when a client uses them again.
    requestTimeout: 0,
    // Without that limit, Node has none for headers either.
    headersTimeout: HEADERS_MS,
    keepAliveTimeout: KEPT_MS,
    maxHeaderSize: HEADER_BYTES,
    // Node would answer for us.
    requireHostHeader: false,
    shouldUpgradeCallback: maySwitch
  })
  // Node would leave out what is beyond.
  http1.maxHeadersCount = 0
  // Of a server that does not listen itself, this begins to hold requests to the limit for their headers.
  http1.emit('listening')
  /** The newest exchange of each connection. */
  const newest = new WeakMap<Socket, ServerResponse>()
  // What is to be expected of the service is for the service to say.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    http1.on(event, (request: IncomingMessage, response: ServerResponse) => {
      newest.set(request.socket, response)
      onHttp1(fromHttp1(request, response))
    })
  }
  for (const event of ['upgrade', 'connect']) {
    http1.on(event, (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const before = newest.get(socket)
      if (before === undefined || (before.writableFinished && before.socket === null)) {
        onHttp1(fromUpgrade(request, socket, head))
        return
      }
      // The connection still belongs to that answer.
      refuse(socket, rejection(400, 'A request that asks for another protocol has to wait for the answers before it.'))
    })
  }

  http1.on('clientError', (error: Error, socket: Socket) => {
    const answer = answerMalformed(error)
    if (answer === undefined) socket.destroy()
    // The parser reports every piece that still comes.
    else if (socket.writable) refuse(socket, answer)
  })

  function refuse(socket: Socket, answer: OwnAnswer): void {
    const response = newest.get(socket)
    if (response?.req.complete === false) {
      // Its body is what cannot be read. It is answered unless its answer has begun, or another one has to come first.
      if (response.socket === socket && !response.headersSent) socket.write(format(answer))
      socket.destroySoon()
      return
    }
    if (response === undefined || response.writableFinished) turnAwayNow()
    else {
      // What came before is answered first.
      socket.pause()
      response.once('close', turnAwayNow)
    }

    function turnAwayNow(): void {
      if (!socket.writable) return
      turnAway(socket, answer)
      onTurnedAway(answer.status)
    }
  }

  const http2 = createHttp2Server(HTTP2_OPTIONS)
  http2.on('session', (session: ServerHttp2Session) => {
    session.on('error', () => undefined)
  })
  http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: RawHeaders) => {
    stream.on('error', () => undefined)
    onHttp2(fromHttp2(stream, headers, flags, raw))
  })

  function sniff(socket: Socket): void {
    let seen = Buffer.alloc(0)
    socket.setTimeout(SILENT_MS, () => {
      socket.destroy()
    })
    socket.on('data', look)
    socket.once('end', end)
    socket.resume()

    function look(chunk: Buffer): void {
      seen = Buffer.concat([seen, chunk])
      const isPreface = PREFACE.subarray(0, seen.length).equals(seen.subarray(0, PREFACE.length))
      if (isPreface && seen.length < PREFACE.length) return
      socket.off('data', look).off('end', end).setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.pause()
      socket.unshift(seen)
      // HTTP/2 takes what is there by itself.
      if (isPreface) http2.emit('connection', socket)
      else {
        http1.emit('connection', socket)
        socket.resume()
      }
    }

    function end(): void {
      socket.destroy()
    }
  }

  return (socket) => {
    socket.setMaxListeners(0)
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
    // As the client's socket has them: its own end first.
    mayConnect({
      localAddress: remoteAddress,
      localPort: remotePort,
      remoteAddress: localAddress,
      remotePort: localPort
    }).then(
      (mayUse) => {
        if (mayUse) {
          if (!socket.destroyed) sniff(socket)
          return
        }
        const answer = rejection(
          403,
          'Another user of this machine started this proxy; it serves that user and root only.'
        )
        turnAway(socket, answer)
        onTurnedAway(answer.status)
      },
      () => socket.destroy()
    )
  }
}

/** What the client still sends has to be read, or the end of the connection would take the answer with it: RFC 9112, 9.6. */
function turnAway(socket: Socket, answer: OwnAnswer): void {
  setTimeout(() => socket.destroy(), TURNED_AWAY_MS).unref()
  socket.resume()
  socket.end(format(answer))
}

const TURNED_AWAY_MS = 5_000

function format({ status, reason, headers, body }: OwnAnswer): Buffer {
  return Buffer.concat([Buffer.from(formatHead(status, reason, [...headers, 'Connection', 'close']), 'latin1'), body])
}
