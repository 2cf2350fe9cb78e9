import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { listen } from '../../../src/proxy/server.ts'
import { watchNoDelay } from '../sockets.ts'

test('A client gets what is written without waiting for what came before it', async ({ mock }) => {
  const calls = await watchNoDelay(mock)
  const ignore = (): void => undefined
  const connected = Promise.withResolvers<boolean>()
  const { port, close } = await listen(0, {
    onHttp1: ignore,
    onHttp2: ignore,
    onTurnedAway: ignore,
    async mayConnect() {
      connected.resolve(true)
      return await connected.promise
    }
  })
  const client = connect(port, '127.0.0.1')
  await connected.promise
  client.destroy()
  close()
  assert.deepEqual(calls(), [[true]])
})
