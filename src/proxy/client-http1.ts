import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Client, Switched } from './exchange.ts'
import { headerValues, toPairs } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'

/** A request of HTTP/1.1. */
export function fromHttp1(request: IncomingMessage, response: ServerResponse): Client {
  const { headers } = request
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return createClient(request, response, { body: hasBody ? request : undefined })
}

/**
 * A request to switch the protocol, for which Node hands over the bare connection. `h2c` alone is not the service's business: RFC
 * 9113, 3.1, has done away with it, and such a request is answered by HTTP/1.1.
 *
 * @param head what came after the request already
 */
export function fromUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): Client {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => socket.end())
  const protocol = headerValues(request.rawHeaders, 'upgrade').join(', ')
  return createClient(request, response, /^h2c$/i.test(protocol) ? {} : { upgrade: { protocol, socket, head } })
}

function createClient(
  request: IncomingMessage,
  response: ServerResponse,
  { body, upgrade }: { body?: IncomingMessage | undefined; upgrade?: Switched & { readonly protocol: string } }
): Client {
  const { method = '', url = '', rawHeaders, socket } = request
  response.sendDate = false
  return {
    method,
    target: url,
    headers: rawHeaders,
    body,
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

function formatHead(status: number, reason: string, headers: RawHeaders): string {
  const lines = toPairs(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`
}
