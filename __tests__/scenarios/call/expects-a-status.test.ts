import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, callsOf, FRONT_END } from '../call-given.ts'
import { assertFailure, assertSuccess, SERVICE_HOST, SHORT } from '../given.ts'

describe('expect_status', { concurrency: 8 }, () => {
  const MET: readonly [string, number][] = [
    ['200,204,301-303,4xx', 204],
    ['200,204,301-303,4xx', 302],
    ['200,204,301-303,4xx', 418],
    ['2xx', 299],
    ['404', 404],
    ['5xx', 503],
    ['500-599', 500],
    ['401', 401],
    [' 201 , 4XX ', 400]
  ]
  for (const [expected, status] of MET) {
    callScenario(
      `"${expected}" is met by a ${status} of the application`,
      { app: [status] },
      async ({ world, call }) => {
        const run = await call({ expect_status: expected })
        assertSuccess(run)
        assert.equal(run.outputs['status'], String(status))
        assert.equal(callsOf(world).length, 1)
      }
    )
  }

  const MISSED: readonly [string, number, RegExp][] = [
    ['200,204,301-303', 304, /304 Not Modified/],
    ['4xx', 200, /200 OK/],
    ['301-303', 404, /404 Not Found/],
    ['201', 200, /200 OK/],
    ['2xx', 418, /418 I'm a Teapot/],
    ['2xx', 419, /419/]
  ]
  for (const [expected, status, shown] of MISSED) {
    callScenario(
      `"${expected}" is missed by a ${status}, and its meaning is shown`,
      { app: [status] },
      async (stage) => {
        const run = await stage.call({ expect_status: expected, method: 'POST' })
        assert.equal(run.exitCode, 1)
        assert.match(run.log, shown)
        assert.ok(run.log.includes(expected), run.log)
      }
    )
  }

  const GOOGLES: readonly [string, object, string][] = [
    ["the front end's 403", { invokers: [] }, '403'],
    ["the front end's 404", { ingress: 'internal' }, '404'],
    ["IAP's 401", { iap: { clientId: '1-x.apps.googleusercontent.com', accessors: [] } }, '401'],
    ["the gateway's 403", { gateway: { audiences: [] } }, '403']
  ]
  const QUICK = { iam_wait: '0', ...SHORT }
  for (const [what, settings, status] of GOOGLES) {
    callScenario(`${what} meets its very code`, settings, async ({ world, call }) => {
      const run = await call({ expect_status: `200,${status}` })
      assertSuccess(run)
      assert.equal(run.outputs['status'], status)
      assert.equal(callsOf(world).length, 1)
    })

    for (const expected of ['200,4xx', `${status}-${status}`]) {
      callScenario(`${what} does not meet "${expected}"`, settings, async ({ call }) => {
        const run = await call({ expect_status: expected, ...QUICK })
        assert.equal(run.exitCode, 1)
        assert.match(run.outputs['failure_code'] ?? '', /^(INVOKER_MISSING|NOT_REACHED|IAP_REJECTED|GATEWAY_REJECTED)$/)
        assert.equal(run.outputs['outcome'], 'failure')
      })
    }
  }

  callScenario(
    'IAP\'s redirect does not meet "3xx"',
    { iap: { clientId: '1-x.apps.googleusercontent.com', accessors: [] } },
    async ({ world, call }) => {
      world.fail(SERVICE_HOST, {
        status: 302,
        headers: {
          location: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=1-x.apps.googleusercontent.com',
          'x-goog-iap-generated-response': 'true'
        },
        body: 'Invalid IAP credentials: empty token'
      })
      assertFailure(await call({ expect_status: '3xx' }), 'IAP_REJECTED', '1-x.apps.googleusercontent.com')
    }
  )

  callScenario('The front end\'s 401 does not meet "4xx"', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, FRONT_END[401])
    assertFailure(await call({ expect_status: '4xx' }), 'TOKEN_REJECTED')
  })

  callScenario(
    "The front end's 403 meets 403 only together with every other expectation",
    { invokers: [] },
    async ({ call }) => {
      assertFailure(await call({ expect_status: '403', expect_body: 'my own page', iam_wait: '0' }), 'INVOKER_MISSING')
    }
  )
})
