import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HEADER_BYTES } from '../world/http.ts'
import { formatHead, fromHttp1, fromUpgrade, maySwitch } from './client-http1.ts'
import type { Client } from './exchange.ts'
import { answerMalformed, HEADERS_MS } from './malformed-request.ts'
import { rejection } from './own-answer.ts'
import type { OwnAnswer } from './own-answer.ts'

/** Clients keep connections too, and a request must not meet the end of one. */
const KEPT_MS = 60 * 60_000

/**
 * Takes connections that speak HTTP/1.1, by the event `connection`.
 *
 * @param onTurnedAway is told the status of the answer to a request that could not be read, or came too early
 */
export function createHttp1Server(onRequest: (client: Client) => void, onTurnedAway: (status: number) => void): Server {
  const server = createServer({
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
  server.maxHeadersCount = 0
  // Of a server that does not listen itself, this begins to hold requests to the limit for their headers.
  server.emit('listening')
  /** The newest exchange of each connection. */
  const newest = new WeakMap<Socket, ServerResponse>()

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

  // What is to be expected of the service is for the service to say.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      newest.set(request.socket, response)
      onRequest(fromHttp1(request, response))
    })
  }
  for (const event of ['upgrade', 'connect']) {
    server.on(event, (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const before = newest.get(socket)
      if (before === undefined || (before.writableFinished && before.socket === null)) {
        onRequest(fromUpgrade(request, socket, head))
        return
      }
      // The connection still belongs to that answer.
      refuse(socket, rejection(400, 'A request that asks for another protocol has to wait for the answers before it.'))
    })
  }

  server.on('clientError', (error: Error, socket: Socket) => {
    const answer = answerMalformed(error)
    if (answer === undefined) socket.destroy()
    // The parser reports every piece that still comes.
    else if (socket.writable) refuse(socket, answer)
  })
  return server
}

/** What the client still sends has to be read, or the end of the connection would take the answer with it: RFC 9112, 9.6. */
export function turnAway(socket: Socket, answer: OwnAnswer): void {
  setTimeout(() => socket.destroy(), TURNED_AWAY_MS).unref()
  socket.resume()
  socket.end(format(answer))
}

const TURNED_AWAY_MS = 5_000

function format({ status, reason, headers, body }: OwnAnswer): Buffer {
  return Buffer.concat([Buffer.from(formatHead(status, reason, [...headers, 'Connection', 'close']), 'latin1'), body])
}
