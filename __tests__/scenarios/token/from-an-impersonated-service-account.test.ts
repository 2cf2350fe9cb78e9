import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertSuccess,
  listRequests,
  membersOf,
  OTHER_ACCOUNT,
  scenario
} from '../given.ts'
import {
  asFile,
  asInput,
  externalAccount,
  FOR_SERVICE,
  givenExternalIdentity,
  impersonatedAccount
} from '../token-documents.ts'

const MIDDLE = 'middle@octo-project.iam.gserviceaccount.com'

interface Source {
  readonly document: object
  readonly member: string
  readonly files?: RunOptions['files']
}

const PERSON = 'jane@octo-org.example'
const person = (world: PretendGoogle): Source => ({
  document: world.addUser({ email: PERSON }),
  member: `user:${PERSON}`
})

const SOURCES: Readonly<
  Record<string, { request: string; create: (world: PretendGoogle) => Source | Promise<Source> }>
> = {
  'a person': { request: ASKED.oauth, create: person },
  'a key': {
    request: ASKED.oauth,
    async create(world) {
      world.addServiceAccount({ email: OTHER_ACCOUNT })
      return { document: await world.addServiceAccountKey(OTHER_ACCOUNT), member: `serviceAccount:${OTHER_ACCOUNT}` }
    }
  },
  'an external account': {
    request: ASKED.sts,
    async create(world) {
      const { provider, subjectToken, member } = await givenExternalIdentity(world)
      return {
        document: externalAccount(provider, { file: 'token.txt' }),
        member,
        files: { 'token.txt': subjectToken }
      }
    }
  },
  'a workforce identity': {
    request: 'POST sts.googleapis.com/v1/oauthtoken',
    create(world) {
      const provider = world.addWorkforcePool({ pool: 'staff' })
      return {
        document: world.addWorkforceUser({ provider, subject: 'jane' }),
        member: membersOf(provider).subject('jane')
      }
    }
  }
}

for (const [name, { request, create }] of Object.entries(SOURCES)) {
  scenario(`An impersonated service account gets its token from ${name}`, async ({ world, run }) => {
    const { document, member, files = {} } = await create(world)
    world.addServiceAccount({ email: ACCOUNT })
    world.grant(member, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    const result = await run(FOR_SERVICE, asFile(impersonatedAccount(ACCOUNT, document)), { files })
    assertSuccess(result)
    assert.deepEqual(listRequests(world), [request, ASKED.idToken()])
    assert.equal(result.outputs['email'], ACCOUNT)
  })
}

scenario('An impersonated account over an external account with an impersonation URL has two hops', async (stage) => {
  const { world, run } = stage
  const { provider, subjectToken, member } = await givenExternalIdentity(world)
  world.addServiceAccount({ email: MIDDLE })
  world.grant(member, 'roles/iam.workloadIdentityUser', MIDDLE)
  world.grant(`serviceAccount:${MIDDLE}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
  const source = externalAccount(provider, { file: 'token.txt' }, { impersonates: MIDDLE })
  const document = impersonatedAccount(ACCOUNT, source)
  assertSuccess(await run(FOR_SERVICE, asInput(document), { files: { 'token.txt': subjectToken } }))
  assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.accessToken(MIDDLE), ASKED.idToken(ACCOUNT)])
})

scenario('An impersonated account in an impersonated account becomes one after the other', async ({ world, run }) => {
  const { document, member } = person(world)
  for (const email of [MIDDLE, ACCOUNT]) world.addServiceAccount({ email })
  world.grant(member, 'roles/iam.serviceAccountTokenCreator', MIDDLE)
  world.grant(`serviceAccount:${MIDDLE}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
  assertSuccess(await run(FOR_SERVICE, asInput(impersonatedAccount(ACCOUNT, impersonatedAccount(MIDDLE, document)))))
  assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.accessToken(MIDDLE), ASKED.idToken(ACCOUNT)])
})

scenario('An impersonated account becomes the account of the input through its own access token', async (stage) => {
  const { world, run } = stage
  const { document, member } = person(world)
  for (const email of [MIDDLE, ACCOUNT]) world.addServiceAccount({ email })
  world.grant(member, 'roles/iam.serviceAccountTokenCreator', MIDDLE)
  world.grant(`serviceAccount:${MIDDLE}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
  const inputs = { service_account: ACCOUNT }
  assertSuccess(await run(FOR_SERVICE, asInput(impersonatedAccount(MIDDLE, document)), { inputs }))
  assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.accessToken(MIDDLE), ASKED.idToken(ACCOUNT)])
})

for (const written of [MIDDLE, `projects/-/serviceAccounts/${MIDDLE}`]) {
  scenario(`A delegate that the document writes as ${written} passes the right on`, async ({ world, run }) => {
    const { document, member } = person(world)
    for (const email of [MIDDLE, ACCOUNT]) world.addServiceAccount({ email })
    world.grant(member, 'roles/iam.serviceAccountTokenCreator', MIDDLE)
    world.grant(`serviceAccount:${MIDDLE}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    assertSuccess(await run(FOR_SERVICE, asInput(impersonatedAccount(ACCOUNT, document, [written]))))
    assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.idToken()])
    const { delegates } = JSON.parse(world.requests[1]?.body ?? '') as { delegates: unknown }
    assert.deepEqual(delegates, [`projects/-/serviceAccounts/${MIDDLE}`])
  })
}

scenario('An impersonation URL that is not IAM’s is refused before any request', async ({ world, run }) => {
  const document = {
    ...impersonatedAccount(ACCOUNT, person(world).document),
    service_account_impersonation_url: `https://iam.evil.example/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`
  }
  assertFailure(
    await run(FOR_SERVICE, asInput(document)),
    'CREDENTIALS_INVALID',
    'https://iam.evil.example',
    'points to https://iam.evil.example'
  )
  assert.deepEqual(listRequests(world), [])
})
