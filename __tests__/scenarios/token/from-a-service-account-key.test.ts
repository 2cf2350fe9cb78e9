import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertSuccess,
  claimsOf,
  listRequests,
  OTHER_ACCOUNT,
  scenario,
  SERVICE_URL
} from '../given.ts'
import { asFile, asInput, FOR_SERVICE } from '../token-documents.ts'

async function givenKey(world: PretendGoogle, email = ACCOUNT): Promise<Readonly<Record<string, string>>> {
  world.addServiceAccount({ email })
  return await world.addServiceAccountKey(email)
}

scenario('A key needs one request and no role', async ({ world, run }) => {
  const result = await run(FOR_SERVICE, asInput(await givenKey(world)))
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.oauth])
  const { aud, email } = claimsOf(result.outputs['id_token'])
  assert.deepEqual({ aud, email }, { aud: SERVICE_URL, email: ACCOUNT })
})

for (const [how, lineLength] of [
  ['in one line', 10_000],
  ['in lines', 76]
] as const) {
  scenario(`A key works as base64 ${how}`, async ({ world, run }) => {
    const base64 = Buffer.from(JSON.stringify(await givenKey(world), null, 2)).toString('base64')
    const lines = base64.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []
    assertSuccess(await run(FOR_SERVICE, { inputs: { credentials_json: lines.join('\n') } }))
    assert.deepEqual(listRequests(world), [ASKED.oauth])
  })
}

scenario('A key works with blanks around it and a byte order mark before it', async ({ world, run }) => {
  const text = `\n  \uFEFF${JSON.stringify(await givenKey(world), null, 2)}\n`
  assertSuccess(await run(FOR_SERVICE, { inputs: { credentials_json: text.trim() } }))
})

scenario('A key works from a file', async ({ world, run }) => {
  assertSuccess(await run(FOR_SERVICE, asFile(await givenKey(world))))
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

scenario('A key with its own account is not impersonated', async ({ world, run }) => {
  const inputs = { service_account: ACCOUNT }
  assertSuccess(await run(FOR_SERVICE, asInput(await givenKey(world)), { inputs }))
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

scenario('A key becomes another account', async ({ world, run }) => {
  const key = await givenKey(world, OTHER_ACCOUNT)
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(`serviceAccount:${OTHER_ACCOUNT}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
  const result = await run(FOR_SERVICE, asInput(key), { inputs: { service_account: ACCOUNT } })
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.oauth, ASKED.idToken(ACCOUNT)])
  assert.equal(result.outputs['email'], ACCOUNT)
})

for (const tokenUri of [
  'https://www.googleapis.com/oauth2/v4/token',
  'https://www.googleapis.com/oauth2/v3/token',
  'https://accounts.google.com/o/oauth2/token'
]) {
  scenario(`An old key that names ${tokenUri} still works`, async ({ world, run }) => {
    assertSuccess(await run(FOR_SERVICE, asInput({ ...(await givenKey(world)), token_uri: tokenUri })))
    assert.deepEqual(listRequests(world), [`POST ${tokenUri.replace('https://', '')}`])
  })
}

for (const tokenUri of [
  'https://oauth2.googleapis.com.evil.example/token',
  'https://storage.googleapis.com/token',
  'http://oauth2.googleapis.com/token',
  'https://oauth2.googleapis.com:8443/token',
  'https://user@oauth2.googleapis.com/token',
  'not a URL'
]) {
  scenario(`A key that names ${tokenUri} is refused before any request`, async ({ world, run }) => {
    const result = await run(FOR_SERVICE, asInput({ ...(await givenKey(world)), token_uri: tokenUri }))
    assertFailure(result, 'CREDENTIALS_INVALID', 'token_uri')
    assert.deepEqual(listRequests(world), [])
  })
}
