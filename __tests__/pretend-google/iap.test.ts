import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import type { ClientAnswer } from './client.ts'
import {
  ACCOUNT,
  bearer,
  callIam,
  federate,
  HOST,
  MEMBER,
  repositoryMember,
  startService,
  URL_OF_SERVICE
} from './flow.ts'
import type { IapSettings } from './services/iap.ts'
import { signJwt } from './tokens/jwt.ts'
import type { Claims } from './tokens/jwt.ts'
import { signingKeyOf } from './tokens/keys.ts'
import type { SigningKey } from './tokens/keys.ts'
import type { PretendGoogle } from './world.ts'

const clientId = '123-abc.apps.googleusercontent.com'

describe('Identity-Aware Proxy with an ID token', () => {
  it('lets an accessor in, by either header', async () => {
    await using started = await startService({ iap: { clientId, accessors: [MEMBER] } })
    const { world, mint } = started
    const token = `Bearer ${await mint({ aud: clientId })}`
    assert.equal((await send(world, URL_OF_SERVICE, { headers: { authorization: token } })).status, 200)
    const headers = { authorization: 'Basic dXNlcjpwYXNz', 'proxy-authorization': token }
    assert.equal((await send(world, URL_OF_SERVICE, { headers })).status, 200)
  })

  it('sends whoever shows no token to sign in, and says what is wrong with one', async () => {
    await using started = await startService({ iap: { clientId, accessors: [] } })
    const { world, mint } = started
    const anonymous = await send(world, URL_OF_SERVICE)
    assert.equal(anonymous.status, 302)
    assert.equal(new URL(anonymous.headers.location ?? '').searchParams.get('client_id'), clientId)
    const past = world.clock.seconds() - 60
    const refusals = {
      nonsense: 'Invalid IAP credentials: Unable to parse JWT',
      [await mint()]: 'Invalid IAP credentials: Invalid JWT audience.',
      [await mint({ aud: clientId, exp: past })]: 'OpenID Connect token expired: JWT has expired',
      [await mint({ aud: clientId, email: undefined })]: "Invalid IAP credentials: JWT 'email' claim isn't a string",
      [await mint({ aud: clientId })]: "You don't have access"
    }
    for (const [token, sentence] of Object.entries(refusals)) {
      const answer = await send(world, URL_OF_SERVICE, { headers: bearer(token) })
      assert.deepEqual([answer.text, answer.headers['x-goog-iap-generated-response']], [sentence, 'true'])
    }
  })

  it("lets no program in with Google's own client", async () => {
    await using started = await startService({ iap: { clientId, accessors: [MEMBER], managedClient: true } })
    const { world, mint } = started
    assert.equal((await send(world, URL_OF_SERVICE, { headers: bearer(await mint({ aud: clientId })) })).status, 401)
  })
})

interface Signed extends AsyncDisposable {
  readonly world: PretendGoogle
  /** Calls with a JWT of ACCOUNT for the whole service, over which `claims` go. */
  call: (
    claims?: Claims,
    more?: { readonly url?: string; readonly header?: string; readonly key?: SigningKey }
  ) => Promise<ClientAnswer>
}

/** A service behind IAP, with the client that Google manages, and a key of ACCOUNT. */
async function startSigned(settings: Partial<IapSettings> = {}): Promise<Signed> {
  const { world } = await startService({
    iap: { clientId, accessors: [MEMBER], managedClient: true, ...settings },
    tags: ['blue']
  })
  const document = await world.addServiceAccountKey(ACCOUNT)
  const privateKey = createPrivateKey(document['private_key'] ?? '')
  const own = { id: document['private_key_id'] ?? '', privateKey, publicKey: privateKey }
  return {
    world,
    async call(claims, { url = `${URL_OF_SERVICE}/path?query`, header = 'authorization', key = own } = {}) {
      const token = signJwt({ ...claimsOfJwt(world), ...claims }, key)
      return await send(world, url, { headers: { [header]: `Bearer ${token}` } })
    },
    [Symbol.asyncDispose]: world.close
  }
}

function claimsOfJwt(world: PretendGoogle): Claims {
  const now = world.clock.seconds()
  return { iss: ACCOUNT, sub: ACCOUNT, aud: `${URL_OF_SERVICE}/*`, iat: now, exp: now + 3600 }
}

describe('Identity-Aware Proxy with a JWT that the service account signed', () => {
  it('lets an accessor in without any OAuth client, by either header but X-Serverless-Authorization', async () => {
    await using started = await startSigned()
    const { call } = started
    assert.equal((await call()).status, 200)
    assert.equal((await call({}, { header: 'proxy-authorization' })).status, 200)
    assert.equal((await call({}, { header: 'x-serverless-authorization' })).status, 302)
  })

  it('accepts a JWT that Google signed for the account', async () => {
    await using started = await startSigned()
    const { world } = started
    const provider = world.addPool()
    world.grant(repositoryMember(provider), ['iam.serviceAccounts.signJwt'], ACCOUNT)
    const payload = JSON.stringify(claimsOfJwt(world))
    const { json } = await callIam(world, await federate(world, provider), ACCOUNT, { payload }, 'signJwt')
    assert.equal((await send(world, URL_OF_SERVICE, { headers: bearer(String(json['signedJwt'])) })).status, 200)
  })

  it('holds the audience against the URL that it saw', async () => {
    await using started = await startSigned()
    const { call } = started
    const tag = `https://blue---${HOST}`
    const audiences: readonly [aud: string, url: string, status: number][] = [
      [`${URL_OF_SERVICE}/*`, URL_OF_SERVICE, 200],
      [`${URL_OF_SERVICE}/a/*`, `${URL_OF_SERVICE}/a/b?c`, 200],
      [`${URL_OF_SERVICE}/a/*`, `${URL_OF_SERVICE}/b`, 401],
      [`${URL_OF_SERVICE}/a`, `${URL_OF_SERVICE}/a?b`, 200],
      [`${URL_OF_SERVICE}/a`, `${URL_OF_SERVICE}/a/b`, 401],
      [`${URL_OF_SERVICE}/*`, tag, 401],
      [`${tag}/*`, tag, 200],
      ['https://*', URL_OF_SERVICE, 401],
      [`${URL_OF_SERVICE}*`, URL_OF_SERVICE, 401],
      [clientId, URL_OF_SERVICE, 401]
    ]
    for (const [aud, url, status] of audiences) {
      const answer = await call({ aud }, { url })
      assert.equal(answer.status, status, `${aud} for ${url}`)
      if (status === 401)
        assert.match(answer.text, /^Invalid IAP credentials: Invalid bearer token\. Invalid JWT audience\.$/)
    }
  })

  it('says what is wrong with one', async () => {
    await using started = await startSigned({ accessors: [] })
    const { world, call } = started
    const now = world.clock.seconds()
    const signature = 'Invalid IAP credentials: JWT signature is invalid'
    const wrongClaims = 'Invalid IAP credentials: Invalid bearer token. Invalid JWT claims.'
    const expected: readonly [answer: ClientAnswer, status: number, sentence: string][] = [
      [await call({}, { key: await signingKeyOf('impostor') }), 401, signature],
      [await call({ iss: 'nobody@example.com', sub: 'nobody@example.com' }), 401, signature],
      [await call({ iss: '112233445566778899000', sub: '112233445566778899000' }), 401, signature],
      [await call({ sub: 'somebody@example.com' }), 401, wrongClaims],
      [await call({ exp: now + 3700 }), 401, wrongClaims],
      [await call({ exp: undefined }), 401, wrongClaims],
      [await call({ iat: now - 120, exp: now - 60 }), 401, 'OpenID Connect token expired: JWT has expired'],
      [await call(), 403, "You don't have access"]
    ]
    for (const [answer, status, sentence] of expected) {
      assert.deepEqual(
        [answer.status, answer.text, answer.headers['x-goog-iap-generated-response']],
        [status, sentence, 'true']
      )
    }
  })

  it('makes it a secret, even if the answer was spoilt', async () => {
    await using started = await startSigned()
    const { world, call } = started
    world.fail(HOST, 'service unavailable')
    await call()
    const [token] = world.requests.map(({ headers }) => headers.authorization?.replace('Bearer ', ''))
    assert.ok(world.secrets().some(({ kind, value }) => kind === 'signed JWT' && value === token))
  })
})

describe('Identity-Aware Proxy that does not work', () => {
  const troubles: readonly [NonNullable<IapSettings['trouble']>, number, RegExp][] = [
    ['no client', 502, /^Empty Google Account OAuth client ID\(s\)\/secret\(s\)\.$/],
    ['not set up', 500, /^IAP for Cloud Run app is not set up correctly\./],
    ['not provisioned', 500, /^The IAP service account is not provisioned\./],
    ['not invoker', 403, /does not have permission to get URL <code>\/path<\/code> from this server/]
  ]
  for (const [trouble, status, words] of troubles) {
    it(trouble, async () => {
      await using started = await startSigned({ trouble })
      const { world, call } = started
      const answer = await call()
      assert.equal(answer.status, status)
      assert.match(answer.text, words)
      const isOfIap = answer.headers['x-goog-iap-generated-response'] === 'true'
      assert.equal(isOfIap, trouble !== 'not invoker')
      assert.equal((await send(world, URL_OF_SERVICE)).status, trouble === 'no client' ? 502 : 302)
    })
  }
})
