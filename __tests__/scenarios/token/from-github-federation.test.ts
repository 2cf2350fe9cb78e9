import assert from 'node:assert/strict'
import {
  ACCOUNT,
  ASKED,
  assertSuccess,
  claimsOf,
  givenFederation,
  givenService,
  listRequests,
  scenario,
  SERVICE_URL
} from '../given.ts'

scenario('A job of GitHub becomes a service account with three requests', async ({ world, run }) => {
  const result = await run(await givenFederation(world), { inputs: { audience: SERVICE_URL } })
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken()])
  const { aud, email } = claimsOf(result.outputs['id_token'])
  assert.deepEqual({ aud, email }, { aud: SERVICE_URL, email: ACCOUNT })
  assert.equal(result.outputs['audience'], SERVICE_URL)
  assert.equal(result.outputs['email'], ACCOUNT)
})

scenario('The token for GitHub is asked for the provider, and is nobody else’s', async ({ world, run }) => {
  const federation = await givenFederation(world)
  await run(federation, { inputs: { audience: SERVICE_URL } })
  const query = new URL(world.requests[0]?.path ?? '', 'https://github.example').searchParams
  assert.equal(
    query.get('audience'),
    `https://iam.googleapis.com/${String(federation.inputs['workload_identity_provider'])}`
  )
  assert.match(world.requests[2]?.headers.authorization ?? '', /^Bearer ya29\.d\./)
})

scenario('A service is called with the token, for the audience that its URL says', async ({ world, run }) => {
  const url = givenService(world)
  const result = await run(await givenFederation(world), { inputs: { url } })
  assertSuccess(result)
  assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts, ASKED.idToken(), ASKED.service])
  assert.equal(result.outputs['status'], '200')
  assert.equal(result.outputs['body'], 'Hello')
})

scenario('A repository with an immutable subject becomes the account too', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const env = await world.githubOidcEnv({ immutableSubject: true })
  assertSuccess(await run(federation, { env, inputs: { audience: SERVICE_URL } }))
})
