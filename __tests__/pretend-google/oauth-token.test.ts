import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { ACCOUNT, requestToken } from './flow.ts'
import { decodeJwt, signJwt } from './tokens/jwt.ts'
import type { Claims } from './tokens/jwt.ts'
import type { SigningKey } from './tokens/keys.ts'
import { signingKeyOf } from './tokens/keys.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

const AUDIENCE = 'https://hello-abc-uc.a.run.app'
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

async function startWithKey(): Promise<AsyncDisposable & { world: PretendGoogle; key: SigningKey }> {
  const world = await startPretendGoogle()
  world.addServiceAccount({ email: ACCOUNT })
  const document = await world.addServiceAccountKey(ACCOUNT)
  const privateKey = createPrivateKey(document['private_key'] ?? '')
  const key = { id: document['private_key_id'] ?? '', privateKey, publicKey: privateKey }
  return { world, key, [Symbol.asyncDispose]: world.close }
}

/** Signs an assertion of the account, with these claims over the ordinary ones, and asks for a token with it. */
async function grantFor(world: PretendGoogle, key: SigningKey, claims: Claims): Promise<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000)
  const ordinary = { iss: ACCOUNT, aud: 'https://oauth2.googleapis.com/token', iat: now, exp: now + 3600 }
  const assertion = signJwt({ ...ordinary, ...claims }, key)
  return (await requestToken(world, { grant_type: JWT_BEARER, assertion })).json
}

describe("a service account's assertion", () => {
  it('gives an ID token alone, an access token, or both', async () => {
    await using started = await startWithKey()
    const { world, key } = started
    const idOnly = await grantFor(world, key, { target_audience: AUDIENCE })
    assert.deepEqual(Object.keys(idOnly), ['id_token'])
    const claims = decodeJwt(String(idOnly['id_token']))?.claims
    assert.deepEqual([claims?.['aud'], claims?.['azp'], claims?.['email']], [AUDIENCE, ACCOUNT, ACCOUNT])
    const scope = 'https://www.googleapis.com/auth/cloud-platform'
    assert.deepEqual(Object.keys(await grantFor(world, key, { scope })), ['access_token', 'expires_in', 'token_type'])
    const both = await grantFor(world, key, { scope, target_audience: AUDIENCE })
    assert.ok('access_token' in both && 'id_token' in both)
  })

  it('is verified', async () => {
    await using started = await startWithKey()
    const { world, key } = started
    const wanted = { target_audience: AUDIENCE }
    const refusalFor = async (claims: Claims, signer = key): Promise<unknown> =>
      (await grantFor(world, signer, { ...wanted, ...claims }))['error_description']
    assert.equal(await refusalFor({}, await signingKeyOf('impostor')), 'Invalid JWT Signature.')
    assert.equal(await refusalFor({ iss: `no-${ACCOUNT}` }), 'Invalid grant: account not found')
    assert.equal(await refusalFor({ aud: 'https://example.com' }), 'Invalid JWT: Failed audience check.')
    assert.equal(await refusalFor({ target_audience: '' }), 'Invalid OAuth scope or ID token audience provided.')
    const now = Math.floor(Date.now() / 1000)
    for (const wrong of [
      { exp: now + 3700 },
      { iat: now + 900, exp: now + 1800 },
      { iat: now - 7200, exp: now - 3600 }
    ]) {
      assert.match(String(await refusalFor(wrong)), /^Invalid JWT: Token must be a short-lived token/)
    }
    world.clock.aheadMs = -10 * 60 * 1000
    assert.match(String(await refusalFor({})), /^Invalid JWT: Token must be a short-lived token/)
  })

  it('is worth nothing once its key is deleted or its account disabled', async () => {
    await using started = await startWithKey()
    const { world, key } = started
    world.deleteKey(key.id)
    assert.equal(
      (await grantFor(world, key, { target_audience: AUDIENCE }))['error_description'],
      'Invalid JWT Signature.'
    )
    world.disableServiceAccount(ACCOUNT)
    assert.equal((await grantFor(world, key, { target_audience: AUDIENCE }))['error'], 'disabled_client')
  })
})

describe("a person's refresh token", () => {
  const refresh = async (
    world: PretendGoogle,
    document: Readonly<Record<string, string>>
  ): Promise<Record<string, unknown>> => {
    const { client_id = '', client_secret = '', refresh_token = '' } = document
    const parameters = {
      grant_type: 'refresh_token',
      client_id,
      client_secret,
      refresh_token,
      target_audience: AUDIENCE
    }
    return (await requestToken(world, parameters)).json
  }

  it("gives an ID token for gcloud's client, and none without openid", async () => {
    await using world = await startPretendGoogle()
    const document = world.addUser({ email: 'person@example.com' })
    const claims = decodeJwt(String((await refresh(world, document))['id_token']))?.claims
    assert.deepEqual([claims?.['aud'], claims?.['email']], [document['client_id'], 'person@example.com'])
    const bare = world.addUser({
      email: 'other@example.com',
      scopes: ['https://www.googleapis.com/auth/cloud-platform']
    })
    assert.equal('id_token' in (await refresh(world, bare)), false)
  })

  it('can be unknown, revoked or in want of a new sign-in, and its client wrong', async () => {
    await using world = await startPretendGoogle()
    const person = world.addUser({ email: 'person@example.com' })
    assert.equal((await refresh(world, { ...person, refresh_token: 'x' }))['error_description'], 'Bad Request')
    assert.equal((await refresh(world, { ...person, client_secret: 'x' }))['error'], 'invalid_client')
    assert.equal(
      (await refresh(world, { ...person, client_id: 'x' }))['error_description'],
      'The OAuth client was not found.'
    )
    const revoked = world.addUser({ email: 'b@example.com', session: 'revoked' })
    assert.equal((await refresh(world, revoked))['error_description'], 'Token has been expired or revoked.')
    const stale = world.addUser({ email: 'c@example.com', session: 'reauth' })
    assert.equal((await refresh(world, stale))['error_subtype'], 'invalid_rapt')
  })
})
