import assert from 'node:assert/strict'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, scenario } from '../given.ts'
import { asFile, asInput, externalAccount, FOR_SERVICE, givenExternalIdentity, WAYS } from '../token-documents.ts'

for (const { how, inputs, impersonates } of WAYS) {
  scenario(`A token in a text file leads to the account ${how}`, async ({ world, run }) => {
    const { provider, subjectToken } = await givenExternalIdentity(world)
    const document = externalAccount(provider, { file: 'token.txt' }, { impersonates })
    const result = await run(FOR_SERVICE, asInput(document), { inputs, files: { 'token.txt': `${subjectToken}\n` } })
    assertSuccess(result)
    assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
    assert.equal(result.outputs['email'], ACCOUNT)
  })

  scenario(`A token in a JSON file leads to the account ${how}`, async ({ world, run }) => {
    const { provider, subjectToken } = await givenExternalIdentity(world)
    const format = { type: 'json', subject_token_field_name: 'access' }
    const document = externalAccount(provider, { file: 'token.json', format }, { impersonates })
    const files = { 'token.json': JSON.stringify({ access: subjectToken }) }
    assertSuccess(await run(FOR_SERVICE, asInput(document), { inputs, files }))
    assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
  })
}

scenario('The federated token mints the ID token, and no access token of the account is asked for', async (stage) => {
  const { provider, subjectToken } = await givenExternalIdentity(stage.world)
  const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
  await stage.run(FOR_SERVICE, asFile(document), { files: { 'token.txt': subjectToken } })
  assert.match(stage.world.requests[1]?.headers.authorization ?? '', /^Bearer ya29\.d\./)
})

scenario('Naming the account in the input as well changes nothing', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
  const inputs = { service_account: ACCOUNT }
  assertSuccess(await run(FOR_SERVICE, asInput(document), { inputs, files: { 'token.txt': subjectToken } }))
  assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
})

for (const [form, format, wrap] of [
  ['text', { type: 'text' }, (token: string) => token],
  ['JSON', { type: 'json', subject_token_field_name: 'jwt' }, (token: string) => JSON.stringify({ jwt: token })]
] as const) {
  scenario(`A byte order mark before ${form} is no part of the token`, async ({ world, run }) => {
    const { provider, subjectToken } = await givenExternalIdentity(world)
    const document = externalAccount(provider, { file: 'token', format }, { impersonates: ACCOUNT })
    const files = { token: `\uFEFF${wrap(subjectToken)}\n` }
    assertSuccess(await run(FOR_SERVICE, asInput(document), { files }))
  })
}

for (const [what, files, words] of [
  ['is missing', {}, 'does not exist'],
  ['is empty', { 'token.txt': ' \n' }, 'it is empty']
] as const) {
  scenario(`A token file that ${what} fails before any request`, async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
    assertFailure(await run(FOR_SERVICE, asInput(document), { files }), 'SUBJECT_TOKEN_UNAVAILABLE', 'token.txt', words)
    assert.deepEqual(listRequests(world), [])
  })
}

scenario('A JSON file without the named member fails before any request, and is not shown', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const format = { type: 'json', subject_token_field_name: 'access' }
  const document = externalAccount(provider, { file: 'token.json', format }, { impersonates: ACCOUNT })
  const files = { 'token.json': JSON.stringify({ other: subjectToken }) }
  assertFailure(await run(FOR_SERVICE, asInput(document), { files }), 'SUBJECT_TOKEN_UNAVAILABLE', '"access"')
  assert.deepEqual(listRequests(world), [])
})
