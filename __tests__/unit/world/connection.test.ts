import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openConnection } from '../../../src/world/connection.ts'
import { watchNoDelay } from '../sockets.ts'

test('A connection sends what is written without waiting for what came before it', async ({ mock }) => {
  const calls = await watchNoDelay(mock)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = await openConnection({ url: new URL(`http://127.0.0.1:${port}`) }, AbortSignal.timeout(30_000))
  socket.destroy()
  server.close()
  assert.deepEqual(calls(), [[true]])
})
