import assert from 'node:assert/strict'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertNoToken,
  assertSuccess,
  claimsOf,
  givenFederation,
  givenService,
  listRequests,
  scenario,
  SERVICE_URL
} from '../given.ts'
import { asInput } from '../token-documents.ts'

const AUDIENCES = ['https://one.example', 'https://two.example/path', 'three']
const THREE = { inputs: { audience: `${AUDIENCES.join('\n')}\n\n ${String(AUDIENCES[0])} \n` } }

function tokensOf(outputs: Readonly<Record<string, string>>): Record<string, string> {
  return JSON.parse(outputs['id_tokens'] ?? '') as Record<string, string>
}

scenario(
  'Several audiences share GitHub’s token and the exchange, and cost one request each',
  async ({ world, run }) => {
    const result = await run(await givenFederation(world), THREE)
    assertSuccess(result)
    assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken(), ASKED.idToken(), ASKED.idToken()])
    const tokens = tokensOf(result.outputs)
    assert.deepEqual(Object.keys(tokens), AUDIENCES)
    for (const [audience, token] of Object.entries(tokens)) assert.equal(claimsOf(token)['aud'], audience)
    assert.equal(result.outputs['id_token'], tokens['https://one.example'])
    assert.equal(result.outputs['audience'], 'https://one.example')
  }
)

scenario('A key asks once for each audience', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  assertSuccess(await run(asInput(await world.addServiceAccountKey(ACCOUNT)), THREE))
  assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.oauth, ASKED.oauth])
})

scenario('A machine looks for its metadata server once and asks once for each audience', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  world.metadataServer.enable({ email: ACCOUNT })
  assertSuccess(await run({ env: world.env() }, THREE))
  assert.deepEqual(listRequests(world), [ASKED.detection, ...AUDIENCES.map(() => ASKED.machineIdToken)])
})

scenario('The call uses the first audience, and the others are there for later steps', async ({ world, run }) => {
  const url = givenService(world)
  const result = await run(await givenFederation(world), {
    inputs: { url, audience: `${SERVICE_URL}\nhttps://b.example` }
  })
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken(), ASKED.idToken(), ASKED.service])
  assert.deepEqual(Object.keys(tokensOf(result.outputs)), [SERVICE_URL, 'https://b.example'])
})

scenario('Where one of several tokens cannot be had, none is handed on', async ({ world, run }) => {
  // Behind the other two, and so slowly that these have arrived by then.
  const delivery = { dripMs: 100 }
  world.fail('iamcredentials.googleapis.com', {}, { times: 2 })
  world.fail('iamcredentials.googleapis.com', { status: 400, body: `{${' '.repeat(20)}}`, delivery }, { times: 1 })
  const result = await run(await givenFederation(world), THREE)
  assertFailure(result, 'IMPERSONATION_DENIED')
  assertNoToken(result)
})
