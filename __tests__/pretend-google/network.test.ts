import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import type { FaultName } from './transport/faults.ts'
import { startPretendGoogle } from './world.ts'

const HOST = 'hello-abc-uc.a.run.app'

describe('the proxy', () => {
  it('makes no tunnel to hosts that are not of this world', async () => {
    await using world = await startPretendGoogle()
    await assert.rejects(send(world, 'https://example.com'), /CONNECT was answered with 502/)
    assert.deepEqual(
      world.requests.map(({ method, host, answeredStatus }) => [method, host, answeredStatus]),
      [['CONNECT', 'example.com', 502]]
    )
  })

  it('forwards nothing for which no tunnel was asked', async () => {
    await using world = await startPretendGoogle()
    const answer = await send(world, world.env()['HTTPS_PROXY'] ?? '')
    assert.equal(answer.status, 502)
  })

  it('removes its certificate in the end', async () => {
    const world = await startPretendGoogle()
    const file = world.env()['NODE_EXTRA_CA_CERTS'] ?? ''
    assert.ok(existsSync(file))
    await world.close()
    assert.ok(!existsSync(file))
  })

  it('records requests with body, answer and client certificate, in order', async () => {
    await using world = await startPretendGoogle()
    world.addService({ host: HOST, invokers: ['allUsers'], app: [503, { status: 200, body: 'two' }] })
    await send(world, `https://${HOST}/a?b`, { method: 'PUT', body: { c: 1 } })
    await send(world, `https://${HOST}/`)
    const seen = world.requests.map(
      ({ method, path, body, answeredStatus }) => `${method} ${path} ${body} ${String(answeredStatus)}`
    )
    assert.deepEqual(seen, ['PUT /a?b {"c":1} 503', 'GET /  200'])
    assert.equal(world.requests[1]?.answer?.body, 'two')
  })

  it('tells the time of its own clock', async () => {
    await using world = await startPretendGoogle()
    world.clock.aheadMs = 24 * 60 * 60 * 1000
    const { headers } = await send(world, 'https://www.googleapis.com/oauth2/v3/certs')
    assert.ok(Date.parse(headers.date ?? '') > Date.now() + 23 * 60 * 60 * 1000)
  })
})

describe('a distance', () => {
  it('costs a round trip for each handshake and request', async () => {
    await using world = await startPretendGoogle({ roundTripMs: 20 })
    const start = performance.now()
    await send(world, 'https://www.googleapis.com/oauth2/v3/certs')
    assert.ok(performance.now() - start >= 58)
  })
})

describe('a fault', () => {
  const breaks: Partial<Record<FaultName, RegExp>> = {
    refuse: /CONNECT was answered with 502/,
    impostor: /altnames/,
    demand: /alert certificate required/i,
    reset: /ECONNRESET/,
    cut: /aborted/,
    'not HTTP': /Parse Error/
  }
  for (const [name, pattern] of Object.entries(breaks)) {
    it(`breaks the exchange: ${name}`, async () => {
      await using world = await startPretendGoogle()
      world.fail('sts.googleapis.com', name as FaultName, { times: 1 })
      await assert.rejects(send(world, 'https://sts.googleapis.com/v1/token', { body: {} }), pattern)
      assert.equal((await send(world, 'https://sts.googleapis.com/v1/token', { body: {} })).status, 400)
    })
  }

  it('replaces the answer, for some paths only', async () => {
    await using world = await startPretendGoogle()
    world.fail(/^sts\./, 'service unavailable', { path: /token$/ })
    assert.equal((await send(world, 'https://sts.googleapis.com/v1/token', { body: {} })).status, 503)
    assert.equal((await send(world, 'https://sts.googleapis.com/v1/other', { body: {} })).status, 404)
  })

  it('keeps silence, until the world ends', async () => {
    const world = await startPretendGoogle()
    world.fail('sts.googleapis.com', 'silence')
    const asked = send(world, 'https://sts.googleapis.com/v1/token', { body: {} })
    const outcome = await Promise.race([asked.catch(() => 'broken'), delayed('silent', 50)])
    assert.equal(outcome, 'silent')
    await world.close()
    await assert.rejects(asked)
  })

  it('lets the answer drip', async () => {
    await using world = await startPretendGoogle()
    world.addService({ host: HOST, invokers: ['allUsers'], app: [{ body: 'slow', delivery: { dripMs: 20 } }] })
    const start = performance.now()
    assert.equal((await send(world, `https://${HOST}/`)).text, 'slow')
    assert.ok(performance.now() - start >= 75)
  })

  it('reaches the metadata server and loopback applications as well', async () => {
    await using world = await startPretendGoogle()
    world.metadataServer.enable()
    const metadata = `http://${world.env()['GCE_METADATA_HOST'] ?? ''}/`
    world.fail('metadata.google.internal', 'refuse', { times: 1 })
    await assert.rejects(send(world, metadata), /ECONNRESET/)
    assert.equal((await send(world, metadata)).status, 200)
    const app = await world.addLoopbackApp([{ body: 'local' }])
    world.fail(new URL(app).host, { status: 418 }, { times: 1 })
    assert.equal((await send(world, app)).status, 418)
    assert.equal((await send(world, app)).text, 'local')
  })
})

describe('an application that throws', () => {
  it('makes the world end with its error', async () => {
    const world = await startPretendGoogle()
    world.addService({
      host: HOST,
      invokers: ['allUsers'],
      app: () => {
        throw new Error('a defect of the scenario')
      }
    })
    await assert.rejects(send(world, `https://${HOST}/`))
    await assert.rejects(world.close(), ({ errors }: AggregateError) =>
      String(errors[0]).includes('a defect of the scenario')
    )
  })
})

async function delayed(value: string, milliseconds: number): Promise<string> {
  return await new Promise((resolve) => setTimeout(resolve, milliseconds, value))
}
