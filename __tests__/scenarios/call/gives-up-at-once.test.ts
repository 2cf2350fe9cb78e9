import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, callsOf, json, requestsTo, statusesOf, tokenOf } from '../call-given.ts'
import { ACCOUNT, assertFailure, SERVICE_URL } from '../given.ts'

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'

describe('What can never change', { concurrency: 4 }, () => {
  for (const status of [400, 401, 403, 405, 422]) {
    const app = [json({ error: 'no' })].map((answer) => ({ ...answer, status }))
    callScenario(`A ${status} of the application is final at once`, { app }, async ({ world, call }) => {
      const run = await call()
      assertFailure(run, 'EXPECTATION_FAILED', `${status} `, 'status 2xx')
      assert.deepEqual(statusesOf(callsOf(world)), [status])
      assert.equal(run.outputs['status'], String(status))
      assert.equal(run.outputs['body'], '{"error":"no"}')
    })
  }

  for (const status of [300, 304, 308]) {
    const app = [{ status, headers: { location: '/elsewhere' } }]
    callScenario(`A ${status} is final at once`, { app }, async ({ world, call }) => {
      assertFailure(await call(), 'REDIRECTED', `${status} `, '/elsewhere')
      assert.deepEqual(statusesOf(requestsTo(world)), [status])
    })
  }

  const iap = { clientId: CLIENT_ID, accessors: [] }
  callScenario("IAP's 401 is final at once, and its client id is shown", { iap }, async ({ world, call }) => {
    assertFailure(await call(), 'IAP_REJECTED', CLIENT_ID, SERVICE_URL)
    assert.equal(callsOf(world).length, 1)
    const anonymous = requestsTo(world).filter((request) => tokenOf(request) === undefined)
    assert.ok(anonymous.length <= 1)
    for (const { headers } of anonymous)
      assert.deepEqual([headers.authorization, headers.cookie], [undefined, undefined])
  })

  callScenario("IAP's 403 is final at once", { iap }, async ({ world, call }) => {
    assertFailure(await call({ audience: CLIENT_ID }), 'IAP_REJECTED', ACCOUNT, 'roles/iap.httpsResourceAccessor')
    assert.equal(callsOf(world).length, 1)
  })

  callScenario("A gateway's refusal is final at once", { gateway: { audiences: ['my-api'] } }, async (stage) => {
    assertFailure(await stage.call(), 'GATEWAY_REJECTED', SERVICE_URL)
    assert.equal(callsOf(stage.world).length, 1)
  })

  callScenario(
    "An application's 401 names no permission of Google's as the cause",
    { app: [{ status: 401, body: 'log in' }] },
    async (stage) => {
      const run = await stage.call()
      assertFailure(run, 'EXPECTATION_FAILED')
      assert.ok(!run.log.includes('add-iam-policy-binding'), run.log)
    }
  )

  const relayed = {
    ...json({ error: 'backend: Your client does not have permission to get URL /x from this server.' }),
    status: 403
  }
  callScenario(
    "JSON in which the application quotes the front end's words is the application's",
    { app: [relayed] },
    async (stage) => {
      assertFailure(await stage.call({ iam_wait: '2s' }), 'EXPECTATION_FAILED')
      assert.equal(callsOf(stage.world).length, 1)
    }
  )
})
