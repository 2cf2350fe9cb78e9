import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { MockTracker } from 'node:test'

/** What each socket of Node asks the system through. */
interface SystemSocket {
  setNoDelay: (on: boolean) => number
}

/**
 * Watches which sockets of this process ask the system for TCP_NODELAY: whether one has it cannot be seen from outside.
 *
 * @returns tells the arguments of each call
 */
export async function watchNoDelay(mock: MockTracker): Promise<() => readonly (readonly unknown[])[]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const { _handle: handle } = socket as unknown as { readonly _handle: object }
  const { mock: watched } = mock.method(Object.getPrototypeOf(handle) as SystemSocket, 'setNoDelay')
  socket.destroy()
  server.close()
  return () => watched.calls.map(({ arguments: given }) => given)
}
