import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ACCOUNT } from './flow.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

const AUDIENCE = 'https://hello-abc-uc.a.run.app'
const PROCESS = fileURLToPath(import.meta.resolve('./google-auth-library-process.ts'))

interface Flow {
  readonly flow?: string
  readonly credentials?: object
  readonly env?: Readonly<Record<string, string>>
}

/** What Google's own library gets in this world: the claims of an ID token, unless `flow` says otherwise. */
async function runLibrary(world: PretendGoogle, { flow = 'ID token', credentials, env }: Flow): Promise<unknown> {
  const given = credentials === undefined ? {} : { CREDENTIALS: JSON.stringify(credentials) }
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [PROCESS], {
    env: { ...world.env(), ...env, ...given, FLOW: flow, AUDIENCE, TARGET: ACCOUNT, PATH, NODE_COMPILE_CACHE }
  })
  return JSON.parse(stdout)
}

async function getIdToken(world: PretendGoogle, how: Flow = {}): Promise<Record<string, unknown>> {
  return (await runLibrary(world, how)) as Record<string, unknown>
}

// The library would ask the proxy for the metadata server too.
const MACHINE = { env: { NO_PROXY: '127.0.0.1' } }

describe("Google's own library gets along with this world", () => {
  it('with a service account key', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    const claims = await getIdToken(world, { credentials: await world.addServiceAccountKey(ACCOUNT) })
    assert.deepEqual([claims['aud'], claims['email']], [AUDIENCE, ACCOUNT])
  })

  it("with a person's refresh token", async () => {
    await using world = await startPretendGoogle()
    const claims = await getIdToken(world, { credentials: world.addUser({ email: 'person@example.com' }) })
    assert.equal(claims['email'], 'person@example.com')
  })

  it('with the metadata server', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    world.metadataServer.enable({ email: ACCOUNT })
    const claims = await getIdToken(world, MACHINE)
    assert.deepEqual([claims['aud'], claims['email']], [AUDIENCE, ACCOUNT])
  })

  it('with a key that signs its own access tokens, in any universe', async () => {
    for (const universe of ['googleapis.com', 'apis.cloud.example']) {
      await using world = await startPretendGoogle({ universe })
      world.addServiceAccount({ email: ACCOUNT })
      world.grant(`serviceAccount:${ACCOUNT}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
      const credentials = await world.addServiceAccountKey(ACCOUNT)
      assert.equal((await getIdToken(world, { flow: 'self-signed JWT', credentials }))['aud'], AUDIENCE)
      assert.deepEqual(
        world.requests.map(({ host }) => host),
        [`iamcredentials.${universe}`]
      )
    }
  })

  it('as another account, with a key, a person and a machine', async () => {
    await using world = await startPretendGoogle()
    const source = 'source@octo-project.iam.gserviceaccount.com'
    for (const email of [ACCOUNT, source]) world.addServiceAccount({ email })
    for (const member of [`serviceAccount:${source}`, 'user:person@example.com']) {
      world.grant(member, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    }
    world.metadataServer.enable({ email: source })
    const key = await world.addServiceAccountKey(source)
    for (const how of [
      { credentials: key },
      { credentials: world.addUser({ email: 'person@example.com' }) },
      MACHINE
    ]) {
      assert.equal((await getIdToken(world, { flow: "target's ID token", ...how }))['email'], ACCOUNT)
    }
    assert.match(String(await runLibrary(world, { flow: "target's access token", credentials: key })), /^ya29\./)
    const { keyId } = (await runLibrary(world, { flow: "target's signature", credentials: key })) as { keyId: string }
    assert.match(keyId, /^[0-9a-f]{40}$/)
  })

  it('with credentials of AWS, whose signature is verified', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    const provider = world.addPool({ source: { kind: 'aws', accountId: '210987654321' } })
    const pool = provider.replace(/\/providers\/.*/, '')
    world.grant(`principalSet://iam.googleapis.com/${pool}/*`, 'roles/iam.workloadIdentityUser', ACCOUNT)
    const credentials = {
      type: 'external_account',
      audience: `//iam.googleapis.com/${provider}`,
      subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: {
        environment_id: 'aws1',
        regional_cred_verification_url: 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15'
      }
    }
    const identity = world.addAwsIdentity({ accountId: '210987654321', temporary: true })
    assert.equal((await getIdToken(world, { credentials, env: identity }))['email'], ACCOUNT)

    const stranger = world.addAwsIdentity({ accountId: '333333333333' })
    await assert.rejects(
      getIdToken(world, { credentials, env: stranger }),
      /AWS account is not the one of the provider/
    )
    const forged = { ...identity, AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) }
    await assert.rejects(getIdToken(world, { credentials, env: forged }), /AWS rejected the signature/)
  })
})
