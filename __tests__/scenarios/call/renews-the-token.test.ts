import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { attemptLines, callScenario, callsOf, FRONT_END, mintedTokens, statusesOf, tokenOf } from '../call-given.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertSuccess,
  claimsOf,
  givenFederation,
  givenService,
  listRequests,
  scenario,
  SERVICE_HOST,
  SERVICE_URL
} from '../given.ts'

describe('Another token', { concurrency: 4 }, () => {
  callScenario('A 401 of the front end leads to one new token and one more try', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, FRONT_END[401], { times: 1 })
    const run = await call()
    assertSuccess(run)
    assert.deepEqual(statusesOf(callsOf(world)), [401, 200])
    assert.equal(mintedTokens(world), 2)
    assert.match(run.log, /Attempt 1: .*401.*new token/)
  })

  callScenario('A second 401 of the front end is TOKEN_REJECTED', {}, async ({ world, call }) => {
    const run = await call({ audience: 'https://elsewhere.example' })
    assertFailure(run, 'TOKEN_REJECTED', 'https://elsewhere.example')
    assert.deepEqual(statusesOf(callsOf(world)), [401, 401])
    assert.equal(mintedTokens(world), 2)
    assert.equal(run.outputs['status'], '401')
    assert.equal(run.outputs['attempts'], '2')
  })

  callScenario(
    'Once renewed, a token is not renewed again after a pause',
    { app: [503, 200] },
    async ({ world, call }) => {
      world.fail(SERVICE_HOST, FRONT_END[401], { times: 1 })
      world.fail(SERVICE_HOST, { status: 503 }, { times: 1 })
      world.fail(SERVICE_HOST, FRONT_END[401])
      assertFailure(await call(), 'TOKEN_REJECTED')
      assert.deepEqual(statusesOf(callsOf(world)), [401, 503, 401])
      assert.equal(mintedTokens(world), 2)
    }
  )

  callScenario('A POST that the front end refuses is sent again with a new token', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, FRONT_END[401], { times: 1 })
    assertSuccess(await call({ method: 'POST', body: 'once' }))
    assert.deepEqual(
      callsOf(world).map(({ body }) => body),
      ['once', 'once']
    )
  })

  callScenario('When no new token can be had, the answer that asked for one is in the outputs', {}, async (stage) => {
    const { world } = stage
    world.metadataServer.enable({ email: ACCOUNT })
    world.fail(SERVICE_HOST, FRONT_END[401])
    const path = /identity/
    // The first token is granted.
    world.fail('metadata.google.internal', {}, { times: 1, path })
    world.fail('metadata.google.internal', { status: 404, body: 'gone' }, { path })
    const run = await stage.call({ credentials_json: '' }, { env: world.env() })
    assert.equal(run.exitCode, 1)
    assert.notEqual(run.outputs['failure_code'], 'TOKEN_REJECTED')
    assert.equal(attemptLines(run).length, 1)
    assert.deepEqual([run.outputs['status'], run.outputs['attempts']], ['401', '1'])
  })

  callScenario(
    'A token that would expire before the attempt ends is renewed',
    (world) => ({
      app: ({ number }) => {
        world.clock.aheadMs = 0
        return number === 1 ? { status: 503, headers: { 'retry-after': '8' } } : 200
      }
    }),
    async ({ world, call }) => {
      world.metadataServer.enable({ email: ACCOUNT })
      // Tokens live an hour; these have seventeen seconds left.
      world.clock.aheadMs = -(3600 - 17) * 1000
      const run = await call({ credentials_json: '', timeout: '10s' }, { env: world.env() })
      assertSuccess(run)
      const tokens = callsOf(world).map((request) => claimsOf(tokenOf(request)))
      assert.equal(tokens.length, 2)
      assert.equal(tokens[1]?.['aud'], SERVICE_URL)
      assert.ok(Number(tokens[1]['exp']) > Number(tokens[0]?.['exp']) + 3000)
    }
  )

  callScenario('A timeout longer than the life of a token asks for no other one', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, { status: 503 }, { times: 1 })
    assertSuccess(await call({ timeout: '65m', deadline: '70m' }))
    assert.deepEqual(statusesOf(callsOf(world)), [503, 200])
    assert.equal(mintedTokens(world), 1)
  })
})

scenario('A machine that is two hours ahead needs no token but the first', async ({ world, run }) => {
  givenService(world)
  world.clock.aheadMs = -2 * 60 * 60 * 1000
  assertSuccess(await run(await givenFederation(world), { inputs: { url: SERVICE_URL } }))
  assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken(), ASKED.service])
})
