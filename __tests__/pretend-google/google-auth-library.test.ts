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

/** The claims of the ID token that Google's own library gets in this world. */
async function getIdToken(
  world: PretendGoogle,
  credentials?: object,
  env: Readonly<Record<string, string>> = {}
): Promise<Record<string, unknown>> {
  const given = credentials === undefined ? {} : { CREDENTIALS: JSON.stringify(credentials) }
  const { stdout } = await promisify(execFile)(process.execPath, [PROCESS], {
    env: { ...world.env(), ...env, ...given, AUDIENCE, TARGET: ACCOUNT, PATH: process.env['PATH'] }
  })
  return JSON.parse(stdout) as Record<string, unknown>
}

describe("Google's own library gets along with this world", () => {
  it('with a service account key', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    const claims = await getIdToken(world, await world.addServiceAccountKey(ACCOUNT))
    assert.deepEqual([claims['aud'], claims['email']], [AUDIENCE, ACCOUNT])
  })

  it("with a person's refresh token", async () => {
    await using world = await startPretendGoogle()
    const claims = await getIdToken(world, world.addUser({ email: 'person@example.com' }))
    assert.equal(claims['email'], 'person@example.com')
  })

  it('with the metadata server', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    world.metadataServer.enable({ email: ACCOUNT })
    // The library would ask the proxy for the metadata server too.
    const claims = await getIdToken(world, undefined, { NO_PROXY: '127.0.0.1' })
    assert.deepEqual([claims['aud'], claims['email']], [AUDIENCE, ACCOUNT])
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
    assert.equal((await getIdToken(world, credentials, identity))['email'], ACCOUNT)

    const stranger = world.addAwsIdentity({ accountId: '333333333333' })
    await assert.rejects(getIdToken(world, credentials, stranger), /AWS account is not the one of the provider/)
    const forged = { ...identity, AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) }
    await assert.rejects(getIdToken(world, credentials, forged), /AWS rejected the signature/)
  })
})
