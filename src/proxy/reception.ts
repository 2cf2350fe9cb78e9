import { createServer } from 'node:http2'
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { fromHttp2 } from './client-http2.ts'
import type { Client } from './exchange.ts'
import { HTTP2_OPTIONS } from './http2.ts'
import { rejection } from './own-answer.ts'
import type { MayConnect } from './peer.ts'
import type { RawHeaders } from './raw-headers.ts'
import { createHttp1Server, turnAway } from './server-http1.ts'

/** With these bytes every connection of HTTP/2 begins: RFC 9113, 3.4. No request of HTTP/1.1 does. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A connection that says nothing: browsers open some ahead of time. */
const SILENT_MS = 2 * 60_000

export interface Handlers {
  readonly onHttp1: (client: Client) => void
  readonly onHttp2: (client: Client) => void
  /** Is told the status with which a client was turned away that has made no request, or none that could be read. */
  readonly onTurnedAway: (status: number) => void
  readonly mayConnect: MayConnect
}

/** Finds out whether a connection may be here and which version of HTTP it speaks, and hands it over. */
export function createReception({ onHttp1, onHttp2, onTurnedAway, mayConnect }: Handlers): (socket: Socket) => void {
  const http1 = createHttp1Server(onHttp1, onTurnedAway)
  const http2 = createHttp2Server(onHttp2)
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
        if (mayUse === true) {
          if (!socket.destroyed) sniff(socket, http1, http2)
          return
        }
        const answer = rejection(
          403,
          'Another user of this machine started this proxy; it serves that user and root only.'
        )
        turnAway(socket, answer)
        // One that has left may only have looked whether the port is open.
        if (mayUse === false) onTurnedAway(answer.status)
      },
      () => socket.destroy()
    )
  }
}

function createHttp2Server(onRequest: (client: Client) => void): Http2Server {
  const server = createServer(HTTP2_OPTIONS)
  server.on('session', (session: ServerHttp2Session) => {
    session.on('error', () => undefined)
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: RawHeaders) => {
    stream.on('error', () => undefined)
    onRequest(fromHttp2(stream, headers, flags, raw))
  })
  return server
}

/** Hands a connection over to the server of the version of HTTP that its first bytes show. */
function sniff(socket: Socket, http1: EventEmitter, http2: EventEmitter): void {
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
