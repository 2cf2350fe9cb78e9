import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { codeOf } from '../guard/safe-text.ts'
import { createReception } from './reception.ts'
import type { Handlers } from './reception.ts'

/** The same port on ::1 may belong to another program. */
const MOST_PORTS = 20

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
  const receive = createReception(handlers)
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
