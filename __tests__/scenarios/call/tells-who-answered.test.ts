import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, callsOf, FRONT_END, INFRASTRUCTURE, mintedTokens, requestsTo } from '../call-given.ts'
import { assertFailure, assertSuccess, SERVICE_HOST, SHORT } from '../given.ts'

const html = (status: number): { status: number; headers: Record<string, string>; body: string } => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<pre>Cannot HEAD / (${status})</pre>`
})

describe('A HEAD that is refused', { concurrency: 4 }, () => {
  for (const status of [401, 403]) {
    callScenario(
      `A ${status} of the application is its own, and asked about once with GET`,
      { app: [html(status)] },
      async ({ world, call }) => {
        assertFailure(await call({ method: 'HEAD' }), 'EXPECTATION_FAILED')
        assert.deepEqual(
          requestsTo(world).map(({ method }) => method),
          ['HEAD', 'GET']
        )
        assert.equal(mintedTokens(world), 1)
      }
    )
  }

  callScenario("A 404 of the application's own route is its own", { app: [html(404)] }, async ({ call }) => {
    assertFailure(await call({ method: 'HEAD', ...SHORT }), 'EXPECTATION_FAILED')
  })

  callScenario('A 404 of the application is what 4xx expects', { app: [html(404)] }, async ({ call }) => {
    assertSuccess(await call({ method: 'HEAD', expect_status: '4xx' }))
  })

  callScenario("A 403 of the front end is still the front end's", { invokers: [] }, async ({ world, call }) => {
    assertFailure(await call({ method: 'HEAD', iam_wait: '0', expect_status: '4xx' }), 'INVOKER_MISSING')
    assert.equal(callsOf(world).length, 2)
  })
})

describe('What Google answers before the service', { concurrency: 4 }, () => {
  for (const [what, answer] of Object.entries(INFRASTRUCTURE)) {
    callScenario(`The page of ${what} is not the application's`, {}, async ({ world, call }) => {
      world.fail(SERVICE_HOST, answer)
      assertFailure(await call({ ...SHORT, expect_status: '4xx' }), 'NOT_REACHED')
    })
  }

  callScenario(
    "A page of the application around Google's is the application's",
    { app: [{ ...FRONT_END[403], body: `<p>The backend said:${FRONT_END[403].body}` }] },
    async ({ world, call }) => {
      assertFailure(await call(), 'EXPECTATION_FAILED')
      assert.equal(callsOf(world).length, 1)
    }
  )
})

describe('A header that comes more than once', { concurrency: 4 }, () => {
  const cookies = ['session=abc; Path=/; HttpOnly', 'theme=dark; Path=/']
  const app = [{ headers: { 'set-cookie': cookies, 'x-dup': ['one', 'two'], 'x-one': 'one' } }]

  callScenario(
    'Each value is held against the pattern, and the output has them as a list',
    { app },
    async ({ call }) => {
      const run = await call({
        expect_headers: 'Set-Cookie: ^session=.*; HttpOnly$\nSet-Cookie: ^theme=\nX-Dup: ^two$\nX-One: ^one$'
      })
      assertSuccess(run)
      const headers = JSON.parse(run.outputs['headers'] ?? '{}') as Record<string, unknown>
      assert.deepEqual([headers['set-cookie'], headers['x-dup'], headers['x-one']], [cookies, ['one', 'two'], 'one'])
    }
  )

  callScenario('A pattern never matches across two values', { app }, async ({ call }) => {
    const run = await call({ method: 'POST', expect_headers: 'Set-Cookie: HttpOnly.*theme' })
    assertFailure(run, 'EXPECTATION_FAILED', 'Set-Cookie')
  })
})
