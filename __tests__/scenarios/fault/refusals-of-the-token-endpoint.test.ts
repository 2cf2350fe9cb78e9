import assert from 'node:assert/strict'
import { ACCOUNT, ASKED, assertFailure, assertNoToken, listRequests, scenario } from '../given.ts'
import { asInput, FOR_SERVICE } from '../token-documents.ts'

scenario('A key that was deleted is told apart', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const key = await world.addServiceAccountKey(ACCOUNT)
  world.deleteKey(key['private_key_id'] ?? '')
  const result = await run(FOR_SERVICE, asInput(key))
  assertFailure(result, 'CREDENTIALS_EXPIRED', 'key was deleted')
  assertNoToken(result)
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

scenario('A key of an account that is gone is told apart', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const gone = 'gone@octo-project.iam.gserviceaccount.com'
  const key = { ...(await world.addServiceAccountKey(ACCOUNT)), client_email: gone }
  const result = await run(FOR_SERVICE, asInput(key))
  assertFailure(result, 'SERVICE_ACCOUNT_NOT_FOUND', gone)
})

scenario('A key of an account that is disabled is told apart', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const key = await world.addServiceAccountKey(ACCOUNT)
  world.disableServiceAccount(ACCOUNT)
  assertFailure(await run(FOR_SERVICE, asInput(key)), 'CREDENTIALS_EXPIRED', 'is disabled')
})

for (const [aheadMs, words] of [
  [7_200_000, /(72\d\d|7199) s behind/],
  [-7_200_000, /(72\d\d|7199) s ahead of/]
] as const) {
  scenario(
    `A machine whose clock is ${aheadMs > 0 ? 'behind' : 'ahead'} learns by how much`,
    async ({ world, run }) => {
      world.addServiceAccount({ email: ACCOUNT })
      world.clock.aheadMs = aheadMs
      const result = await run(FOR_SERVICE, asInput(await world.addServiceAccountKey(ACCOUNT)))
      assertFailure(result, 'CREDENTIALS_EXPIRED', words)
      const warnings = result.annotations.filter(({ level }) => level === 'warning')
      assert.match(
        warnings.map(({ message }) => message).join('\n'),
        new RegExp(`clock of this machine is ${words.source}`)
      )
    }
  )
}

scenario('An audience that Google does not take is the input’s fault', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const refusal = { error: 'invalid_scope', error_description: 'Invalid OAuth scope or ID token audience provided.' }
  world.fail('oauth2.googleapis.com', { status: 400, body: JSON.stringify(refusal) })
  const result = await run(FOR_SERVICE, asInput(await world.addServiceAccountKey(ACCOUNT)))
  assertFailure(result, 'INPUT_INVALID', 'audience')
})

scenario('A refresh token that Google does not know asks for a new sign-in', async ({ world, run }) => {
  const known = world.addUser({ email: 'jane@octo-org.example' })
  const { secret } = world.addClient()
  const result = await run(FOR_SERVICE, asInput({ ...known, refresh_token: secret }))
  assertFailure(result, 'CREDENTIALS_EXPIRED', 'was revoked or has expired')
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})
