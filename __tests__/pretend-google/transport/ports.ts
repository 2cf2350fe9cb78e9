import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:net'

/** Systems give away ports from 32768 (Linux) or 49152 on: RFC 6335, 6. */
const FIRST = 20_000
const COUNT = 12_000

/** Lets a server listen on a port of 127.0.0.1 that stays free when it closes, because no system gives it to another program. */
export async function listenOnLastingPort(server: Server): Promise<number> {
  for (;;) {
    const port = FIRST + randomInt(COUNT)
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
      return port
    } catch (error) {
      // Windows keeps some for itself.
      if (!['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function findFreePort(server: Server): Promise<number> {
  const port = await listenOnLastingPort(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
