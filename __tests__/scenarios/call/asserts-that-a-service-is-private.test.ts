import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  callScenario,
  callsOf,
  FRONT_END,
  INFRASTRUCTURE,
  json,
  requestsTo,
  statusesOf,
  tokenOf
} from '../call-given.ts'
import type { AppAnswer } from '../call-given.ts'
import { ACCOUNT, assertFailure, assertSuccess, assertWithin, BRIEF, SERVICE_HOST, SHORT } from '../given.ts'

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'
const PRIVATE = { assert_private: 'true' }
const everybody = ['allUsers']
const GATEWAY = 'gateway.octo-org.example'

describe('assert_private passes', { concurrency: 12 }, () => {
  callScenario(
    "A call without any credential comes first, and Google's 403 is what it is to get",
    {},
    async (stage) => {
      const { world } = stage
      const headers = 'Cookie: session=1\nX-Api-Key: 2\nAuthorization: Basic dXNlcjpwYXNz'
      assertSuccess(await stage.call({ ...PRIVATE, method: 'POST', body: 'secret plans', headers }))
      const [anonymous, call, ...others] = requestsTo(world)
      assert.deepEqual(others, [])
      assert.ok(anonymous !== undefined && call !== undefined)
      assert.deepEqual([anonymous.method, anonymous.path, anonymous.body], ['GET', '/', ''])
      for (const name of [
        'authorization',
        'x-serverless-authorization',
        'proxy-authorization',
        'cookie',
        'x-api-key'
      ]) {
        assert.equal(anonymous.headers[name], undefined)
      }
      assert.equal(tokenOf(anonymous), undefined)
      assert.deepEqual([call.method, call.body, call.answeredStatus], ['POST', 'secret plans', 200])
    }
  )

  callScenario(
    'An API gateway that refuses a call without a token is private',
    { host: GATEWAY, gateway: { audiences: [`https://${GATEWAY}`] } },
    async ({ world, call }) => {
      assertSuccess(await call({ ...PRIVATE, url: `https://${GATEWAY}/`, audience: `https://${GATEWAY}` }))
      assert.deepEqual(
        requestsTo(world, GATEWAY).map(({ answeredStatus }) => answeredStatus),
        [401, 200]
      )
    }
  )

  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    callScenario(`A ${method} is tried as a ${method}`, {}, async ({ world, call }) => {
      assertSuccess(await call({ ...PRIVATE, method, url: `https://${SERVICE_HOST}/a?b=c` }))
      const [anonymous] = requestsTo(world)
      assert.deepEqual([anonymous?.method, anonymous?.path, anonymous?.answeredStatus], [method, '/a?b=c', 403])
    })
  }

  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    callScenario(`A ${method} is tried as a GET`, {}, async ({ world, call }) => {
      assertSuccess(await call({ ...PRIVATE, method }))
      assert.deepEqual(
        requestsTo(world).map((request) => request.method),
        ['GET', method]
      )
    })
  }

  callScenario("The front end's 401 is a refusal", {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, FRONT_END[401], { times: 1 })
    assertSuccess(await call(PRIVATE))
    assert.equal(callsOf(world).length, 1)
  })

  for (const [what, answer] of Object.entries({ "the front end's 404": FRONT_END[404], ...INFRASTRUCTURE })) {
    callScenario(`A private service passes after ${what}, which refuses nobody`, {}, async ({ world, call }) => {
      world.fail(SERVICE_HOST, answer, { times: 1 })
      assertSuccess(await call(PRIVATE))
      assert.deepEqual(statusesOf(requestsTo(world)), [answer.status, 403, 200])
    })
  }

  const iap = { clientId: CLIENT_ID, accessors: [`serviceAccount:${ACCOUNT}`] }
  callScenario("IAP's redirect to its sign-in page is a refusal", { iap }, async ({ world, call }) => {
    assertSuccess(await call({ ...PRIVATE, audience: CLIENT_ID }))
    assert.deepEqual(
      requestsTo(world).map(({ answeredStatus }) => answeredStatus),
      [302, 200]
    )
    assert.deepEqual(requestsTo(world, 'accounts.google.com'), [])
  })

  for (const fault of ['reset', 'refuse', 'service unavailable', 'server error', 'silence'] as const) {
    callScenario(`It is repeated after "${fault}"`, {}, async ({ world, call }) => {
      world.fail(SERVICE_HOST, fault, { times: 1 })
      assertSuccess(await call({ ...PRIVATE, ...(fault === 'silence' ? BRIEF : {}) }))
      assert.equal(callsOf(world).length, 1)
    })
  }
})

describe('assert_private fails', { concurrency: 12 }, () => {
  callScenario('A service that answers everybody is NOT_PRIVATE', { invokers: everybody }, async ({ world, call }) => {
    const run = await call(PRIVATE)
    assertFailure(
      run,
      'NOT_PRIVATE',
      `https://${SERVICE_HOST}`,
      '200 OK',
      'remove-iam-policy-binding hello',
      'allUsers'
    )
    assert.deepEqual(callsOf(world), [])
  })

  const googleSignIn = 'https://accounts.google.com/o/oauth2/v2/auth?client_id=own-client.apps.googleusercontent.com'
  const BASIC = { 'content-type': 'text/html', 'www-authenticate': 'Basic realm="shop"' }
  const EMPTY_401 = [
    'HTTP/1.1 401 Unauthorized',
    'Server: Google Frontend',
    'Content-Type: text/html',
    'WWW-Authenticate: Basic realm="shop"',
    'Transfer-Encoding: chunked',
    '\r\n0\r\n\r\n'
  ].join('\r\n')
  const quotation = 'backend: Your client does not have permission to get URL /x from this server.'
  const ANSWERS: readonly [string, AppAnswer][] = [
    ['its own 401', { status: 401, headers: { 'www-authenticate': 'Bearer realm="app"' }, body: 'Unauthorized' }],
    ['its own 401 of a page behind a password', { status: 401, headers: BASIC, body: '<html>Log in' }],
    ['its own 401 with an empty body in chunks', { delivery: { raw: EMPTY_401 } }],
    ["a page of its own around Google's", { ...FRONT_END[403], body: `<p>The backend said:${FRONT_END[403].body}` }],
    ["Google's page with another status", { ...FRONT_END[403], status: 401 }],
    ['its own 403', { status: 403, body: 'Forbidden' }],
    ['its own 404', { status: 404, body: 'Not found' }],
    ['its own 400', 400],
    ['204', 204],
    ['its own redirect', { status: 302, headers: { location: '/login' } }],
    ["its own redirect to Google's sign-in", { status: 302, headers: { location: googleSignIn } }],
    ['a 403 in which it quotes another front end', { ...json({ error: quotation }), status: 403 }],
    ["a 200 with IAP's header", { headers: { 'x-goog-iap-generated-response': 'true' }, body: 'Hello' }],
    [
      "a gateway's refusal, from a container of the author's",
      { ...json({ code: 401, message: 'Jwt is missing' }), status: 401 }
    ],
    ['its own 401 with an empty page', { status: 401, headers: { 'content-type': 'text/html' } }]
  ]
  for (const [what, answer] of ANSWERS) {
    callScenario(
      `An application that answers with ${what} is NOT_PRIVATE`,
      { invokers: everybody, app: [answer] },
      async (stage) => {
        assertFailure(await stage.call({ ...PRIVATE, iam_wait: '0' }), 'NOT_PRIVATE')
        assert.deepEqual(callsOf(stage.world), [])
      }
    )
  }

  for (const [what, answer] of Object.entries({ "the front end's 404": FRONT_END[404], ...INFRASTRUCTURE })) {
    callScenario(
      `A public service that is still spreading is found out: ${what} comes first`,
      { invokers: everybody },
      async ({ world, call }) => {
        world.fail(SERVICE_HOST, answer, { times: 1 })
        assertFailure(await call(PRIVATE), 'NOT_PRIVATE', '200 OK')
        assert.deepEqual(callsOf(world), [])
      }
    )

    callScenario(
      `It is not known where ${what} is all that comes`,
      { invokers: everybody },
      async ({ world, call }) => {
        world.fail(SERVICE_HOST, answer)
        const run = await call({ ...PRIVATE, ...SHORT, expect_status: `${answer.status}` })
        assertFailure(run, 'NOT_REACHED', 'without a token')
        assertWithin(run, SHORT)
        assert.deepEqual(callsOf(world), [])
      }
    )
  }

  const perimeter = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc"
  callScenario(
    'A refusal of VPC Service Controls, which an application may hand on, shows nothing',
    { invokers: everybody, app: [{ ...json({ error: { code: 403, message: perimeter } }), status: 403 }] },
    async ({ world, call }) => {
      assertFailure(
        await call({ ...PRIVATE, ...SHORT }),
        'NOT_REACHED',
        'a perimeter protects the service, or something'
      )
      assert.deepEqual(callsOf(world), [])
    }
  )

  callScenario(
    'A path that Google keeps for itself shows nothing about a public service',
    { invokers: everybody },
    async ({ call }) => {
      const url = `https://${SERVICE_HOST}/healthz`
      assertFailure(await call({ ...PRIVATE, url, expect_status: '404', ...SHORT }), 'NOT_REACHED', '/healthz')
    }
  )

  callScenario('An outage of IAP refuses nobody', { invokers: everybody }, async ({ world, call }) => {
    const outage = { status: 500, headers: { 'x-goog-iap-generated-response': 'true' }, body: 'Error code 9' }
    world.fail(SERVICE_HOST, outage, { times: 1 })
    assertFailure(await call(PRIVATE), 'NOT_PRIVATE', '200 OK')
  })

  for (const method of ['HEAD', 'OPTIONS', 'POST']) {
    callScenario(`A public service is found out with ${method} too`, { invokers: everybody }, async ({ call }) => {
      assertFailure(await call({ ...PRIVATE, method }), 'NOT_PRIVATE')
    })
  }

  callScenario(
    "A HEAD that the application refuses is the application's",
    { invokers: everybody, app: [{ status: 401, headers: BASIC, body: '<p>Log in' }] },
    async ({ call }) => {
      assertFailure(await call({ ...PRIVATE, method: 'HEAD' }), 'NOT_PRIVATE')
    }
  )

  callScenario(
    'An exact status in expect_status does not make a public service private',
    { invokers: everybody, app: [401] },
    async (stage) => {
      assertFailure(await stage.call({ ...PRIVATE, expect_status: '401' }), 'NOT_PRIVATE')
    }
  )

  callScenario('What was not refused until the deadline is not known to be private', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'service unavailable')
    const run = await call({ ...PRIVATE, ...SHORT })
    assertFailure(run, 'SERVICE_UNAVAILABLE', 'without')
    assertWithin(run, SHORT)
    assert.deepEqual(callsOf(world), [])
  })
})
