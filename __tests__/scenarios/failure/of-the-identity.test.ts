import assert from 'node:assert/strict'
import type { ActionRun } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  assertFailure,
  assertNoToken,
  givenFederation,
  membersOf,
  OTHER_ACCOUNT,
  scenario,
  SERVICE_URL
} from '../given.ts'
import { asFile, asInput, externalAccount, FOR_SERVICE } from '../token-documents.ts'

const PERSON = 'jane@octo-org.example'
const PERIMETER =
  "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aBc-12_x. For more information, see the documentation."

/** Asserts that the annotation alone says these. */
function assertAnnotation(run: ActionRun, ...words: readonly string[]): void {
  const annotation = run.annotations.find(({ level }) => level === 'error')?.message ?? ''
  for (const word of words) assert.ok(annotation.includes(word), `No ${word} in: ${annotation}`)
  assert.ok(annotation.length < 4096)
}

scenario('INPUT_INVALID names input, value and what to write instead', async ({ run }) => {
  const result = await run({ inputs: { url: SERVICE_URL, method: 'FETCH' } })
  assertFailure(result, 'INPUT_INVALID', 'Likely cause: ')
  assertAnnotation(result, 'Input method: "FETCH"', 'Use GET, POST')
})

scenario('AUDIENCE_REQUIRED shows the audience of each product', async ({ run }) => {
  const result = await run({ inputs: { url: 'https://shop.octo-org.example/x' } })
  assertFailure(result, 'AUDIENCE_REQUIRED', 'audience: https://SERVICE-', 'apps.googleusercontent.com')
  assertAnnotation(result, 'https://shop.octo-org.example/x', 'Set the input audience')
})

scenario('CREDENTIALS_NOT_FOUND in a job says what to set', async ({ run }) => {
  const result = await run(FOR_SERVICE)
  assertFailure(result, 'CREDENTIALS_NOT_FOUND', 'pull requests from forks', '  id-token: write')
  assertAnnotation(result, 'GOOGLE_APPLICATION_CREDENTIALS: not set', 'Set workload_identity_provider')
})

scenario('CREDENTIALS_INVALID: a file that a checkout removed', async ({ run }) => {
  const env = { GOOGLE_APPLICATION_CREDENTIALS: 'gha-creds-0123456789abcdef.json' }
  const result = await run(FOR_SERVICE, { env })
  assertFailure(result, 'CREDENTIALS_INVALID', 'a checkout after google-github-actions/auth removed')
  assertAnnotation(result, 'gha-creds-0123456789abcdef.json', 'it does not exist', 'Put actions/checkout before')
})

scenario('CREDENTIALS_INVALID: another universe', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const key = { ...(await world.addServiceAccountKey(ACCOUNT)), universe_domain: 's3nsapis.example' }
  const result = await run(FOR_SERVICE, asInput(key))
  assertFailure(result, 'CREDENTIALS_INVALID', 'universe: s3nsapis.example')
  assertAnnotation(result, 'Set the input universe to s3nsapis.example')
})

scenario('CREDENTIALS_INVALID: a foreign host', async ({ world, run }) => {
  const document = externalAccount(
    world.addPool(),
    { file: 'x' },
    { tokenUrl: 'https://sts.octo-org.example/v1/token' }
  )
  const result = await run(FOR_SERVICE, asFile(document))
  assertFailure(result, 'CREDENTIALS_INVALID', 'tampered')
  assertAnnotation(result, 'https://sts.octo-org.example', 'Do not use the document')
})

scenario('CREDENTIALS_INVALID: a document that mentions a universe and is merely broken', async ({ run }) => {
  const result = await run(FOR_SERVICE, { inputs: { credentials_json: '{"type":"universe"}' } })
  assertFailure(result, 'CREDENTIALS_INVALID', 'its type "universe" is unknown', 'cut or quoted')
  assertAnnotation(result, 'Give the whole Application Default Credentials document')
})

scenario('CREDENTIALS_UNSUPPORTED says what to use instead', async ({ run }) => {
  const result = await run(FOR_SERVICE, { inputs: { credentials_json: '{"type":"gdch_service_account"}' } })
  assertFailure(
    result,
    'CREDENTIALS_UNSUPPORTED',
    'no role changes that',
    'workload_identity_provider: projects/NUMBER'
  )
  assertAnnotation(result, 'gdch_service_account', 'Use workload identity federation')
})

scenario('SERVICE_ACCOUNT_REQUIRED shows the input and the binding of the repository', async ({ world, run }) => {
  const { inputs, env } = await givenFederation(world)
  const provider = String(inputs['workload_identity_provider'])
  const result = await run(FOR_SERVICE, { inputs: { workload_identity_provider: provider }, env })
  assertFailure(
    result,
    'SERVICE_ACCOUNT_REQUIRED',
    'service_account: NAME@PROJECT.iam.gserviceaccount.com',
    `--member=${membersOf(provider).repository}`,
    '--role=roles/iam.serviceAccountOpenIdTokenCreator',
    'roles/iam.workloadIdentityUser',
    'The provider must map attribute.repository'
  )
  assertAnnotation(result, provider, 'Set the input service_account')
})

scenario('OIDC_UNAVAILABLE shows the permission', async ({ world, run }) => {
  const { inputs } = await givenFederation(world)
  const result = await run(FOR_SERVICE, { inputs })
  assertFailure(result, 'OIDC_UNAVAILABLE', 'reusable workflow', '  id-token: write')
  assertAnnotation(result, 'Add "id-token: write" to the permissions of the job')
})

scenario('OIDC_FAILED after a 403 says that the job is over', async ({ world, run }) => {
  const federation = await givenFederation(world)
  world.fail(new URL(federation.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '').hostname, { status: 403, body: '{}' })
  const result = await run(federation, FOR_SERVICE)
  assertFailure(result, 'OIDC_FAILED', 'The job is over')
  assertAnnotation(result, 'status 403', 'Ask in the job that needs the token')
})

scenario('SUBJECT_TOKEN_UNAVAILABLE names the file', async ({ world, run }) => {
  const document = externalAccount(world.addPool(), { file: 'token-of-the-cluster' }, { impersonates: ACCOUNT })
  const result = await run(FOR_SERVICE, asFile(document))
  assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'Likely cause: Whatever writes the token')
  assertAnnotation(result, 'token-of-the-cluster', 'it does not exist', 'Check "credential_source"')
})

scenario('FEDERATION_REJECTED: the immutable subject is recognised', async ({ world, run }) => {
  const provider = world.addPool({
    attributeCondition: ({ sub }) => String(sub).startsWith('repo:octo-org/octo-repo:')
  })
  const inputs = { workload_identity_provider: provider, service_account: ACCOUNT }
  const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv({ immutableSubject: true }) })
  assertFailure(
    result,
    'FEDERATION_REJECTED',
    'a condition on "repo:octo-org/octo-repo:" does not match',
    "assertion.repository_owner_id == '9919' && assertion.repository_id == '70107786'"
  )
  assertAnnotation(result, provider, 'Test repository_owner_id and repository_id instead of sub')
})

scenario('FEDERATION_REJECTED: the mapping is not replaced', async ({ world, run }) => {
  const provider = world.addPool()
  const inputs = { workload_identity_provider: provider, service_account: ACCOUNT }
  const claims = { sub: `repo:octo-org/octo-repo:environment:${'long'.repeat(30)}` }
  const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv({ claims }) })
  assertFailure(result, 'FEDERATION_REJECTED', '--format="yaml(attributeMapping)"', ',EVERY_OTHER_ENTRY_AS_SHOWN')
  assertAnnotation(result, 'the update replaces the whole mapping')
})

for (const [what, error, description, words, remedy] of [
  [
    'a client that is wrong',
    'invalid_client',
    'The OAuth client was not found.',
    ['client_id or client_secret'],
    'Make the document again'
  ],
  [
    'a malformed provider',
    'invalid_request',
    'Invalid value for "audience". This value should be the full resource name of the Identity Provider.',
    ['is not the full name of a provider', "--format='value(name)'"],
    'Write it as gcloud prints it'
  ],
  ['a perimeter', 'access_denied', PERIMETER, ['aBc-12_x'], 'ingress rule of the perimeter']
] as const) {
  scenario(`FEDERATION_REJECTED: ${what}`, async ({ world, run }) => {
    world.fail('sts.googleapis.com', { status: 400, body: JSON.stringify({ error, error_description: description }) })
    const result = await run(await givenFederation(world), FOR_SERVICE)
    assertFailure(result, 'FEDERATION_REJECTED', ...words)
    assertAnnotation(result, remedy)
    assert.doesNotMatch(result.log, /allowedAudiences/)
  })
}

scenario(
  'IMPERSONATION_DENIED asks for the least role, and says what the provider must map',
  async ({ world, run }) => {
    const federation = await givenFederation(world)
    world.addServiceAccount({ email: OTHER_ACCOUNT })
    const result = await run(federation, FOR_SERVICE, { inputs: { service_account: OTHER_ACCOUNT } })
    assertFailure(
      result,
      'IMPERSONATION_DENIED',
      ' --role=roles/iam.serviceAccountOpenIdTokenCreator',
      `gcloud iam service-accounts describe ${OTHER_ACCOUNT}   # NOT_FOUND: there is no such account`,
      'roles/iam.workloadIdentityUser, which contains the permission too',
      'attribute.repository=assertion.repository'
    )
    assertAnnotation(
      result,
      OTHER_ACCOUNT,
      'iam.serviceAccounts.getOpenIdToken is missing',
      `Check how ${OTHER_ACCOUNT} is spelled, grant the caller roles/iam.serviceAccountOpenIdTokenCreator on it`
    )
  }
)

for (const [what, status, reason, message, sentence] of [
  ['a perimeter', 403, 'SECURITY_POLICY_VIOLATED', PERIMETER, 'VPC Service Controls keep'],
  [
    'a project that may not be charged',
    403,
    'USER_PROJECT_DENIED',
    'Caller does not have required permission to use project octo-project.',
    'serviceusage.serviceUsageConsumer on project octo-project'
  ],
  [
    'too few scopes',
    403,
    'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    'Request had insufficient authentication scopes.',
    'its scopes do not reach'
  ],
  [
    'a token that did not arrive',
    401,
    'CREDENTIALS_MISSING',
    'Request is missing credential.',
    'does not know the access token'
  ],
  ['an invalid request', 400, undefined, 'Request contains an invalid argument.', 'calls the request']
] as const) {
  scenario(`IMPERSONATION_DENIED: ${what} is no missing role`, async ({ world, run }) => {
    const details = reason === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }]
    const body = JSON.stringify({ error: { code: status, message, status: 'PERMISSION_DENIED', details } })
    world.fail('iamcredentials.googleapis.com', { status, body })
    const result = await run(await givenFederation(world), FOR_SERVICE)
    assertFailure(result, 'IMPERSONATION_DENIED', message.slice(0, 40))
    assertAnnotation(result, sentence, ACCOUNT)
    assert.doesNotMatch(result.log, /service-accounts add-iam-policy-binding|is missing:|permission iam\./)
  })
}

scenario('SERVICE_ACCOUNT_NOT_FOUND names the account', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const nobody = 'nobody@octo-project.iam.gserviceaccount.com'
  world.grant(
    membersOf(String(federation.inputs['workload_identity_provider'])).everybody,
    'roles/iam.workloadIdentityUser',
    nobody
  )
  const result = await run(federation, FOR_SERVICE, { inputs: { service_account: nobody } })
  assertFailure(result, 'SERVICE_ACCOUNT_NOT_FOUND', 'gcloud iam service-accounts list --project=octo-project')
  assertAnnotation(result, nobody, 'Check the input service_account')
})

scenario('API_DISABLED names the project', async ({ world, run }) => {
  world.disableApi('iamcredentials.googleapis.com', '123456789012')
  const result = await run(await givenFederation(world), FOR_SERVICE)
  assertFailure(result, 'API_DISABLED', 'gcloud services enable iamcredentials.googleapis.com --project=123456789012')
  assertAnnotation(result, 'in project 123456789012', 'Enable the API')
})

scenario('CREDENTIALS_EXPIRED of a workforce user shows the sign-in with a configuration', async ({ world, run }) => {
  world.fail('sts.googleapis.com', {
    status: 400,
    body: JSON.stringify({ error: 'invalid_grant', error_description: 'Token has been expired or revoked.' })
  })
  const provider = world.addWorkforcePool({ pool: 'staff', provider: 'idp' })
  const document = world.addWorkforceUser({ provider, subject: 'jane' })
  const result = await run(FOR_SERVICE, asFile(document), { inputs: { service_account: ACCOUNT } })
  assertFailure(
    result,
    'CREDENTIALS_EXPIRED',
    'create-login-config locations/global/workforcePools/staff/providers/',
    'gcloud auth application-default login --login-config='
  )
  assertAnnotation(result, 'workforce user', 'Sign in again with the login configuration')
})

scenario('GOOGLE_UNAVAILABLE names host, status and attempts', async ({ world, run }) => {
  world.fail('sts.googleapis.com', { status: 503, headers: { 'retry-after': '3600' }, body: '{}' })
  const result = await run(await givenFederation(world), FOR_SERVICE)
  assertFailure(result, 'GOOGLE_UNAVAILABLE', 'curl --head https://sts.googleapis.com/')
  assertAnnotation(result, 'sts.googleapis.com gave no usable answer: status 503', 'https://status.cloud.google.com')
})

scenario('TOKEN_INVALID: a person who signed in without openid', async ({ world, run }) => {
  const scopes = ['https://www.googleapis.com/auth/cloud-platform']
  const result = await run(FOR_SERVICE, asInput(world.addUser({ email: PERSON, scopes })))
  assertFailure(
    result,
    'TOKEN_INVALID',
    'gcloud auth application-default login --scopes=openid,https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform'
  )
  assertAnnotation(result, 'Sign in again with the scope openid')
  assert.doesNotMatch(result.log, /proxy/)
  assertNoToken(result)
})

scenario('INTERNAL shows the kind of the defect, and nothing of it', async ({ run }) => {
  // Only a defect could break this, and there is none to hand: something the bundle relies on is taken away.
  const files = { 'sabotage.mjs': 'URL.canParse = () => { throw new RangeError("words-of-the-defect") }' }
  const env = { NODE_OPTIONS: '--import=./sabotage.mjs' }
  const result = await run({ inputs: { url: SERVICE_URL } }, { files, env })
  assertFailure(result, 'INTERNAL', '--failed --debug')
  assertAnnotation(result, 'RangeError', 'Run the job again with debug logging')
  assert.ok(!result.rawStdout.includes('words-of-the-defect'), result.rawStdout)
})
