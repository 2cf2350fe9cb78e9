import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { App } from '../../pretend-google/services/app.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import { callsOf, tokenOf } from '../call-given.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertSuccess,
  claimsOf,
  givenFederation,
  listRequests,
  membersOf,
  mergeParts,
  OTHER_ACCOUNT,
  scenario,
  SERVICE_HOST,
  SERVICE_URL
} from '../given.ts'
import { asFile, asInput, externalAccount, givenExternalIdentity, impersonatedAccount } from '../token-documents.ts'

const SIGN = `POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:signJwt`
const PERSON = 'jane@octo-org.example'
const MAY_SIGN = ['iam.serviceAccounts.signJwt']
const AUDIENCE = `${SERVICE_URL}/*`

/** A service behind Identity-Aware Proxy with Google's own client, which admits no ID token. */
function givenProtectedService(
  world: PretendGoogle,
  accessors = [`serviceAccount:${ACCOUNT}`],
  app: { readonly app?: App } = {}
): string {
  const iap = { clientId: '123456789012-abc.apps.googleusercontent.com', managedClient: true, accessors }
  return world.addService({ host: SERVICE_HOST, iap, tags: ['canary'], ...app })
}

interface Kind {
  /** Everything that is asked before the call; in any order. */
  readonly asked: readonly string[]
  readonly given: (world: PretendGoogle) => Promise<RunOptions>
}

async function federation(world: PretendGoogle): Promise<RunOptions> {
  const { inputs, env } = await givenFederation(world)
  world.grant(membersOf(inputs['workload_identity_provider'] ?? '').repository, MAY_SIGN, ACCOUNT)
  return { inputs, env }
}

const KINDS: Readonly<Record<string, Kind>> = {
  'workload identity federation': { asked: [ASKED.github, ASKED.sts, SIGN], given: federation },
  'an external account': {
    asked: [ASKED.sts, SIGN],
    async given(world) {
      const { provider, subjectToken, member } = await givenExternalIdentity(world)
      world.grant(member, MAY_SIGN, ACCOUNT)
      const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
      return mergeParts([asFile(document), { files: { 'token.txt': subjectToken } }])
    }
  },
  'a key, which signs by itself': {
    asked: [],
    async given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      return asInput(await world.addServiceAccountKey(ACCOUNT))
    }
  },
  'a key of another account': {
    asked: [ASKED.oauth, SIGN],
    async given(world) {
      for (const email of [ACCOUNT, OTHER_ACCOUNT]) world.addServiceAccount({ email })
      world.grant(`serviceAccount:${OTHER_ACCOUNT}`, MAY_SIGN, ACCOUNT)
      return mergeParts([
        asInput(await world.addServiceAccountKey(OTHER_ACCOUNT)),
        { inputs: { service_account: ACCOUNT } }
      ])
    }
  },
  'a person who impersonates the account': {
    asked: [ASKED.oauth, SIGN],
    given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      world.grant(`user:${PERSON}`, MAY_SIGN, ACCOUNT)
      return Promise.resolve(asInput(impersonatedAccount(ACCOUNT, world.addUser({ email: PERSON }))))
    }
  },
  'a workforce identity': {
    asked: ['POST sts.googleapis.com/v1/oauthtoken', SIGN],
    given(world) {
      const provider = world.addWorkforcePool({ pool: 'staff' })
      world.addServiceAccount({ email: ACCOUNT })
      world.grant(membersOf(provider).subject('jane'), MAY_SIGN, ACCOUNT)
      const document = world.addWorkforceUser({ provider, subject: 'jane' })
      return Promise.resolve(mergeParts([asInput(document), { inputs: { service_account: ACCOUNT } }]))
    }
  },
  'a machine, which signs as itself': {
    asked: [ASKED.detection, ASKED.machineAccessToken, ASKED.machineAccessToken.replace(/token$/, 'email'), SIGN],
    given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      world.grant(`serviceAccount:${ACCOUNT}`, MAY_SIGN, ACCOUNT)
      world.metadataServer.enable({ email: ACCOUNT })
      return Promise.resolve({ env: world.env() })
    }
  }
}

describe('A signed JWT gets through Identity-Aware Proxy without an OAuth client', { concurrency: 4 }, () => {
  for (const [kind, { asked, given }] of Object.entries(KINDS)) {
    scenario(`with ${kind}`, async ({ world, run }) => {
      const url = givenProtectedService(world)
      const run1 = await run(await given(world), { inputs: { url, token: 'iap_jwt' } })
      assertSuccess(run1)
      assert.deepEqual(listRequests(world).sort(), [...asked, ASKED.service].sort())
      assert.equal(run1.outputs['audience'], AUDIENCE)
      assert.equal(run1.outputs['email'], ACCOUNT)
      const { iat, exp, ...claims } = claimsOf(run1.outputs['id_token'])
      assert.deepEqual(claims, { iss: ACCOUNT, sub: ACCOUNT, aud: AUDIENCE })
      assert.equal(Number(exp) - Number(iat), 3600)
      assert.match(run1.log, /signed JWT for Identity-Aware Proxy of smoke@/)
    })
  }
})

scenario('The audience is the host that is called, its tag included', async ({ world, run }) => {
  const inputs = { url: givenProtectedService(world), tag: 'canary', token: 'iap_jwt' }
  const result = await run(await federation(world), { inputs })
  assertSuccess(result)
  assert.equal(result.outputs['audience'], `https://canary---${SERVICE_HOST}/*`)
})

scenario('Several audiences are taken to the letter, and one access token signs them all', async ({ world, run }) => {
  givenProtectedService(world)
  const audience = `${SERVICE_URL}/health\nhttps://intranet.example/*`
  const result = await run(await federation(world), {
    inputs: { url: `${SERVICE_URL}/health`, audience, token: 'iap_jwt' }
  })
  assertSuccess(result)
  const tokens = JSON.parse(result.outputs['id_tokens'] ?? '') as Record<string, string>
  assert.deepEqual(Object.keys(tokens), audience.split('\n'))
  assert.equal(listRequests(world).filter((request) => request === ASKED.sts).length, 1)
})

scenario('Where headers sets Authorization, the JWT travels in Proxy-Authorization', async ({ world, run }) => {
  const inputs = { url: givenProtectedService(world), token: 'iap_jwt', headers: 'Authorization: Bearer of-the-app' }
  assertSuccess(await run(await federation(world), { inputs }))
  const headers = world.requests.at(-1)?.headers ?? {}
  assert.equal(headers.authorization, 'Bearer of-the-app')
  assert.match(String(headers['proxy-authorization']), /^Bearer eyJ/)
})

scenario('That signing is more than an ID token is said before it is used', async ({ world, run }) => {
  const result = await run(await federation(world), { inputs: { url: givenProtectedService(world), token: 'iap_jwt' } })
  const warnings = result.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /smoke@.* can become the account, .*docs\/permissions\.md#signing-a-jwt/)
})

scenario('Without the right to sign, the failure names permission and role', async ({ world, run }) => {
  const { inputs, env } = await givenFederation(world)
  const result = await run({ inputs, env }, { inputs: { url: givenProtectedService(world), token: 'iap_jwt' } })
  assertFailure(result, 'IMPERSONATION_DENIED', 'iam.serviceAccounts.signJwt', 'roles/iam.serviceAccountTokenCreator')
})

scenario('With another audience, the failure names the URL that Identity-Aware Proxy saw', async ({ world, run }) => {
  const inputs = { url: givenProtectedService(world), token: 'iap_jwt', audience: 'https://intranet.example/*' }
  const result = await run(await federation(world), { inputs })
  assertFailure(result, 'IAP_REJECTED', 'https://intranet.example/*', AUDIENCE)
})

scenario('Without access to the resource, the failure names the role of an accessor', async ({ world, run }) => {
  const result = await run(await federation(world), {
    inputs: { url: givenProtectedService(world, []), token: 'iap_jwt' }
  })
  assertFailure(result, 'IAP_REJECTED', 'roles/iap.httpsResourceAccessor', ACCOUNT)
})

scenario(
  'In a long call, a JWT that would expire before the next attempt ends is signed anew',
  async ({ world, run }) => {
    const given = await federation(world)
    const url = givenProtectedService(world, undefined, {
      app({ number }) {
        world.clock.aheadMs = 0
        return number === 1 ? { status: 503, headers: { 'retry-after': '8' } } : 200
      }
    })
    // The JWT begins ten seconds before Google's time, and lives an hour: it has seventeen seconds left.
    world.clock.aheadMs = -(3_600 - 10 - 17) * 1_000
    const result = await run(given, { inputs: { url, token: 'iap_jwt', timeout: '10s' } })
    assertSuccess(result)
    const calls = callsOf(world).map((request) => claimsOf(tokenOf(request)))
    assert.equal(calls.length, 2)
    assert.ok(Number(calls[1]?.['exp']) > Number(calls[0]?.['exp']) + 3_000)
    assert.deepEqual({ ...calls[1], iat: 0, exp: 0 }, { iss: ACCOUNT, sub: ACCOUNT, aud: AUDIENCE, iat: 0, exp: 0 })
    // What is handed on is the one that is valid now, and both are masked.
    assert.equal(claimsOf(result.outputs['id_token'])['exp'], calls[1]?.['exp'])
    assert.equal(listRequests(world).filter((line) => line === SIGN).length, 2)
  }
)

scenario('Where the API that signs is off, the failure says so', async ({ world, run }) => {
  const given = await federation(world)
  world.disableApi('iamcredentials.googleapis.com', '123456789012')
  const result = await run(given, { inputs: { url: givenProtectedService(world), token: 'iap_jwt' } })
  assertFailure(result, 'API_DISABLED', 'iamcredentials.googleapis.com')
})

scenario('A person alone signs nothing', async ({ world, run }) => {
  const inputs = { url: givenProtectedService(world), token: 'iap_jwt' }
  const result = await run(asInput(world.addUser({ email: PERSON })), { inputs })
  assertFailure(result, 'CREDENTIALS_UNSUPPORTED', 'token: iap_jwt', 'service_account')
  assert.deepEqual(listRequests(world), [])
})

const WRONG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  token: { token: 'access_token' },
  service_account: { service_account: '112233445566778899001' },
  audience: { audience: 'intranet.example' },
  token_header: { token_header: 'X-Serverless-Authorization' }
}

for (const [name, inputs] of Object.entries(WRONG)) {
  scenario(`${name} is wrong for a signed JWT, which costs no request`, async ({ world, run }) => {
    const result = await run(await federation(world), {
      inputs: { url: givenProtectedService(world), token: 'iap_jwt', ...inputs }
    })
    assertFailure(result, 'INPUT_INVALID', `Input ${name}: `)
    assert.deepEqual(listRequests(world), [])
  })
}
