import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import type { ClientAnswer } from './client.ts'
import { ACCOUNT } from './flow.ts'
import { decodeJwt } from './tokens/jwt.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

const AUDIENCE = 'https://example.com/?a=1&b=2#f'

async function ask(world: PretendGoogle, resource: string, headers = {}): Promise<ClientAnswer> {
  const url = `http://${world.env()['GCE_METADATA_HOST'] ?? ''}/computeMetadata/v1/${resource}`
  return await send(world, url, { headers: { 'metadata-flavor': 'Google', ...headers } })
}

describe('the metadata server', () => {
  it('is not there until it is enabled', async () => {
    await using world = await startPretendGoogle()
    assert.equal(world.env()['METADATA_SERVER_DETECTION'], 'none')
    world.metadataServer.enable()
    assert.deepEqual(Object.keys(world.env()), ['HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS', 'GCE_METADATA_HOST'])
  })

  it('gives identity tokens for exactly the audience that was asked for', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    world.metadataServer.enable({ email: ACCOUNT })
    const audience = encodeURIComponent(AUDIENCE)
    const standard = decodeJwt(
      (await ask(world, `instance/service-accounts/default/identity?audience=${audience}`)).text
    )
    assert.deepEqual([standard?.claims['aud'], standard?.claims['email']], [AUDIENCE, undefined])
    const full = await ask(world, `instance/service-accounts/${ACCOUNT}/identity?audience=${audience}&format=full`)
    assert.equal(full.headers['metadata-flavor'], 'Google')
    assert.equal(decodeJwt(full.text)?.claims['email'], ACCOUNT)
    const empty = await ask(world, 'instance/service-accounts/default/identity?audience=')
    assert.deepEqual([empty.status, empty.text], [400, 'non-empty audience parameter required'])
  })

  it('answers programs on the machine only', async () => {
    await using world = await startPretendGoogle()
    world.metadataServer.enable()
    assert.equal((await ask(world, 'instance')).status, 200)
    const forgotten = await ask(world, 'instance', { 'metadata-flavor': 'none' })
    assert.deepEqual([forgotten.status, forgotten.text], [403, 'Missing required header "Metadata-Flavor": "Google"'])
    assert.equal((await ask(world, 'instance', { 'x-forwarded-for': '192.0.2.1' })).status, 403)
    const missing = await ask(world, 'instance/service-accounts/default/email')
    assert.equal(missing.status, 404)
    assert.match(missing.text, /Error 404 \(Not Found\)!!1/)
  })

  it('gives access tokens with which the account is known', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    world.metadataServer.enable({ email: ACCOUNT, kind: 'gke' })
    const { json, headers } = await ask(world, 'instance/service-accounts/default/token')
    assert.deepEqual(Object.keys(json), ['access_token', 'expires_in', 'token_type'])
    assert.equal(headers['server'], 'GKE Metadata Server')
  })
})
