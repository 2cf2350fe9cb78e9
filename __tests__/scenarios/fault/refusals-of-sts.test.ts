import assert from 'node:assert/strict'
import type { GithubJob } from '../../pretend-google/endpoints/github-oidc.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, ASKED, assertFailure, assertNoToken, listRequests, scenario } from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

interface Refused {
  readonly pool?: Parameters<PretendGoogle['addPool']>[0]
  readonly job?: GithubJob
  /** What the action says of this refusal alone; unit tests hold the rest of the texts. */
  readonly says: string
}

const REFUSED: Readonly<Record<string, Refused>> = {
  'the attribute condition': {
    pool: { attributeCondition: ({ repository }) => repository === 'octo-org/another' },
    says: 'sub: repo:octo-org/octo-repo:ref:refs/heads/main'
  },
  'the attribute condition of an immutable subject': {
    pool: { attributeCondition: ({ sub }) => String(sub).startsWith('repo:octo-org/octo-repo:') },
    job: { immutableSubject: true },
    says: 'sub: repo:octo-org@9919/octo-repo@70107786:ref:refs/heads/main'
  },
  'a provider that is disabled': {
    pool: { enabled: false },
    says: 'does not exist, is disabled or was deleted'
  },
  'the issuer': {
    pool: { source: { kind: 'oidc', issuer: 'https://github.octo-org.example/_services/token' } },
    says: 'oidc.issuerUri'
  },
  'the audience': {
    pool: { allowedAudiences: ['https://octo-org.example'] },
    says: 'oidc.allowedAudiences'
  },
  'the age of the token': {
    job: { claims: { iat: 1700000000, nbf: 1700000000, exp: 1700000300 } },
    says: 'issued at 2023-11-14 22:13:20 UTC'
  },
  'the size of an attribute': {
    job: { claims: { sub: `repo:octo-org/octo-repo:environment:${'long'.repeat(30)}` } },
    says: '--attribute-mapping'
  }
}

for (const [what, { pool = {}, job = {}, says }] of Object.entries(REFUSED)) {
  scenario(`STS refuses because of ${what}, and the message says so`, async ({ world, run }) => {
    const provider = world.addPool(pool)
    const inputs = { workload_identity_provider: provider, service_account: ACCOUNT }
    const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv(job) })
    assertFailure(result, 'FEDERATION_REJECTED', provider, says)
    assertNoToken(result)
    assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts])
  })
}

scenario('STS does not know the provider, and the message says so', async ({ world, run }) => {
  const provider = world.addPool().replace(/my-repo$/, 'my-rpeo')
  const inputs = { workload_identity_provider: provider, service_account: ACCOUNT }
  const result = await run(FOR_SERVICE, { inputs, env: await world.githubOidcEnv() })
  assertFailure(result, 'FEDERATION_REJECTED', provider, 'does not exist')
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
