import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import { ACCOUNT, callIam, federate, googleError, repositoryMember, requestToken } from './flow.ts'
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

describe('signJwt', () => {
  const claims = { iss: ACCOUNT, sub: ACCOUNT, aud: `${AUDIENCE}/*` }

  it('signs what it is given with the key that Google keeps, and nothing of its own', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, ['iam.serviceAccounts.signJwt'], ACCOUNT)
    const answer = await callIam(world, token, ACCOUNT, { payload: JSON.stringify(claims) }, 'signJwt')
    assert.deepEqual(Object.keys(answer.json), ['keyId', 'signedJwt'])
    const signedJwt = String(answer.json['signedJwt'])
    const jwt = decodeJwt(signedJwt)
    assert.deepEqual(jwt?.claims, claims)
    assert.deepEqual(jwt.header, { alg: 'RS256', kid: answer.json['keyId'], typ: 'JWT' })
    assert.ok(world.secrets().some(({ kind, value }) => kind === 'signed JWT' && value === signedJwt))
  })

  it('needs a permission that roles/iam.workloadIdentityUser does not have', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    const sign = async (body = {}): Promise<unknown> => {
      const answer = await callIam(world, token, ACCOUNT, { payload: JSON.stringify(claims), ...body }, 'signJwt')
      return answer.status === 200 ? 200 : googleError(answer).message
    }
    const denial = "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist)."
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
    world.grant(member, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
    assert.equal(await sign(), denial)
    const delegate = 'delegate@octo-project.iam.gserviceaccount.com'
    world.addServiceAccount({ email: delegate })
    world.grant(member, 'roles/iam.serviceAccountTokenCreator', delegate)
    const delegates = [`projects/-/serviceAccounts/${delegate}`]
    assert.equal(await sign({ delegates }), denial)
    world.grant(`serviceAccount:${delegate}`, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    assert.equal(await sign({ delegates }), 200)
    assert.equal(await sign(), denial)
    world.grant(member, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    assert.equal(await sign(), 200)
  })

  it('refuses a payload that is no claims set, or expires too early or too late', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
    const now = world.clock.seconds()
    const statusFor = async (payload: unknown): Promise<number> =>
      (await callIam(world, token, ACCOUNT, { payload }, 'signJwt')).status
    for (const payload of [undefined, '', '[]', 'claims', claims]) assert.equal(await statusFor(payload), 400)
    for (const [exp, status] of [
      [now + 60, 200],
      [now + 12 * 3600, 200],
      [now + 12 * 3600 + 60, 400],
      [now - 60, 400],
      [now + 60.5, 400],
      [String(now + 60), 400],
      [null, 400]
    ]) {
      assert.equal(await statusFor(JSON.stringify({ ...claims, exp })), status, String(exp))
    }
  })

  it('makes an assertion for the token endpoint, so that its caller may become the account', async () => {
    await using started = await startFederated()
    const { world, member, token } = started
    world.grant(member, ['iam.serviceAccounts.signJwt'], ACCOUNT)
    const now = world.clock.seconds()
    const payload = JSON.stringify({
      ...{ iss: ACCOUNT, aud: 'https://oauth2.googleapis.com/token', iat: now, exp: now + 3600 },
      scope: 'https://www.googleapis.com/auth/cloud-platform'
    })
    const { json } = await callIam(world, token, ACCOUNT, { payload }, 'signJwt')
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: String(json['signedJwt']) }
    assert.match(String((await requestToken(world, grant)).json['access_token']), /^ya29\./)
  })
})
