import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, requestsTo } from '../call-given.ts'
import { assertFailure, assertSuccess, SERVICE_HOST } from '../given.ts'

const OTHER_HOST = 'login-123456789012.europe-west1.run.app'
const LOCATIONS = [`https://${OTHER_HOST}/signin`, `//${OTHER_HOST}/`, '/signin']
const IAP_SIGN_IN =
  'https://accounts.google.com/o/oauth2/v2/auth?client_id=1-iap.apps.googleusercontent.com&scope=openid'

describe('A redirect', { concurrency: 4 }, () => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of status === 302 ? LOCATIONS : LOCATIONS.slice(0, 1)) {
      const app = [{ status, headers: { location } }, { body: '<title>Sign in</title>' }]
      callScenario(`A sign-in page behind ${status} to ${location} is never seen`, { app }, async ({ world, call }) => {
        world.addService({ host: OTHER_HOST, invokers: ['allUsers'] })
        const run = await call({ expect_status: '2xx' })
        assertFailure(run, 'REDIRECTED', String(status), location)
        assert.deepEqual(requestsTo(world, OTHER_HOST), [])
        assert.equal(requestsTo(world).length, 1)
        assert.equal(run.outputs['status'], String(status))
        assert.equal((JSON.parse(run.outputs['headers'] ?? '{}') as { location?: string }).location, location)
      })
    }
  }

  callScenario(
    "IAP's redirect to a sign-in page that would answer 200 is IAP_REJECTED",
    {},
    async ({ world, call }) => {
      world.fail(SERVICE_HOST, {
        status: 302,
        headers: { location: IAP_SIGN_IN, 'x-goog-iap-generated-response': 'true' },
        body: 'Invalid IAP credentials: empty token'
      })
      assertFailure(await call(), 'IAP_REJECTED', '1-iap.apps.googleusercontent.com')
      assert.deepEqual(requestsTo(world, 'accounts.google.com'), [])
      assert.equal(requestsTo(world).length, 1)
    }
  )

  callScenario(
    'One that is expected passes, and is still not followed',
    { app: [{ status: 302, headers: { location: `https://${OTHER_HOST}/` } }] },
    async ({ world, call }) => {
      const run = await call({ expect_status: '302', expect_headers: 'Location: login-' })
      assertSuccess(run)
      assert.deepEqual(requestsTo(world, OTHER_HOST), [])
    }
  )

  callScenario('One without a Location is REDIRECTED too', { app: [302] }, async ({ call }) => {
    assertFailure(await call(), 'REDIRECTED', '302 Found')
  })

  callScenario(
    'One of a POST is not followed with its body',
    { app: [{ status: 307, headers: { location: `https://${OTHER_HOST}/` } }] },
    async ({ world, call }) => {
      assertFailure(await call({ method: 'POST', body: 'secret plans' }), 'REDIRECTED')
      assert.deepEqual(requestsTo(world, OTHER_HOST), [])
    }
  )
})
