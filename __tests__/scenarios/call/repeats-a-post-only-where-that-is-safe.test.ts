import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { FaultName } from '../../pretend-google/transport/faults.ts'
import { callScenario, callsOf, FRONT_END, json, requestsTo } from '../call-given.ts'
import { assertFailure, assertSuccess, BRIEF, SERVICE_HOST } from '../given.ts'

const METHODS = ['POST', 'PATCH'] as const

for (const method of METHODS) {
  describe(`A ${method}`, { concurrency: 8 }, () => {
    const request = { method, body: '{"order":1}' }

    for (const status of [429, 503]) {
      callScenario(`${method} is repeated after ${status}`, { app: [status, 200] }, async ({ world, call }) => {
        assertSuccess(await call(request))
        assert.deepEqual(
          requestsTo(world).map(({ method: sent, body }) => [sent, body]),
          Array(2).fill([method, '{"order":1}'])
        )
      })
    }

    for (const status of [403, 404] as const) {
      callScenario(`${method} is repeated after the front end's ${status}`, {}, async ({ world, call }) => {
        world.fail(SERVICE_HOST, FRONT_END[status], { times: 1 })
        assertSuccess(await call(request))
        assert.equal(callsOf(world).length, 2)
      })
    }

    for (const fault of ['refuse', 'impostor'] as const) {
      callScenario(`${method} is repeated where no connection came about (${fault})`, {}, async ({ world, call }) => {
        // One may be for a connection that is opened ahead of the call.
        world.fail(SERVICE_HOST, fault, { times: 2 })
        const run = await call(request)
        assertSuccess(run)
        assert.ok(Number(run.outputs['attempts']) >= 2)
        assert.equal(callsOf(world).length, 1)
      })
    }

    for (const status of method === 'POST' ? [408, 425, 500, 502, 504] : [500]) {
      callScenario(`${method} is not repeated after ${status}`, { app: [status, 200] }, async ({ world, call }) => {
        const run = await call(request)
        assert.equal(run.exitCode, 1)
        assert.match(run.outputs['failure_code'] ?? '', /^(SERVICE_UNAVAILABLE|EXPECTATION_FAILED)$/)
        assert.equal(callsOf(world).length, 1)
        assert.equal(run.outputs['status'], String(status))
      })
    }

    for (const status of [404, 409]) {
      callScenario(
        `${method} is not repeated after the application's ${status}`,
        { app: [status, 200] },
        async (stage) => {
          assertFailure(await stage.call(request), 'EXPECTATION_FAILED', `${status}`)
          assert.equal(callsOf(stage.world).length, 1)
        }
      )
    }

    callScenario(
      `${method} is not repeated where a 200 misses an expectation`,
      { app: [json({ commit: 'old' })] },
      async (stage) => {
        assertFailure(await stage.call({ ...request, expect_json: "commit == 'new'" }), 'EXPECTATION_FAILED', 'old')
        assert.equal(callsOf(stage.world).length, 1)
      }
    )

    const BREAKS: readonly [FaultName, string][] = [
      ['reset', 'SERVICE_UNAVAILABLE'],
      ['cut', 'SERVICE_UNAVAILABLE'],
      ['not HTTP', 'SERVICE_UNAVAILABLE'],
      ['silence', 'TIMED_OUT']
    ]
    for (const [fault, code] of BREAKS) {
      callScenario(`${method} is not repeated after it was sent ("${fault}")`, {}, async ({ world, call }) => {
        world.fail(SERVICE_HOST, fault, { times: 1 })
        assertFailure(await call({ ...request, ...(fault === 'silence' ? BRIEF : {}) }), code)
        assert.equal(callsOf(world).length, 1)
      })
    }
  })
}

describe('The other methods', { concurrency: 4 }, () => {
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
    callScenario(`${method} is repeated after a reset and a 500`, { app: [500, 200] }, async ({ world, call }) => {
      world.fail(SERVICE_HOST, 'reset', { times: 1 })
      assertSuccess(await call({ method, ...(method === 'PUT' ? { body: 'x' } : {}) }))
      assert.deepEqual(
        callsOf(world).map((request) => request.method),
        [method, method, method]
      )
    })
  }
})
