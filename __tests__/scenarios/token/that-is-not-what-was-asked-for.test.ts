import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  assertFailure,
  assertNoToken,
  assertSuccess,
  givenFederation,
  givenService,
  OTHER_ACCOUNT,
  scenario,
  SERVICE_HOST,
  SERVICE_URL
} from '../given.ts'
import { asInput, FOR_SERVICE } from '../token-documents.ts'

/** Who may answer with a token, and how it looks there. */
const SOURCES: Readonly<
  Record<
    string,
    {
      host: string
      path: RegExp
      wrap: (token: unknown) => string
      given: (world: PretendGoogle) => Promise<RunOptions>
    }
  >
> = {
  IAM: {
    host: 'iamcredentials.googleapis.com',
    path: /generateIdToken/,
    wrap: (token) => JSON.stringify({ token }),
    given: givenFederation
  },
  'the token endpoint': {
    host: 'oauth2.googleapis.com',
    path: /token/,
    wrap: (token) => JSON.stringify({ id_token: token }),
    async given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      return asInput(await world.addServiceAccountKey(ACCOUNT))
    }
  },
  'the metadata server': {
    host: 'metadata.google.internal',
    path: /identity/,
    wrap: (token) => (typeof token === 'string' ? token : JSON.stringify(token)),
    given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      world.metadataServer.enable({ email: ACCOUNT })
      return Promise.resolve({ env: world.env() })
    }
  }
}

const RIGHT = { aud: SERVICE_URL, sub: '1234', email: ACCOUNT, email_verified: true }
const now = (): number => Math.floor(Date.now() / 1000)

const WRONG_TOKENS: Readonly<Record<string, (world: PretendGoogle) => unknown>> = {
  'for another audience': (world) => world.issueIdToken({ ...RIGHT, aud: 'https://elsewhere.example' }),
  'for several audiences': (world) => world.issueIdToken({ ...RIGHT, aud: [SERVICE_URL, 'https://elsewhere.example'] }),
  'without an audience': (world) => world.issueIdToken({ ...RIGHT, aud: undefined }),
  'of another issuer': (world) => world.issueIdToken({ ...RIGHT, iss: 'https://accounts.evil.example' }),
  'that has expired': (world) => world.issueIdToken({ ...RIGHT, iat: now() - 7200, exp: now() - 3600 }),
  'that never expires': (world) => world.issueIdToken({ ...RIGHT, exp: undefined }),
  'that expires in a word': (world) => world.issueIdToken({ ...RIGHT, exp: 'tomorrow' }),
  'without an e-mail': (world) => world.issueIdToken({ ...RIGHT, email: undefined }),
  'that is no JWT': (world) => world.addClientCertificate('x').key.split('\n')[1],
  'that is empty': () => '',
  'that is null': () => null
}

const OF_ANOTHER = { ...RIGHT, email: OTHER_ACCOUNT }

/** Where JSON is answered, and the account is known beforehand. */
const WRONG_IN_JSON: typeof WRONG_TOKENS = {
  'that is a number': () => 1234567890123,
  'of another account': (world) => world.issueIdToken(OF_ANOTHER)
}

for (const [who, { host, path, wrap, given }] of Object.entries(SOURCES)) {
  const wrongTokens = { ...WRONG_TOKENS, ...(host.startsWith('metadata') ? {} : WRONG_IN_JSON) }
  for (const [what, create] of Object.entries(wrongTokens)) {
    scenario(`A token ${what} from ${who} is handed to nobody`, async ({ world, run }) => {
      givenService(world)
      const options = await given(world)
      const headers = { 'content-type': 'application/json', 'metadata-flavor': 'Google' }
      world.fail(host, { status: 200, headers, body: wrap(await create(world)) }, { path })
      const result = await run(options, FOR_SERVICE, { inputs: { url: SERVICE_URL, export_env: 'ID_TOKEN' } })
      assertFailure(result, 'TOKEN_INVALID')
      assertNoToken(result)
      assert.equal(result.environment['ID_TOKEN'], undefined)
      assert.ok(!world.requests.some((request) => request.host === SERVICE_HOST))
    })
  }
}

scenario('The older form of Google’s issuer is right as well', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const body = JSON.stringify({ token: await world.issueIdToken({ ...RIGHT, iss: 'accounts.google.com' }) })
  world.fail('iamcredentials.googleapis.com', { status: 200, body })
  assertSuccess(await run(federation, FOR_SERVICE))
})

scenario('A service account may be named by its unique id', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const { uniqueId } = world.addServiceAccount({ email: ACCOUNT, uniqueId: '112233445566778899001' })
  const result = await run(federation, FOR_SERVICE, { inputs: { service_account: uniqueId } })
  assertSuccess(result)
  assert.equal(result.outputs['email'], ACCOUNT)
})

scenario('A token of another unique id is handed to nobody', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const body = JSON.stringify({ token: await world.issueIdToken(RIGHT) })
  world.fail('iamcredentials.googleapis.com', { status: 200, body })
  const result = await run(federation, FOR_SERVICE, { inputs: { service_account: '112233445566778899001' } })
  assertFailure(result, 'TOKEN_INVALID', '112233445566778899001')
  assertNoToken(result)
})
