import assert from 'node:assert/strict'
import { ACCOUNT, assertFailure, assertSuccess, givenFederation, listRequests, scenario } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, givenExternalIdentity, impersonationUrl } from '../token-documents.ts'

const UNIVERSE = 'apis-s3ns.fr'
const THERE = { inputs: { universe: UNIVERSE } }
const OPTIONS = { universe: UNIVERSE }
const STS = `POST sts.${UNIVERSE}/v1/token`
const ID_TOKEN = `POST iamcredentials.${UNIVERSE}/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`

scenario(
  'Federation reaches the hosts of the universe, with Google’s own audience and scope',
  async ({ world, run }) => {
    const federation = await givenFederation(world)
    assertSuccess(await run(federation, FOR_SERVICE, THERE))
    assert.deepEqual(listRequests(world).slice(1), [STS, ID_TOKEN])
    const form = new URLSearchParams(world.requests[1]?.body)
    const provider = String(federation.inputs['workload_identity_provider'])
    assert.equal(form.get('audience'), `//iam.googleapis.com/${provider}`)
    assert.equal(form.get('scope'), 'https://www.googleapis.com/auth/cloud-platform')
  },
  OPTIONS
)

scenario(
  'A key reaches the token endpoint of its universe',
  async ({ world, run }) => {
    world.addServiceAccount({ email: ACCOUNT })
    assertSuccess(await run(FOR_SERVICE, asInput(await world.addServiceAccountKey(ACCOUNT)), THERE))
    assert.deepEqual(listRequests(world), [`POST oauth2.${UNIVERSE}/token`])
  },
  OPTIONS
)

scenario(
  'An external account of the universe works with its own hosts',
  async ({ world, run }) => {
    const { provider, subjectToken } = await givenExternalIdentity(world)
    const document = {
      ...externalAccount(provider, { file: 'token.txt' }, { tokenUrl: `https://sts.${UNIVERSE}/v1/token` }),
      service_account_impersonation_url: impersonationUrl(ACCOUNT, UNIVERSE),
      universe_domain: UNIVERSE
    }
    assertSuccess(await run(FOR_SERVICE, asInput(document), THERE, { files: { 'token.txt': subjectToken } }))
    assert.deepEqual(listRequests(world), [STS, ID_TOKEN])
  },
  OPTIONS
)

scenario('A document of another universe is refused before any request', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const key = { ...(await world.addServiceAccountKey(ACCOUNT)), universe_domain: UNIVERSE }
  assertFailure(await run(FOR_SERVICE, asInput(key)), 'CREDENTIALS_INVALID', `Set the input universe to ${UNIVERSE}`)
  assert.deepEqual(listRequests(world), [])
})

scenario('A document that names hosts of another universe is refused before any request', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
  const result = await run(FOR_SERVICE, asInput(document), THERE, { files: { 'token.txt': subjectToken } })
  assertFailure(result, 'CREDENTIALS_INVALID', 'sts.googleapis.com')
  assert.deepEqual(listRequests(world), [])
})
