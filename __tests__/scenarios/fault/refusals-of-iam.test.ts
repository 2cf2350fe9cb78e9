import assert from 'node:assert/strict'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertNoToken,
  givenFederation,
  listRequests,
  membersOf,
  OTHER_ACCOUNT,
  scenario
} from '../given.ts'
import { asInput, FOR_SERVICE } from '../token-documents.ts'

scenario('A missing binding names caller, account, permission and the command', async ({ world, run }) => {
  const federation = await givenFederation(world)
  world.addServiceAccount({ email: OTHER_ACCOUNT })
  const result = await run(federation, FOR_SERVICE, { inputs: { service_account: OTHER_ACCOUNT } })
  const { repository } = membersOf(String(federation.inputs['workload_identity_provider']))
  assertFailure(
    result,
    'IMPERSONATION_DENIED',
    `no ID token of ${OTHER_ACCOUNT}: no grant of iam.serviceAccounts.getOpenIdToken matches`,
    `--member=${repository}`
  )
  assertNoToken(result)
  assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken(OTHER_ACCOUNT)])
})

scenario('A binding for a key’s account asks for the smallest role', async ({ world, run }) => {
  for (const email of [ACCOUNT, OTHER_ACCOUNT]) world.addServiceAccount({ email })
  const key = asInput(await world.addServiceAccountKey(OTHER_ACCOUNT))
  assertFailure(
    await run(FOR_SERVICE, key, { inputs: { service_account: ACCOUNT } }),
    'IMPERSONATION_DENIED',
    `gave ${OTHER_ACCOUNT} no ID token of ${ACCOUNT}`
  )
})

scenario('The old words for a missing permission are understood too', async ({ world, run }) => {
  const body = JSON.stringify({
    error: { code: 403, message: 'The caller does not have permission', status: 'PERMISSION_DENIED' }
  })
  world.fail('iamcredentials.googleapis.com', { status: 403, body })
  const result = await run(await givenFederation(world), FOR_SERVICE)
  assertFailure(result, 'IMPERSONATION_DENIED', 'iam.serviceAccounts.getOpenIdToken')
})

scenario('A disabled API is told apart, with the project and the command', async ({ world, run }) => {
  world.disableApi('iamcredentials.googleapis.com', '123456789012')
  assertFailure(await run(await givenFederation(world), FOR_SERVICE), 'API_DISABLED', 'in project 123456789012')
  assert.equal(world.requests.length, 3)
})

scenario('An account that does not exist is told apart', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const { everybody } = membersOf(String(federation.inputs['workload_identity_provider']))
  const nobody = 'nobody@octo-project.iam.gserviceaccount.com'
  world.grant(everybody, 'roles/iam.workloadIdentityUser', nobody)
  assertFailure(
    await run(federation, FOR_SERVICE, { inputs: { service_account: nobody } }),
    'SERVICE_ACCOUNT_NOT_FOUND',
    nobody
  )
})

scenario('An account that is disabled is told apart from a missing permission', async ({ world, run }) => {
  const federation = await givenFederation(world)
  world.disableServiceAccount(ACCOUNT)
  assertFailure(await run(federation, FOR_SERVICE), 'SERVICE_ACCOUNT_NOT_FOUND', ACCOUNT)
})

const LOGIN =
  'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.'
const ANSWERS = [
  {
    title: 'An invalid argument',
    status: 400,
    error: { status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
    code: 'IMPERSONATION_DENIED',
    words: ['calls the request for a token']
  },
  {
    title: 'An access token that has expired',
    status: 401,
    error: {
      status: 'UNAUTHENTICATED',
      message: LOGIN,
      details: [{ reason: 'ACCESS_TOKEN_EXPIRED', domain: 'googleapis.com' }]
    },
    code: 'CREDENTIALS_EXPIRED',
    words: ['has expired']
  },
  {
    title: 'An access token with too few scopes',
    status: 403,
    error: {
      status: 'PERMISSION_DENIED',
      message: 'Request had insufficient authentication scopes.',
      details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', domain: 'googleapis.com' }]
    },
    code: 'IMPERSONATION_DENIED',
    words: ['https://www.googleapis.com/auth/cloud-platform']
  }
] as const

for (const { title, status, error, code, words } of ANSWERS) {
  scenario(`${title} is explained in words of its own`, async ({ world, run }) => {
    world.fail('iamcredentials.googleapis.com', { status, body: JSON.stringify({ error: { code: status, ...error } }) })
    const result = await run(await givenFederation(world), FOR_SERVICE)
    assertFailure(result, code, error.message, ...words)
    assertNoToken(result)
  })
}

for (const [status, name] of [
  [429, 'RESOURCE_EXHAUSTED'],
  [503, 'UNAVAILABLE']
] as const) {
  scenario(`IAM answers ${name}, and names a time beyond the deadline`, async ({ world, run }) => {
    const body = JSON.stringify({ error: { code: status, message: 'Try again later.', status: name } })
    world.fail('iamcredentials.googleapis.com', { status, headers: { 'retry-after': '3600' }, body })
    const result = await run(await givenFederation(world), FOR_SERVICE)
    assertFailure(result, 'GOOGLE_UNAVAILABLE', 'iamcredentials.googleapis.com', String(status), 'Try again later.')
  })
}
