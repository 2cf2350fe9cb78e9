import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import { ACCOUNT, callIam, federate, googleError, repositoryMember } from './flow.ts'
import { decodeJwt } from './tokens/jwt.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

const AUDIENCE = 'https://hello-abc-uc.a.run.app'

interface Federated extends AsyncDisposable {
  readonly world: PretendGoogle
  readonly member: string
  /** The federated token of `member`. */
  readonly token: string
}

async function startFederated(): Promise<Federated> {
  const world = await startPretendGoogle()
  const provider = world.addPool()
  world.addServiceAccount({ email: ACCOUNT, uniqueId: '112233445566778899000' })
  const token = await federate(world, provider)
  return { world, member: repositoryMember(provider), token, [Symbol.asyncDispose]: world.close }
}

describe('generateIdToken', () => {
  it('gives a token with or without e-mail, by e-mail or unique id', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
    const plain = await callIam(world, token, '112233445566778899000', { audience: AUDIENCE })
    const { iat, exp, ...claims } = decodeJwt(String(plain.json['token']))?.claims ?? {}
    assert.equal(Number(exp) - Number(iat), 3600)
    assert.deepEqual(claims, {
      iss: 'https://accounts.google.com',
      aud: AUDIENCE,
      azp: '112233445566778899000',
      sub: '112233445566778899000'
    })
    const body = { audience: AUDIENCE, includeEmail: true, useEmailAzp: true }
    const full = decodeJwt(String((await callIam(world, token, ACCOUNT, body)).json['token']))?.claims
    assert.deepEqual([full?.['email'], full?.['email_verified'], full?.['azp']], [ACCOUNT, true, ACCOUNT])
  })

  it('denies whoever lacks the permission, whether the account exists or not', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    const denial = {
      status: 'PERMISSION_DENIED',
      message: "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).",
      reason: 'IAM_PERMISSION_DENIED'
    }
    const body = { audience: AUDIENCE }
    assert.deepEqual(googleError(await callIam(world, token, ACCOUNT, body)), denial)
    assert.deepEqual(googleError(await callIam(world, token, `no-${ACCOUNT}`, body)), denial)
    world.grant(member.replace('octo-repo', 'other-repo'), 'roles/iam.workloadIdentityUser', ACCOUNT)
    assert.deepEqual(googleError(await callIam(world, token, ACCOUNT, body)), denial)
    world.grant(member, ['iam.serviceAccounts.getAccessToken'], ACCOUNT)
    assert.deepEqual(googleError(await callIam(world, token, ACCOUNT, body)), denial)
    world.grant(member, 'roles/iam.workloadIdentityUser', `no-${ACCOUNT}`)
    const missing = googleError(await callIam(world, token, `no-${ACCOUNT}`, body))
    assert.equal(missing.message, `Not found; Gaia id not found for email no-${ACCOUNT}`)
  })

  it('lets a grant act after a while', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT, { afterRequests: 2 })
    const statuses: number[] = []
    for (let i = 0; i < 3; i += 1) statuses.push((await callIam(world, token, ACCOUNT, { audience: AUDIENCE })).status)
    assert.deepEqual(statuses, [403, 403, 200])
  })

  it('refuses tokens that are missing, unknown, expired, of another kind, or of too small a scope', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
    const reasonFor = async (accessToken: string): Promise<unknown> =>
      googleError(await callIam(world, accessToken, ACCOUNT, { audience: AUDIENCE })).reason
    const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`
    assert.equal(googleError(await send(world, url, { body: { audience: AUDIENCE } })).reason, 'CREDENTIALS_MISSING')
    assert.equal(await reasonFor('ya29.c.unknown'), 'ACCESS_TOKEN_EXPIRED')
    assert.equal(await reasonFor(await world.issueIdToken({ aud: AUDIENCE })), 'ACCESS_TOKEN_TYPE_UNSUPPORTED')
    const small = await callIam(
      world,
      token,
      ACCOUNT,
      { scope: ['https://www.googleapis.com/auth/devstorage.read_only'] },
      'generateAccessToken'
    )
    assert.equal(await reasonFor(String(small.json['accessToken'])), 'ACCESS_TOKEN_SCOPE_INSUFFICIENT')
    world.clock.aheadMs = 61 * 60 * 1000
    assert.equal(await reasonFor(token), 'ACCESS_TOKEN_EXPIRED')
  })

  it('refuses invalid arguments', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
    for (const body of [
      {},
      { audience: '' },
      { audience: AUDIENCE, delegates: [ACCOUNT] },
      { audience: AUDIENCE, aud: 'x' }
    ]) {
      assert.equal(googleError(await callIam(world, token, ACCOUNT, body)).status, 'INVALID_ARGUMENT')
    }
    const url = `https://iamcredentials.googleapis.com/v1/projects/123/serviceAccounts/${ACCOUNT}:generateIdToken`
    const named = await send(world, url, {
      headers: { authorization: `Bearer ${token}` },
      body: { audience: AUDIENCE }
    })
    assert.equal(named.status, 400)
  })

  it('says where the API is switched off', async () => {
    await using started = await startFederated()
    const { world, token } = started
    world.disableApi('iamcredentials.googleapis.com', '123456789012')
    const error = googleError(await callIam(world, token, ACCOUNT, { audience: AUDIENCE }))
    assert.equal(error.reason, 'SERVICE_DISABLED')
    assert.match(String(error.message), /has not been used in project 123456789012 before or it is disabled/)
  })
})

describe('a chain of delegation', () => {
  it('needs a permission for every step', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    const [first, second] = [
      'first@octo-project.iam.gserviceaccount.com',
      'second@octo-project.iam.gserviceaccount.com'
    ]
    for (const email of [first, second]) world.addServiceAccount({ email })
    const delegates = [first, second].map((email) => `projects/-/serviceAccounts/${email}`)
    const mint = async (): Promise<unknown> => {
      const answer = await callIam(world, token, ACCOUNT, { audience: AUDIENCE, delegates })
      return answer.status === 200 ? 200 : googleError(answer).message
    }
    const denial = (permission: string): string =>
      `Permission 'iam.serviceAccounts.${permission}' denied on resource (or it may not exist).`

    world.grant(member, 'roles/iam.workloadIdentityUser', first)
    assert.equal(await mint(), denial('implicitDelegation'))
    world.grant(member, 'roles/iam.serviceAccountTokenCreator', first)
    assert.equal(await mint(), denial('implicitDelegation'))
    world.grant(`serviceAccount:${first}`, ['iam.serviceAccounts.implicitDelegation'], second)
    assert.equal(await mint(), denial('getOpenIdToken'))
    world.grant(`serviceAccount:${second}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
    assert.equal(await mint(), 200)
  })
})

describe('generateAccessToken', () => {
  it('gives a token with which the account itself may go on', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
    const scope = ['https://www.googleapis.com/auth/cloud-platform']
    const answer = await callIam(world, token, ACCOUNT, { scope, lifetime: '600s' }, 'generateAccessToken')
    assert.match(String(answer.json['expireTime']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const ownToken = String(answer.json['accessToken'])
    assert.equal((await callIam(world, ownToken, ACCOUNT, { audience: AUDIENCE })).status, 403)
    world.grant(`serviceAccount:${ACCOUNT}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    assert.equal((await callIam(world, ownToken, ACCOUNT, { audience: AUDIENCE })).status, 200)
    const tooLong = await callIam(world, token, ACCOUNT, { scope, lifetime: '3601s' }, 'generateAccessToken')
    assert.equal(tooLong.status, 400)
  })
})
