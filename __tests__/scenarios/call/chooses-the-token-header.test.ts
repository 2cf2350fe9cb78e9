import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, callsOf, json } from '../call-given.ts'
import type { AppAnswer, AppRequest, Inputs } from '../call-given.ts'
import { ACCOUNT, assertFailure, assertSuccess } from '../given.ts'

const OWN = 'Bearer the-application-s-own-key'
const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'
const isOwn = "authorization == 'Bearer the-application-s-own-key'"
/** Shows the application's own Authorization header, as it arrived. */
const app = ({ headers }: AppRequest): AppAnswer =>
  json({ authorization: headers.authorization?.replace(/^(?!Bearer the).*/s, 'other') })

describe('The header with the token', { concurrency: 4 }, () => {
  const CHOICES: readonly [string, Inputs, string][] = [
    ['Authorization by itself', {}, 'authorization'],
    [
      'X-Serverless-Authorization on request',
      { token_header: 'X-Serverless-Authorization' },
      'x-serverless-authorization'
    ],
    ['any case of letters', { token_header: 'x-serverless-AUTHORIZATION' }, 'x-serverless-authorization'],
    [
      'Authorization where X-Serverless-Authorization is taken',
      { headers: 'X-Other: 1', token_header: 'Authorization' },
      'authorization'
    ]
  ]
  for (const [what, inputs, header] of CHOICES) {
    callScenario(`It is ${what}`, {}, async ({ world, call }) => {
      assertSuccess(await call(inputs))
      const [request] = callsOf(world)
      const carriers = ['authorization', 'x-serverless-authorization', 'proxy-authorization'].filter(
        (name) => request?.headers[name] !== undefined
      )
      assert.deepEqual(carriers, [header])
      assert.match(String(request?.headers[header]), /^Bearer eyJ/)
    })
  }

  for (const name of ['Authorization', 'authorization', 'AUTHORIZATION']) {
    callScenario(
      `The application's own ${name} reaches it untouched`,
      { app, stripsAuthorization: true },
      async (stage) => {
        const run = await stage.call({
          headers: `${name}: Basic dXNlcjpwYXNz`,
          expect_json: "authorization == 'other'"
        })
        assertSuccess(run)
        const [request] = callsOf(stage.world)
        assert.match(String(request?.headers['x-serverless-authorization']), /^Bearer eyJ/)
        assert.equal(request?.headers.authorization, 'Basic dXNlcjpwYXNz')
        assert.ok(!`${run.log}${run.summary}`.includes('dXNlcjpwYXNz'))
      }
    )
  }

  callScenario('Both tokens arrive where they belong', { app }, async ({ call }) => {
    assertSuccess(await call({ headers: `Authorization: ${OWN}`, expect_json: isOwn }))
  })

  const iap = { clientId: CLIENT_ID, accessors: [`serviceAccount:${ACCOUNT}`] }
  callScenario(
    "Proxy-Authorization takes the token through IAP, past the application's own",
    { iap, app },
    async (stage) => {
      const inputs = { audience: CLIENT_ID, token_header: 'Proxy-Authorization', headers: `Authorization: ${OWN}` }
      assertSuccess(await stage.call({ ...inputs, expect_json: isOwn }))
      assert.match(String(callsOf(stage.world)[0]?.headers['proxy-authorization']), /^Bearer eyJ/)
    }
  )

  const WRONG: readonly Inputs[] = [
    { headers: `Authorization: ${OWN}`, token_header: 'Authorization' },
    { headers: 'x-serverless-authorization: x', token_header: 'X-Serverless-Authorization' },
    { headers: 'Proxy-Authorization: x', token_header: 'proxy-authorization' },
    { headers: `Authorization: ${OWN}\nX-Serverless-Authorization: x` },
    { token_header: 'X-Token' },
    { headers: 'Authorization: a\nauthorization: b' }
  ]
  for (const inputs of WRONG) {
    callScenario(`${JSON.stringify(inputs)} is INPUT_INVALID before any request`, {}, async ({ world, call }) => {
      const run = await call(inputs)
      assertFailure(run, 'INPUT_INVALID')
      assert.deepEqual(world.requests, [])
      assert.ok(!run.log.includes('own-key'), run.log)
    })
  }
})
