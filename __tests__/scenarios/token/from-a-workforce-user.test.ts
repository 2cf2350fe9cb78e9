import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, membersOf, scenario } from '../given.ts'
import { asFile, asInput, externalAccount, FOR_SERVICE, ISSUER } from '../token-documents.ts'

const REFRESH = 'POST sts.googleapis.com/v1/oauthtoken'
const AS_ACCOUNT = { inputs: { service_account: ACCOUNT } }

function givenWorkforceUser(world: PretendGoogle, session: 'active' | 'revoked' = 'active'): object {
  const provider = world.addWorkforcePool({ pool: 'staff', provider: 'idp' })
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(membersOf(provider).subject('jane'), 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
  return world.addWorkforceUser({ provider, subject: 'jane', session })
}

scenario('A workforce identity becomes a service account', async ({ world, run }) => {
  const document = givenWorkforceUser(world)
  const result = await run(FOR_SERVICE, asFile(document), AS_ACCOUNT)
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [REFRESH, ASKED.idToken()])
  assert.equal(result.outputs['email'], ACCOUNT)
})

scenario('A workforce identity by itself fails before any request', async ({ world, run }) => {
  const document = givenWorkforceUser(world)
  assertFailure(await run(FOR_SERVICE, asInput(document)), 'SERVICE_ACCOUNT_REQUIRED', 'workforcePools/staff')
  assert.deepEqual(listRequests(world), [])
})

scenario('The binding for a workforce identity names its pool as IAM does', async ({ world, run }) => {
  const document = givenWorkforceUser(world)
  const result = await run(FOR_SERVICE, asInput(document))
  assertFailure(
    result,
    'SERVICE_ACCOUNT_REQUIRED',
    '--member=principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/SUBJECT'
  )
})

scenario('A workforce session that is over asks for a new sign-in', async ({ world, run }) => {
  const document = givenWorkforceUser(world, 'revoked')
  const result = await run(FOR_SERVICE, asInput(document), AS_ACCOUNT)
  assertFailure(result, 'CREDENTIALS_EXPIRED', 'Sign in again with the login configuration')
  assert.deepEqual(listRequests(world), [REFRESH])
})

for (const withClient of [false, true]) {
  const title = withClient ? 'authenticates its client and names no project' : 'names the project that is charged'
  scenario(`A workforce identity with a token of its own ${title}`, async ({ world, run }) => {
    const provider = world.addWorkforcePool({
      pool: 'staff',
      provider: 'idp',
      source: { kind: 'oidc', issuer: ISSUER }
    })
    world.addServiceAccount({ email: ACCOUNT })
    world.grant(membersOf(provider).subject('jane'), 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    const token = await world.issueOidcToken(ISSUER, { sub: 'jane', aud: `//iam.googleapis.com/${provider}` })
    const { id, secret } = world.addClient()
    const document = {
      ...externalAccount(provider, { file: 'token.txt' }),
      workforce_pool_user_project: '123456789012',
      ...(withClient ? { client_id: id, client_secret: secret } : {})
    }
    assertSuccess(await run(FOR_SERVICE, asInput(document), AS_ACCOUNT, { files: { 'token.txt': token } }))
    assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
    assert.equal(new URLSearchParams(world.requests[0]?.body).has('options'), !withClient)
  })
}
