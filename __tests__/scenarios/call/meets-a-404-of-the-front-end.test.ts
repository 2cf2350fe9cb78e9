import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, callsOf, FRONT_END, json, requestsTo, statusesOf, tokenOf } from '../call-given.ts'
import { assertFailure, assertSuccess, claimsOf, SERVICE_HOST, SERVICE_URL, SHORT } from '../given.ts'

describe("A 404 of Google's front end", { concurrency: 8 }, () => {
  callScenario('A first deployment that is still spreading is waited for', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, FRONT_END[404], { times: 2 })
    assertSuccess(await call())
    assert.deepEqual(statusesOf(callsOf(world)), [404, 404, 200])
  })

  callScenario('It is repeated for ten seconds at most', { ingress: 'internal' }, async ({ world, call }) => {
    const run = await call()
    assertFailure(run, 'NOT_REACHED', 'ingress', SERVICE_URL)
    const calls = callsOf(world)
    assert.ok(calls.length >= 2)
    // The deadline is five minutes.
    assert.ok((calls.at(-1)?.at ?? 0) - (calls[0]?.at ?? 0) < 30_000)
    assert.equal(run.outputs['status'], '404')
  })

  for (const path of ['/healthz', '/eventlog', '/_ah/health']) {
    callScenario(`The reserved path ${path} is named as the cause`, {}, async ({ call }) => {
      assertFailure(await call({ url: SERVICE_URL + path, ...SHORT }), 'NOT_REACHED', path, '/health')
    })
  }

  callScenario('A service that does not exist is NOT_REACHED', {}, async ({ call }) => {
    const url = 'https://nothing-123456789012.europe-west1.run.app'
    assertFailure(await call({ url, ...SHORT }), 'NOT_REACHED', url)
  })

  callScenario('An unknown tag is named', { tags: ['green'] }, async ({ call }) => {
    assertFailure(
      await call({ tag: 'blue', ...SHORT }),
      'NOT_REACHED',
      'the service itself exists, and hello has no traffic tag blue'
    )
  })

  callScenario(
    'A HEAD that the front end does not know is NOT_REACHED too',
    { ingress: 'internal' },
    async ({ call }) => {
      assertFailure(await call({ method: 'HEAD', ...SHORT }), 'NOT_REACHED')
    }
  )
})

describe('A traffic tag', { concurrency: 8 }, () => {
  const green = {
    tags: ['green'],
    app: ({ host }: { host: string }) => json({ commit: host.startsWith('green---') ? 'c0ffee' : 'badbee' })
  }
  callScenario(
    'The call goes to the tagged revision, and the audience stays the service',
    green,
    async ({ world, call }) => {
      const run = await call({ tag: 'green', expect_json: "commit == 'c0ffee'" })
      assertSuccess(run)
      assert.equal(run.outputs['audience'], SERVICE_URL)
      const [request] = callsOf(world, `green---${SERVICE_HOST}`)
      assert.ok(request)
      assert.equal(claimsOf(tokenOf(request))['aud'], SERVICE_URL)
      assert.deepEqual(requestsTo(world), [])
    }
  )

  callScenario('A tag in the URL works as well', green, async ({ world, call }) => {
    const run = await call({ url: `https://green---${SERVICE_HOST}/x`, tag: 'green', assert_private: 'true' })
    assertSuccess(run)
    assert.equal(run.outputs['audience'], SERVICE_URL)
    assert.deepEqual(statusesOf(requestsTo(world, `green---${SERVICE_HOST}`)), [403, 200])
  })

  callScenario(
    'An application that answers 404 at a known tag has been reached',
    { tags: ['green'], app: [404] },
    async ({ call }) => {
      const run = await call({ tag: 'green', ...SHORT })
      assertFailure(run, 'EXPECTATION_FAILED', '404 Not Found')
    }
  )
})
