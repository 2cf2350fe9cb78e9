import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { send } from './client.ts'
import type { ClientAnswer } from './client.ts'
import { ACCOUNT, callIam } from './flow.ts'
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

  it('has GKE say that a pod without the annotation has no ID token, though it has an access token', async () => {
    await using world = await startPretendGoogle()
    world.metadataServer.enable({ kind: 'gke not annotated' })
    const refused = await ask(world, 'instance/service-accounts/default/identity?audience=x&format=full')
    assert.equal(refused.status, 404)
    assert.match(
      refused.text,
      /^Your Kubernetes service account \(default\/runner\) is not annotated with a target Google/
    )
    assert.equal((await ask(world, 'instance/service-accounts/default/email')).text, 'octo-project.svc.id.goog')
    assert.equal((await ask(world, 'instance/service-accounts/default/token')).status, 200)
  })

  it('refuses connections until it listens', async () => {
    await using world = await startPretendGoogle()
    world.metadataServer.enable({ listensAfterMs: 1000 })
    await assert.rejects(ask(world, 'instance'), /ECONNREFUSED/)
    let status: number | undefined
    while (status === undefined) {
      await delay(100)
      status = await ask(world, 'instance').then(
        (answer) => answer.status,
        () => undefined
      )
    }
    assert.equal(status, 200)
  })

  it('gives a machine with fixed scopes no others', async () => {
    await using world = await startPretendGoogle()
    const email = 'narrow@octo-project.iam.gserviceaccount.com'
    for (const account of [email, ACCOUNT]) world.addServiceAccount({ email: account })
    world.grant(`serviceAccount:${email}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    const statusWith = async (scopes?: readonly string[]): Promise<number> => {
      world.metadataServer.enable({ email, ...(scopes === undefined ? {} : { scopes }) })
      const wanted = encodeURIComponent('https://www.googleapis.com/auth/iam')
      const { json } = await ask(world, `instance/service-accounts/default/token?scopes=${wanted}`)
      return (await callIam(world, String(json['access_token']), ACCOUNT, { audience: AUDIENCE })).status
    }
    assert.equal(await statusWith(), 200)
    assert.equal(await statusWith(['https://www.googleapis.com/auth/devstorage.read_only']), 403)
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
