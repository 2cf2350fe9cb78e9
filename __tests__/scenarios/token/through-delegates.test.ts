import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, membersOf, scenario } from '../given.ts'
import { asInput, FOR_SERVICE } from '../token-documents.ts'

const FIRST = 'first@octo-project.iam.gserviceaccount.com'
const SECOND = 'second@octo-project.iam.gserviceaccount.com'

/** The job may go on to FIRST, FIRST to SECOND, SECOND to ACCOUNT, and none of them further. */
async function givenChain(
  world: PretendGoogle
): Promise<{ inputs: Record<string, string>; env: Record<string, string> }> {
  const provider = world.addPool()
  for (const email of [FIRST, SECOND, ACCOUNT]) world.addServiceAccount({ email })
  world.grant(membersOf(provider).repository, 'roles/iam.serviceAccountTokenCreator', FIRST)
  world.grant(`serviceAccount:${FIRST}`, 'roles/iam.serviceAccountTokenCreator', SECOND)
  world.grant(`serviceAccount:${SECOND}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
  return {
    inputs: { workload_identity_provider: provider, service_account: ACCOUNT },
    env: await world.githubOidcEnv()
  }
}

for (const delegates of [
  `${FIRST}\n${SECOND}`,
  `${FIRST}, ${SECOND}`,
  `projects/-/serviceAccounts/${FIRST},${SECOND}`
]) {
  scenario(`The chain ${JSON.stringify(delegates)} costs no further request`, async ({ world, run }) => {
    assertSuccess(await run(await givenChain(world), FOR_SERVICE, { inputs: { delegates } }))
    assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken()])
    const body = JSON.parse(world.requests[2]?.body ?? '') as Record<string, unknown>
    assert.deepEqual(
      body['delegates'],
      [FIRST, SECOND].map((email) => `projects/-/serviceAccounts/${email}`)
    )
  })
}

scenario('Where a link is missing, its binding is shown', async ({ world, run }) => {
  const chain = await givenChain(world)
  const result = await run(chain, FOR_SERVICE, { inputs: { delegates: SECOND } })
  assertFailure(
    result,
    'IMPERSONATION_DENIED',
    'iam.serviceAccounts.implicitDelegation',
    `add-iam-policy-binding ${SECOND}`,
    'Every link of the chain needs a grant: ',
    `${SECOND} on ${ACCOUNT}`
  )
})

scenario('A key goes through delegates too', async ({ world, run }) => {
  for (const email of [FIRST, SECOND, ACCOUNT]) world.addServiceAccount({ email })
  world.grant(`serviceAccount:${FIRST}`, 'roles/iam.serviceAccountTokenCreator', SECOND)
  world.grant(`serviceAccount:${SECOND}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
  const key = asInput(await world.addServiceAccountKey(FIRST))
  assertSuccess(await run(FOR_SERVICE, key, { inputs: { delegates: SECOND, service_account: ACCOUNT } }))
  assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.idToken()])
})
