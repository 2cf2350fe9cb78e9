import assert from 'node:assert/strict'
import { GCLOUD_CLIENT_ID } from '../../pretend-google/tokens/accounts.ts'
import type { ActionRun } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertSuccess,
  claimsOf,
  listRequests,
  scenario,
  SERVICE_HOST
} from '../given.ts'
import { asFile, asInput, FOR_SERVICE } from '../token-documents.ts'

const PERSON = 'jane@octo-org.example'

function warningsOf(run: ActionRun): string[] {
  return run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
}

scenario('A person’s token is handed on with a warning and the audience that it really has', async ({ world, run }) => {
  const result = await run(FOR_SERVICE, asFile(world.addUser({ email: PERSON })))
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.oauth])
  assert.equal(claimsOf(result.outputs['id_token'])['aud'], GCLOUD_CLIENT_ID)
  assert.equal(result.outputs['audience'], GCLOUD_CLIENT_ID)
  assert.equal(result.outputs['email'], PERSON)
  assert.equal(warningsOf(result).length, 1, result.log)
  assert.match(warningsOf(result)[0] ?? '', new RegExp(GCLOUD_CLIENT_ID.replaceAll('.', '\\.')))
})

scenario(
  'Several audiences of a person cost one request, and the tokens are found by what was asked',
  async (stage) => {
    const { world, run } = stage
    const inputs = { audience: 'https://one.example\nhttps://two.example' }
    const result = await run(asInput(world.addUser({ email: PERSON })), { inputs })
    assertSuccess(result)
    assert.deepEqual(listRequests(world), [ASKED.oauth])
    const tokens = JSON.parse(result.outputs['id_tokens'] ?? '') as Record<string, string>
    assert.deepEqual(Object.keys(tokens), ['https://one.example', 'https://two.example'])
    assert.equal(result.outputs['audience'], GCLOUD_CLIENT_ID)
    assert.equal(warningsOf(result).length, 1, result.log)
  }
)

scenario('Cloud Run lets a person in who may invoke the service', async ({ world, run }) => {
  const url = world.addService({ host: SERVICE_HOST, invokers: [`user:${PERSON}`] })
  const result = await run(asInput(world.addUser({ email: PERSON })), { inputs: { url } })
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.service])
})

scenario('A person becomes a service account, and then nothing needs a warning', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(`user:${PERSON}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
  const result = await run(FOR_SERVICE, asInput(world.addUser({ email: PERSON })), {
    inputs: { service_account: ACCOUNT }
  })
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.idToken()])
  assert.deepEqual(warningsOf(result), [])
})

scenario('A person who may not become the account is named as the member to bind', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const result = await run(FOR_SERVICE, asInput(world.addUser({ email: PERSON })), {
    inputs: { service_account: ACCOUNT }
  })
  assertFailure(result, 'IMPERSONATION_DENIED', '--member=user:')
})

scenario('A person who signed in without the scope openid has no ID token', async ({ world, run }) => {
  const scopes = ['https://www.googleapis.com/auth/cloud-platform']
  const result = await run(FOR_SERVICE, asInput(world.addUser({ email: PERSON, scopes })))
  assertFailure(result, 'TOKEN_INVALID', 'Sign in again with the scope openid')
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

for (const [session, words] of [
  ['revoked', 'Token has been expired or revoked.'],
  ['reauth', 'reauth related error (invalid_rapt)']
] as const) {
  scenario(`A person whose session is ${session} has to sign in again`, async ({ world, run }) => {
    const result = await run(FOR_SERVICE, asInput(world.addUser({ email: PERSON, session })))
    assertFailure(result, 'CREDENTIALS_EXPIRED', words)
    assert.deepEqual(listRequests(world), [ASKED.oauth])
  })
}

scenario('A person whose document has the wrong client is told apart', async ({ world, run }) => {
  const document = { ...world.addUser({ email: PERSON }), client_id: 'somebody-elses.apps.googleusercontent.com' }
  const result = await run(FOR_SERVICE, asInput(document))
  assertFailure(result, 'CREDENTIALS_EXPIRED', 'OAuth client in the document was deleted')
})
