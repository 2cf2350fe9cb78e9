import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { openConnection } from './connection.ts'
import type { Destination } from './connection.ts'

/** ConnectionPool that are kept, used again, and opened ahead of time. */
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
  const agents = { plain: new http.Agent({ keepAlive: true }), tls: new https.Agent({ keepAlive: true }) }
  for (const agent of Object.values(agents)) agent.createConnection = createConnection

  /** Agents keep connections as they always do, but open them our way. */
  function createConnection(
    options: http.ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void
  ): undefined {
    const { destination, connectionSignal } = options as ConnectionOptions
    takeOrOpen(destination, connectionSignal).then(
      (socket) => callback?.(null, socket),
      (error: unknown) =>
        callback?.(error instanceof Error ? error : new Error('no connection'), undefined as unknown as Duplex)
    )
  }

  async function takeOrOpen(destination: Destination, signal: AbortSignal): Promise<Socket> {
    // A certificate is shown while a connection opens, so that one which was opened without it is of no use.
    const { origin } = destination.url
    const waiting = destination.clientCertificate === undefined ? prepared.get(origin)?.shift() : undefined
    if (waiting !== undefined) {
      const socket = await Promise.race([waiting.catch(() => undefined), whenAborted(signal)])
      if (socket !== undefined && !socket.destroyed && !socket.readableEnded) return socket
    }
    return await openConnection(destination, signal)
  }

  return {
    agentFor: ({ protocol }) => (protocol === 'http:' ? agents.plain : agents.tls),
    prepare(url) {
      const opening = openConnection({ url }, closing)
      opening.then(
        // Left over at the end, because the run failed before it was needed.
        (socket) => {
          closing.addEventListener('abort', () => socket.destroy(), { once: true })
        },
        // Whoever needs it will see that it failed.
        () => undefined
      )
      prepared.set(url.origin, [...(prepared.get(url.origin) ?? []), opening])
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    }
  }
}

/** Waiting for a connection that was opened ahead must not take longer than the request may. */
async function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}
