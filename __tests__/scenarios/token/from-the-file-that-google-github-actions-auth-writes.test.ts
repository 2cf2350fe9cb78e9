import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, givenFederation, listRequests, scenario } from '../given.ts'
import { asFile, FOR_SERVICE, impersonationUrl } from '../token-documents.ts'

/** Member by member what `google-github-actions/auth` leaves in the workspace. */
async function givenAuthFile(
  world: PretendGoogle,
  account?: string
): Promise<{ env: Record<string, string>; document: object }> {
  const { inputs, env } = await givenFederation(world)
  const provider = String(inputs['workload_identity_provider'])
  const audience = encodeURIComponent(`https://iam.googleapis.com/${provider}`)
  const document = {
    type: 'external_account',
    audience: `//iam.googleapis.com/${provider}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: {
      url: `${String(env['ACTIONS_ID_TOKEN_REQUEST_URL'])}&audience=${audience}`,
      headers: { Authorization: `Bearer ${String(env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'])}` },
      format: { type: 'json', subject_token_field_name: 'value' }
    },
    ...(account === undefined ? {} : { service_account_impersonation_url: impersonationUrl(account) }),
    universe_domain: 'googleapis.com'
  }
  return { env, document }
}

scenario('The file with a service account works as it is', async ({ world, run }) => {
  const { env, document } = await givenAuthFile(world, ACCOUNT)
  assertSuccess(await run(FOR_SERVICE, asFile(document), { env }))
  assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken()])
})

scenario('The file of direct federation works with the input service_account', async ({ world, run }) => {
  const { env, document } = await givenAuthFile(world)
  assertSuccess(await run(FOR_SERVICE, asFile(document), { env, inputs: { service_account: ACCOUNT } }))
  assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken()])
})

scenario('The file of direct federation without service_account fails before any request', async ({ world, run }) => {
  const { env, document } = await givenAuthFile(world)
  assertFailure(await run(FOR_SERVICE, asFile(document), { env }), 'SERVICE_ACCOUNT_REQUIRED')
  assert.deepEqual(listRequests(world), [])
})

scenario('The file of another job, whose request token is no longer good, fails at GitHub', async ({ world, run }) => {
  const { document } = await givenAuthFile(world, ACCOUNT)
  const { refresh_token: other } = world.addUser({ email: 'somebody@octo-org.example' })
  const stale = JSON.stringify(document).replace(/Bearer [^"]+/, `Bearer ${String(other)}`)
  const result = await run(FOR_SERVICE, asFile(JSON.parse(stale) as object))
  assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', '401', 'Unauthorized')
  assert.deepEqual(listRequests(world), [ASKED.github])
})

scenario('The file that a checkout removed is recognised by its name', async ({ run }) => {
  const result = await run(FOR_SERVICE, { env: { GOOGLE_APPLICATION_CREDENTIALS: 'gha-creds-0123456789abcdef.json' } })
  assertFailure(result, 'CREDENTIALS_INVALID', 'Put actions/checkout before')
})
