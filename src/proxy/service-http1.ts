import http from 'node:http'
import https from 'node:https'
import { performance } from 'node:perf_hooks'
import { createConnectionPool } from '../world/connection-pool.ts'
import type { ConnectionOptions } from '../world/connection-pool.ts'
import { HEADER_BYTES, toNoAnswer } from '../world/http.ts'
import { ServiceBreak } from './exchange.ts'
import type { Sending, ServiceAnswer, ServiceRequest, ServiceSide } from './exchange.ts'
import { toPairs } from './raw-headers.ts'
import { describeMiss, startWaitLimit } from './wait-limit.ts'

/** Of these, Node sends no body unless it is told to; of others, it would send an empty one in chunks. */
const WITHOUT_BODY = ['GET', 'HEAD', 'DELETE', 'OPTIONS']

/**
 * HTTP/1.1 to the service, with upgrades.
 *
 * @param timeoutMs for connecting, and for the headers of an answer once the request is sent
 */
export function createHttp1Service(url: URL, timeoutMs: number): ServiceSide {
  const closing = new AbortController()
  const pool = createConnectionPool(closing.signal)
  /** Those that have no connection yet. A signal that combines two would cost each request more than all of its headers. */
  const connectings = new Set<AbortController>()

  function send(request: ServiceRequest): Sending {
    const start = performance.now()
    const connecting = new AbortController()
    connectings.add(connecting)
    const options: ConnectionOptions = {
      method: request.method,
      host: url.hostname,
      port: url.port,
      path: request.path,
      headers: [...request.headers, ...frame(request)],
      agent: pool.agentFor(url),
      maxHeaderSize: HEADER_BYTES,
      destination: { url },
      connectionSignal: connecting.signal
    }
    const outgoing = (url.protocol === 'http:' ? http : https).request(options)
    // Node would leave out what is beyond.
    outgoing.maxHeadersCount = 0
    let connected = false
    let answered = false
    let bytesBefore = 0
    const limit = startWaitLimit(timeoutMs, abort)

    function abort(): void {
      if (connectings.delete(connecting)) connecting.abort()
      outgoing.destroy()
    }

    const answer = new Promise<ServiceAnswer>((resolve, reject) => {
      outgoing.once('socket', (socket) => {
        connected = true
        connectings.delete(connecting)
        bytesBefore = socket.bytesRead
        limit.connected()
      })
      outgoing.once('finish', limit.bodySent)
      outgoing.once('continue', request.onContinue)
      outgoing.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
        if (statusCode !== 100) request.onInterim({ status: statusCode, reason: statusMessage, headers: rawHeaders })
      })
      outgoing.once('response', (message) => {
        limit.clear()
        answered = true
        const flaw = findFlaw(message)
        if (flaw === undefined) resolve(readAnswer(message))
        else {
          outgoing.destroy()
          reject(broken(new InvalidAnswer(flaw)))
        }
      })
      outgoing.once('upgrade', (message, socket, head) => {
        limit.clear()
        answered = true
        if (request.upgrade === undefined) {
          socket.destroy()
          reject(broken(new InvalidAnswer('HPE_UNEXPECTED_UPGRADE')))
        } else resolve({ ...readAnswer(message), switched: { socket, head } })
      })
      outgoing.on('error', (error) => {
        limit.clear()
        reject(broken(error))
      })
      outgoing.once('close', () => {
        connectings.delete(connecting)
        limit.clear()
        if (!answered) reject(broken(new Error('closed')))
      })
    })
    sendBody(outgoing, request)
    return { answer, abort }

    function broken(error: unknown): ServiceBreak {
      const missed = limit.missed() ? describeMiss(timeoutMs) : undefined
      const outcome = toNoAnswer(error, {
        missed,
        sent: connected,
        milliseconds: Math.round(performance.now() - start)
      })
      const anyByte = (outgoing.socket?.bytesRead ?? 0) > bytesBefore
      return new ServiceBreak(outcome, outgoing.reusedSocket && !anyByte && !limit.missed())
    }
  }

  return {
    send,
    close() {
      closing.abort()
      for (const connecting of connectings) connecting.abort()
      pool.close()
    }
  }
}

/** In the terms of Node's parser, which lets these through. */
class InvalidAnswer extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/**
 * A coding besides `chunked` would get lost on the way, and none was asked for. Below 200 nothing ends an exchange: RFC 9110, 15.2. A
 * control character in the reason (RFC 9112, 4) is one that Node reads and does not write.
 */
function findFlaw({ headers, statusCode = 0, statusMessage = '' }: http.IncomingMessage): string | undefined {
  if ((headers['transfer-encoding']?.toLowerCase() ?? 'chunked') !== 'chunked') return 'HPE_INVALID_TRANSFER_ENCODING'
  return statusCode < 200 || /[^\t\x20-\x7e\x80-\xff]/.test(statusMessage) ? 'HPE_INVALID_STATUS' : undefined
}

/** How the body is delimited: RFC 9112, 6. What the client said of it is only believed after Node has read it so. */
function frame({ method, body, length, upgrade }: ServiceRequest): string[] {
  if (upgrade !== undefined) return ['Connection', 'Upgrade', 'Upgrade', upgrade]
  if (body !== undefined) return length === undefined ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', length]
  return length === undefined && WITHOUT_BODY.includes(method) ? [] : ['Content-Length', '0']
}

function sendBody(outgoing: http.ClientRequest, { body, trailers }: ServiceRequest): void {
  if (body === undefined) {
    outgoing.end()
    return
  }
  // The service should learn of a slow upload when it begins, and of one that waits for 100 at all. What is there goes with the head.
  if (body.readableLength === 0) outgoing.flushHeaders()
  body.pipe(outgoing, { end: false })
  // An empty body that came together with its head has ended by itself already.
  if (body.readableEnded) end()
  else body.once('end', end)
  outgoing.once('close', () => {
    // What still comes is of no use, but has to be read so that the connection can go on.
    body.unpipe(outgoing)
    body.resume()
  })

  function end(): void {
    const last = trailers()
    if (last.length > 0) outgoing.addTrailers(toPairs(last))
    outgoing.end()
  }
}

function readAnswer(message: http.IncomingMessage): ServiceAnswer {
  return {
    status: message.statusCode ?? 0,
    reason: message.statusMessage ?? '',
    headers: message.rawHeaders,
    body: message,
    trailers: () => message.rawTrailers,
    isWhole: false,
    hasArrived: () => message.complete,
    switched: undefined,
    resetCode: () => undefined
  }
}
