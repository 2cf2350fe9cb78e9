import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Client, Switched } from './exchange.ts'
import { headerValues, toPairs } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'

/** A request of HTTP/1.1. */
export function fromHttp1(request: IncomingMessage, response: ServerResponse): Client {
  return createClient(request, response, {
    body: hasBody(request) ? request : undefined,
    ambiguity: findAmbiguity(request)
  })
}

/**
 * Whether a request that asks for another protocol is to get it. RFC 9110, 7.8, lets a server go on as before: so does this one where
 * there is a body, and where `h2c` is all that is asked for, which is not the service's business and which RFC 9113, 3.1, has done
 * away with.
 */
export function maySwitch(request: IncomingMessage): boolean {
  return !hasBody(request) && !/^h2c$/i.test(protocolOf(request))
}

/**
 * A request to switch the protocol, for which Node hands over the bare connection. Before 24.9 it does so whatever `maySwitch` says; a
 * body is then lost to the service, and such a request is not passed on.
 *
 * @param head what came after the request already
 */
export function fromUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): Client {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => socket.end())
  const ambiguity = hasBody(request)
    ? 'A request that asks for another protocol cannot have a body here.'
    : findAmbiguity(request)
  const protocol = protocolOf(request)
  return createClient(
    request,
    response,
    maySwitch(request) ? { ambiguity, upgrade: { protocol, socket, head } } : { ambiguity }
  )
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function protocolOf({ rawHeaders }: IncomingMessage): string {
  return headerValues(rawHeaders, 'upgrade').join(', ')
}

/** What Node's parser lets through. A coding besides `chunked` would get lost, and HTTP/1.0 knows none: RFC 9112, 6.1. */
function findAmbiguity({ headers, httpVersion }: IncomingMessage): string | undefined {
  const coding = headers['transfer-encoding']?.toLowerCase() ?? 'chunked'
  if (coding !== 'chunked') return 'The only Transfer-Encoding that this proxy passes on is chunked.'
  if (httpVersion === '1.1') return undefined
  if (httpVersion !== '1.0') return 'The version of HTTP is neither 1.1 nor 1.0; HTTP/2 begins with its preface.'
  return headers['transfer-encoding'] === undefined ? undefined : 'HTTP/1.0 has no Transfer-Encoding.'
}

function createClient(
  request: IncomingMessage,
  response: ServerResponse,
  {
    body,
    ambiguity,
    upgrade
  }: {
    readonly body?: IncomingMessage | undefined
    readonly ambiguity: string | undefined
    readonly upgrade?: Switched & { readonly protocol: string }
  }
): Client {
  if (ambiguity !== undefined) response.shouldKeepAlive = false
  const { method = '', url = '', rawHeaders, socket } = request
  response.sendDate = false
  return {
    method,
    target: url,
    headers: rawHeaders,
    ambiguity,
    body,
    trailers: () => request.rawTrailers,
    upgrade: upgrade?.protocol,
    proceed() {
      if (!response.headersSent && request.headers.expect !== undefined) response.writeContinue()
    },
    inform({ status, reason, headers }) {
      // HTTP/1.0 has no such answers: RFC 9110, 15.2. Nor is there a queue for them.
      if (response.headersSent || response.socket?.writableNeedDrain !== false || request.httpVersionMinor === 0) return
      response.socket.write(formatHead(status, reason, headers), 'latin1')
    },
    respond({ status, reason, headers }) {
      response.writeHead(status, reason, [...headers])
      return response
    },
    flush() {
      response.flushHeaders()
    },
    end(trailers) {
      if (trailers.length > 0) response.addTrailers(toPairs(trailers))
      response.end()
    },
    switchProtocol(protocol, headers) {
      if (upgrade === undefined) throw new Error('no upgrade was asked for')
      response.detachSocket(socket)
      const upgraded = ['Connection', 'Upgrade', 'Upgrade', protocol, ...headers]
      socket.write(formatHead(101, 'Switching Protocols', upgraded), 'latin1')
      return upgrade
    },
    abort() {
      // To HTTP/1.0, which knows no length of its own, the end of a connection is the end of the body.
      if (request.httpVersionMinor === 0) socket.resetAndDestroy()
      else socket.destroy()
    },
    onGone(listener) {
      const gone = (): void => {
        socket.off('close', gone)
        response.off('close', gone)
        listener()
      }
      // A response that waits for those before it on the same connection does not see that connection close.
      socket.once('close', gone)
      response.once('close', gone)
    }
  }
}

/** For the wire; in Latin-1, as RFC 9110, 5.5, has it. */
export function formatHead(status: number, reason: string, headers: RawHeaders): string {
  const lines = toPairs(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`
}
