import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { openConnection, type Destination } from './connection.ts'

/** Connections that are kept alive, used again, and opened ahead of time. */
export interface ConnectionPool {
  readonly agentFor: (url: URL) => http.Agent
  /** Opens a connection that a later request to the same origin will use. That it fails is no error until then. */
  readonly prepare: (url: URL) => void
  readonly close: () => void
}

/** What an agent of ours needs of a request's options, besides Node's own. */
export interface ConnectionOptions extends https.RequestOptions {
  readonly destination: Destination
  /** The request's; Node keeps `signal` itself from agents. */
  readonly connectionSignal: AbortSignal
}

/** @param closing ends whatever is being opened */
export function createConnectionPool(closing: AbortSignal): ConnectionPool {
  const prepared = new Map<string, Promise<Socket>[]>()
  const plain = openBy(takeOrOpen, new http.Agent({ keepAlive: true }))
  const tls = openBy(takeOrOpen, new https.Agent({ keepAlive: true }))

  async function takeOrOpen(destination: Destination, signal: AbortSignal): Promise<Socket> {
    // A certificate is shown while a connection opens, so that one which was opened without it is of no use.
    const { origin } = destination.url
    const waiting = destination.clientCertificate === undefined ? prepared.get(origin)?.shift() : undefined
    if (waiting !== undefined) {
      const socket = await Promise.race([waiting.catch(() => undefined), whenAborted(signal)])
      if (socket !== undefined && !socket.destroyed) {
        endIdle(socket)
        return socket
      }
    }
    return await openConnection(destination, signal)
  }

  return {
    agentFor: ({ protocol }) => (protocol === 'http:' ? plain : tls),
    prepare(url) {
      const opening = openConnection({ url }, closing)
      opening.then(
        // Left over at the end, because the run failed before it was needed.
        (socket) => {
          watchIdle(socket)
          closing.addEventListener('abort', () => socket.destroy(), { once: true })
        },
        // The request that needs the connection reports the failure.
        () => undefined
      )
      prepared.set(url.origin, [...(prepared.get(url.origin) ?? []), opening])
    },
    close() {
      plain.destroy()
      tls.destroy()
    }
  }
}

/** An agent that keeps connections as it always does, but opens them our way, and watches those that are idle. */
function openBy(open: typeof openConnection, agent: http.Agent): http.Agent {
  // The types do not know that it says whether the connection is kept.
  const keep: (socket: Duplex) => unknown = agent.keepSocketAlive.bind(agent)
  const reuse = agent.reuseSocket.bind(agent)
  agent.keepSocketAlive = (socket) => {
    watchIdle(socket)
    return keep(socket)
  }
  agent.reuseSocket = (socket, request) => {
    endIdle(socket)
    reuse(socket, request)
  }
  agent.createConnection = (options, callback) => {
    const { destination, connectionSignal } = options as ConnectionOptions
    open(destination, connectionSignal).then(
      (socket) => callback?.(null, socket),
      (error: unknown) =>
        callback?.(error instanceof Error ? error : new Error('no connection'), undefined as unknown as Duplex)
    )
    return undefined
  }
  return agent
}

/**
 * Ends an idle connection on which anything comes: an answer without a request, such as the 408 that some servers send before they
 * close (RFC 9110, 15.5.9), would be taken for the answer to the next request.
 */
function watchIdle(socket: Duplex): void {
  socket.on('data', destroyThis)
}

function endIdle(socket: Duplex): void {
  socket.off('data', destroyThis)
}

function destroyThis(this: Duplex): void {
  this.destroy()
}

/** To race against what must not take longer than a request may. */
export async function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}
