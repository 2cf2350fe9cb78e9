import assert from 'node:assert/strict'
import { isMaskedBeforeUse } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  assertFailure,
  assertSuccess,
  claimsOf,
  givenFederation,
  givenService,
  scenario,
  SERVICE_HOST,
  SERVICE_URL
} from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

scenario(
  'A run that only gets tokens sets every output about the token, and none about a call',
  async ({ world, run }) => {
    const { outputs } = await run(await givenFederation(world), FOR_SERVICE)
    assert.deepEqual(Object.keys(outputs).toSorted(), [
      'audience',
      'email',
      'expires_at',
      'failure_code',
      'id_token',
      'id_tokens',
      'outcome'
    ])
    const { exp } = claimsOf(outputs['id_token'])
    assert.equal(Date.parse(outputs['expires_at'] ?? ''), Number(exp) * 1000)
    assert.match(outputs['expires_at'] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    assert.deepEqual(JSON.parse(outputs['id_tokens'] ?? ''), { [SERVICE_URL]: outputs['id_token'] })
  }
)

scenario('A call that fails leaves the outputs that were there before it', async ({ world, run }) => {
  world.addService({
    host: SERVICE_HOST,
    invokers: [`serviceAccount:${ACCOUNT}`],
    app: [{ status: 418, body: 'teapot' }]
  })
  const result = await run(await givenFederation(world), { inputs: { url: SERVICE_URL } })
  assertFailure(result, 'EXPECTATION_FAILED')
  const { outputs } = result
  assert.notEqual(outputs['id_token'] ?? '', '')
  assert.deepEqual(
    [outputs['email'], outputs['audience'], outputs['status'], outputs['body'], outputs['attempts']],
    [ACCOUNT, SERVICE_URL, '418', 'teapot', '1']
  )
})

scenario('A failure before any token sets outcome and failure_code, and nothing else', async ({ run }) => {
  const { outputs } = await run(FOR_SERVICE)
  assert.deepEqual(outputs, { outcome: 'failure', failure_code: 'CREDENTIALS_NOT_FOUND' })
})

scenario('export_env hands the first token to later steps', async ({ world, run }) => {
  const inputs = { audience: `${SERVICE_URL}\nhttps://other.example`, export_env: 'ID_TOKEN' }
  const { environment, outputs } = await run(await givenFederation(world), { inputs })
  assert.deepEqual(environment, { ID_TOKEN: outputs['id_token'] })
})

scenario('Without export_env the environment stays as it is', async ({ world, run }) => {
  const { environment, state, paths } = await run(await givenFederation(world), FOR_SERVICE)
  assert.deepEqual({ environment, state, paths }, { environment: {}, state: {}, paths: [] })
})

scenario('Every token and its signature are masked before anything else is said about them', async ({ world, run }) => {
  const url = givenService(world)
  const result = await run(await givenFederation(world), { inputs: { url } })
  assertSuccess(result)
  for (const { kind, value } of world.secrets()) {
    const received = ['OIDC token', 'federated access token', 'ID token'].includes(kind)
    if (received) assert.ok(isMaskedBeforeUse(result, value), kind)
  }
})

scenario('No mask takes a URL, an e-mail or a project out of the log', async ({ world, run }) => {
  const url = givenService(world)
  const federation = await givenFederation(world)
  const result = await run(federation, { inputs: { url } })
  for (const word of [SERVICE_URL, ACCOUNT, federation.inputs['workload_identity_provider'] ?? '']) {
    assert.ok(result.log.includes(word), `${word} is hidden:\n${result.log}`)
  }
})

scenario('Neither stream shows anything but the log', async ({ world, run }) => {
  const { rawStderr } = await run(await givenFederation(world), FOR_SERVICE)
  assert.equal(rawStderr, '')
})
