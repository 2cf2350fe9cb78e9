import assert from 'node:assert/strict'
import { ACCOUNT, assertSuccess, givenFederation, scenario, SERVICE_HOST } from '../given.ts'
import { openServer } from '../call-given.ts'

/** Long enough for the connection, which is opened ahead, to lie idle while the tokens are made. */
const FAR = { roundTripMs: 150 }

for (const [method, unasked] of [
  // What HAProxy and others send before they close a connection that nobody uses: RFC 9110, 15.5.9.
  ['POST', 'HTTP/1.1 408 Request Time-out\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'],
  ['GET', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfake']
] as const) {
  scenario(
    `What came before the ${method} was sent is no answer to it (${unasked.slice(9, 12)})`,
    async ({ world, run }) => {
      const url = world.addService({
        host: SERVICE_HOST,
        invokers: [`serviceAccount:${ACCOUNT}`],
        app: [{ body: 'true' }]
      })
      world.fail(SERVICE_HOST, { unasked }, { times: 1 })
      const result = await run(await givenFederation(world), { inputs: { url, method } })
      assertSuccess(result)
      assert.deepEqual([result.outputs['body'], result.outputs['attempts']], ['true', '1'])
    },
    FAR
  )
}

scenario('What comes between two requests on one connection is no answer to the second', async ({ world, run }) => {
  let calls = 0
  const server = await openServer((_request, response) => {
    calls += 1
    response.statusCode = calls === 1 ? 503 : 200
    response.end(calls === 1 ? '' : 'true', () => {
      if (calls === 1) setImmediate(() => response.socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfake'))
    })
  })
  try {
    const inputs = { url: server.url, audience: 'https://shop.example' }
    const result = await run(await givenFederation(world), { inputs })
    assertSuccess(result)
    assert.deepEqual([result.outputs['body'], result.outputs['attempts']], ['true', '2'])
  } finally {
    await server.close()
  }
})
