import assert from 'node:assert/strict'
import type { GithubJob } from '../../pretend-google/endpoints/github-oidc.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, ASKED, assertFailure, assertNoToken, listRequests, scenario } from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

interface Refused {
  readonly pool?: Parameters<PretendGoogle['addPool']>[0]
  readonly job?: GithubJob
  /** What Google says, and what the action makes of it. */
  readonly words: readonly (string | RegExp)[]
}

const REFUSED: Readonly<Record<string, Refused>> = {
  'the attribute condition': {
    pool: { attributeCondition: ({ repository }) => repository === 'octo-org/another' },
    words: [
      'The given credential is rejected by the attribute condition.',
      'attribute condition',
      'repository: octo-org/octo-repo',
      'sub: repo:octo-org/octo-repo:ref:refs/heads/main',
      /gcloud iam workload-identity-pools providers describe .*my-repo.*attributeCondition/
    ]
  },
  'the attribute condition of an immutable subject': {
    pool: { attributeCondition: ({ sub }) => String(sub).startsWith('repo:octo-org/octo-repo:') },
    job: { immutableSubject: true },
    words: [
      'rejected by the attribute condition',
      'sub: repo:octo-org@9919/octo-repo@70107786:ref:refs/heads/main',
      'repo:OWNER@ID/REPO@ID'
    ]
  },
  'a provider that is disabled': {
    pool: { enabled: false },
    words: ['The target service indicated by the "audience" parameters is invalid.', 'disabled', 'providers describe']
  },
  'the issuer': {
    pool: { source: { kind: 'oidc', issuer: 'https://github.octo-org.example/_services/token' } },
    words: ['does not match the expected ones: https://github.octo-org.example', 'issuer', 'oidc.issuerUri']
  },
  'the audience': {
    pool: { allowedAudiences: ['https://octo-org.example'] },
    words: ['does not match the expected audience https://octo-org.example', 'oidc.allowedAudiences']
  },
  'the age of the token': {
    job: { claims: { iat: 1700000000, nbf: 1700000000, exp: 1700000300 } },
    words: ['ID Token issued at 1700000000 is stale to sign-in.', 'too old']
  },
  'the size of an attribute': {
    job: { claims: { sub: `repo:octo-org/octo-repo:environment:${'long'.repeat(30)}` } },
    words: ['exceeds the 127 bytes limit', 'google.subject', '--attribute-mapping']
  }
}

for (const [what, { pool = {}, job = {}, words }] of Object.entries(REFUSED)) {
  scenario(`STS refuses because of ${what}, and the message says so`, async ({ world, run }) => {
    const provider = world.addPool(pool)
    const inputs = { workload_identity_provider: provider, service_account: ACCOUNT }
    const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv(job) })
    assertFailure(result, 'FEDERATION_REJECTED', provider, ...words)
    assertNoToken(result)
    assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts])
  })
}

scenario('STS does not know the provider, and the message says so', async ({ world, run }) => {
  const provider = world.addPool().replace(/my-repo$/, 'my-rpeo')
  const inputs = { workload_identity_provider: provider, service_account: ACCOUNT }
  const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv() })
  assertFailure(result, 'FEDERATION_REJECTED', provider, 'does not exist', 'The target service indicated')
})

scenario('STS calls the audience malformed, and the message says so', async ({ world, run }) => {
  const description =
    'Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.'
  world.fail('sts.googleapis.com', {
    status: 400,
    body: JSON.stringify({ error: 'invalid_request', error_description: description })
  })
  const inputs = { workload_identity_provider: world.addPool(), service_account: ACCOUNT }
  const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv() })
  assertFailure(result, 'FEDERATION_REJECTED', 'This value should be the full resource name of the Identity Provider.')
  assert.doesNotMatch(result.log, /accepts other audiences than the one in the token/)
})

for (const [what, body, code] of [
  ['a page, which is not from Google', '<html>\n::error::forged\n<h1>Forbidden</h1></html>', 'GOOGLE_UNAVAILABLE'],
  ['nothing, which is a refusal too', '', 'FEDERATION_REJECTED'],
  ['something else in JSON, which is a refusal too', '{"error":[1,2]}', 'FEDERATION_REJECTED']
] as const) {
  scenario(`STS refuses with ${what}`, async ({ world, run }) => {
    world.fail('sts.googleapis.com', { status: 403, body })
    const inputs = { workload_identity_provider: world.addPool(), service_account: ACCOUNT }
    const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv() })
    assertFailure(result, code, '403')
  })
}
