import assert from 'node:assert/strict'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, OTHER_ACCOUNT, scenario } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, givenExternalIdentity } from '../token-documents.ts'

const BECOME_OTHER = { inputs: { service_account: OTHER_ACCOUNT } }

scenario('A document for one account leads to another account through an access token of the first', async (stage) => {
  const { world, run } = stage
  const { provider, subjectToken } = await givenExternalIdentity(world)
  world.addServiceAccount({ email: OTHER_ACCOUNT })
  world.grant(`serviceAccount:${ACCOUNT}`, 'roles/iam.serviceAccountTokenCreator', OTHER_ACCOUNT)
  const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
  const result = await run(FOR_SERVICE, asInput(document), BECOME_OTHER, { files: { 'token.txt': subjectToken } })
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.accessToken(ACCOUNT), ASKED.idToken(OTHER_ACCOUNT)])
  assert.equal(result.outputs['email'], OTHER_ACCOUNT)
})

scenario('Where the first account may not become the other one, the binding for just that is shown', async (stage) => {
  const { world, run } = stage
  const { provider, subjectToken } = await givenExternalIdentity(world)
  world.addServiceAccount({ email: OTHER_ACCOUNT })
  const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
  const result = await run(FOR_SERVICE, asInput(document), BECOME_OTHER, { files: { 'token.txt': subjectToken } })
  assertFailure(
    result,
    'IMPERSONATION_DENIED',
    'iam.serviceAccounts.getOpenIdToken',
    `add-iam-policy-binding ${OTHER_ACCOUNT}`,
    `--member=serviceAccount:${ACCOUNT}`
  )
  assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.accessToken(ACCOUNT), ASKED.idToken(OTHER_ACCOUNT)])
})
