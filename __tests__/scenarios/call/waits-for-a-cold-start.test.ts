import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { FaultName } from '../../pretend-google/transport/faults.ts'
import { attemptLines, callScenario, callsOf, mintedTokens, requestsTo, statusesOf } from '../call-given.ts'
import { assertFailure, assertSuccess, assertWithin, BRIEF, SERVICE_HOST, SHORT } from '../given.ts'

describe('A service that is starting', { concurrency: 16 }, () => {
  callScenario(
    'A cold start (503, 503, 200) passes with the third attempt',
    { app: [503, 503, 200] },
    async (stage) => {
      const run = await stage.call()
      assertSuccess(run)
      assert.deepEqual(statusesOf(callsOf(stage.world)), [503, 503, 200])
      assert.equal(mintedTokens(stage.world), 1)
      assert.equal(run.outputs['attempts'], '3')
      assert.equal(run.outputs['status'], '200')
      const [first = '', second = '', third = ''] = attemptLines(run)
      for (const line of [first, second]) assert.match(line, /503 Service Unavailable.*\d ms; once more in \d+\.\d s/)
      assert.match(third, /200 OK.*\d ms; passed/)
    }
  )

  for (const status of [408, 425, 429, 500, 502, 504, 599]) {
    callScenario(`A ${status} of the application is repeated`, { app: [status, 200] }, async ({ world, call }) => {
      assertSuccess(await call())
      assert.deepEqual(statusesOf(callsOf(world)), [status, 200])
    })
  }

  const BREAKS: readonly FaultName[] = ['reset', 'cut', 'silence', 'drip', 'not HTTP', 'refuse', 'impostor']
  for (const fault of BREAKS) {
    callScenario(`A call that ends in "${fault}" is repeated`, { app: [{ body: 'x'.repeat(200) }] }, async (stage) => {
      // A connection may also be opened ahead of the call.
      stage.world.fail(SERVICE_HOST, fault, { times: fault === 'refuse' || fault === 'impostor' ? 2 : 1 })
      const run = await stage.call(fault === 'silence' || fault === 'drip' ? BRIEF : {})
      assertSuccess(run)
      assert.ok(Number(run.outputs['attempts']) >= 2)
      assert.match(attemptLines(run)[0] ?? '', /Attempt 1: .*; once more in/)
    })
  }

  callScenario('A service that never starts fails at the deadline, not before', { app: [503] }, async (stage) => {
    const run = await stage.call({ ...SHORT, timeout: '1s' })
    assertFailure(run, 'SERVICE_UNAVAILABLE', '503 Service Unavailable', 'gcloud run services logs read hello')
    assertWithin(run, SHORT)
    assert.ok(run.durationMs > 6_000, `${run.durationMs} ms`)
    assert.ok(callsOf(stage.world).length >= 2)
    assert.equal(run.outputs['status'], '503')
  })

  callScenario('A host that cannot be reached is SERVICE_UNAVAILABLE', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'refuse')
    const run = await call({ ...SHORT })
    assertFailure(run, 'SERVICE_UNAVAILABLE', SERVICE_HOST)
    assert.equal(run.outputs['status'], undefined)
    assert.ok(Number(run.outputs['attempts']) >= 1)
    assert.ok(run.outputs['latency_ms'] !== undefined)
  })

  callScenario('A host with a certificate for another name never gets the token', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'impostor')
    assertFailure(await call({ ...SHORT }), 'SERVICE_UNAVAILABLE')
    assert.deepEqual(requestsTo(world), [])
  })
})
