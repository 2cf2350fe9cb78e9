import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import { ACCOUNT, assertFailure, assertNoToken, givenFederation, listRequests, scenario } from '../given.ts'
import { asFile, asInput, externalAccount, FOR_SERVICE, givenExternalIdentity } from '../token-documents.ts'

/** As the world has it, so that it counts as a secret. */
function apiKey(world: PretendGoogle): string {
  return String(
    world.addUser({ email: 'x@octo-org.example', refreshToken: 'AIzaSyA1234567890abcdefghijklmnopqrstuv' })[
      'refresh_token'
    ]
  )
}

const CASES: Readonly<
  Record<
    string,
    { code: string; words: readonly string[]; given: (world: PretendGoogle) => RunOptions | Promise<RunOptions> }
  >
> = {
  'an API key': {
    code: 'CREDENTIALS_UNSUPPORTED',
    words: ['API key'],
    given: (world) => ({ inputs: { credentials_json: apiKey(world) } })
  },
  'an API key in a document': {
    code: 'CREDENTIALS_UNSUPPORTED',
    words: ['API key'],
    given: (world) => asInput({ api_key: apiKey(world) })
  },
  'a Google Distributed Cloud identity': {
    code: 'CREDENTIALS_UNSUPPORTED',
    words: ['gdch_service_account'],
    given: () => asFile({ type: 'gdch_service_account', format_version: '1', name: 'x', project: 'p' })
  },
  'federation without a service account': {
    code: 'SERVICE_ACCOUNT_REQUIRED',
    words: [
      'service_account:',
      'principalSet://iam.googleapis.com/projects/123456789012/',
      'attribute.repository/octo-org/octo-repo'
    ],
    async given(world) {
      const { inputs, env } = await givenFederation(world)
      return { inputs: { ...inputs, service_account: '' }, env }
    }
  },
  "federation without a service account in Dependabot's run": {
    code: 'SERVICE_ACCOUNT_REQUIRED',
    words: ['Dependabot started this run, and GitHub gives such a run no secrets', 'Skip job '],
    async given(world) {
      const { inputs, env } = await givenFederation(world)
      return { inputs: { ...inputs, service_account: '' }, env: { ...env, GITHUB_ACTOR: 'dependabot[bot]' } }
    }
  },
  'an external account without a service account': {
    code: 'SERVICE_ACCOUNT_REQUIRED',
    words: ['service_account:', 'workloadIdentityPools/elsewhere'],
    async given(world) {
      const { provider } = await givenExternalIdentity(world)
      return asInput(externalAccount(provider, { file: 'token.txt' }))
    }
  }
}

for (const [name, { code, words, given }] of Object.entries(CASES)) {
  scenario(`From ${name} there is no token, and no request`, async ({ world, run }) => {
    const result = await run(FOR_SERVICE, await given(world))
    assertFailure(result, code, ...words)
    assertNoToken(result)
    assert.deepEqual(listRequests(world), [])
  })
}

scenario('An impersonated account over a credential that gives nothing has no token either', async ({ world, run }) => {
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`
  const document = {
    type: 'impersonated_service_account',
    service_account_impersonation_url: url,
    source_credentials: { type: 'gdch_service_account' }
  }
  assertFailure(await run(FOR_SERVICE, asInput(document)), 'CREDENTIALS_UNSUPPORTED')
  assert.deepEqual(listRequests(world), [])
})
