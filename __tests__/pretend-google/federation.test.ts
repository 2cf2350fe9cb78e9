import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import { GITHUB_ISSUER } from './endpoints/github-oidc.ts'
import { ACCOUNT, callIam, exchangeToken, requestGithubToken } from './flow.ts'
import { signJwt } from './tokens/jwt.ts'
import { signingKeyOf } from './tokens/keys.ts'
import { createCertificateAuthority } from './transport/certificates.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

interface Federation extends AsyncDisposable {
  readonly world: PretendGoogle
  readonly provider: string
  readonly audience: string
  readonly token: string
}

/** A world with one provider for GitHub, and a token that it accepts. */
async function startFederation(): Promise<Federation> {
  const world = await startPretendGoogle()
  const provider = world.addPool()
  const audience = `https://iam.googleapis.com/${provider}`
  const token = await requestGithubToken(world, audience)
  return { world, provider, audience, token, [Symbol.asyncDispose]: world.close }
}

describe('the token exchange', () => {
  it('gives a federated token for a GitHub token, asked for by form or JSON', async () => {
    await using started = await startFederation()
    const { world, provider, token } = started
    const byForm = await exchangeToken(world, provider, token)
    assert.equal(byForm.status, 200)
    assert.match(String(byForm.json['access_token']), /^ya29\.d\./)
    assert.equal(byForm.json['issued_token_type'], 'urn:ietf:params:oauth:token-type:access_token')
    const body = {
      audience: `//iam.googleapis.com/${provider}`,
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
      subjectToken: token
    }
    assert.equal((await send(world, 'https://sts.googleapis.com/v1/token', { body })).status, 200)
  })

  it('accepts the provider with either scheme, and no other audience', async () => {
    await using started = await startFederation()
    const { world, provider } = started
    const short = await requestGithubToken(world, `//iam.googleapis.com/${provider}`)
    assert.equal((await exchangeToken(world, provider, short)).status, 200)
    const other = await exchangeToken(world, provider, await requestGithubToken(world, 'https://github.com/octo-org'))
    assert.equal(other.json['error'], 'invalid_grant')
    assert.match(
      String(other.json['error_description']),
      /^The audience in ID Token \[https:\/\/github\.com\/octo-org\] does not match/
    )
  })

  it('verifies signature, issuer and age', async () => {
    await using started = await startFederation()
    const { world, provider, audience } = started
    const seconds = world.clock.seconds()
    const claims = {
      iss: GITHUB_ISSUER,
      aud: audience,
      sub: 'repo:octo-org/octo-repo',
      iat: seconds,
      exp: seconds + 300
    }
    const forged = signJwt(claims, await signingKeyOf('impostor'))
    assert.match(await describeRefusal(exchangeToken(world, provider, forged)), /invalid_grant.*signature/)

    const foreign = await world.issueOidcToken('https://issuer.example', { aud: audience, sub: 'x' })
    assert.equal(
      await describeRefusal(exchangeToken(world, provider, foreign)),
      `invalid_grant: The issuer in ID Token https://issuer.example does not match the expected ones: ${GITHUB_ISSUER}/`
    )

    const token = await requestGithubToken(world, audience)
    world.clock.aheadMs = 10 * 60 * 1000
    assert.match(
      await describeRefusal(exchangeToken(world, provider, token)),
      /^invalid_grant: ID Token issued at \d+ is stale to sign-in\.$/
    )
  })

  it('applies condition, mapping and the limit of the subject', async () => {
    await using started = await startFederation()
    const { world } = started
    const picky = world.addPool({
      provider: 'picky',
      attributeCondition: (assertion) => assertion['repository_owner'] === 'somebody-else'
    })
    const token = await requestGithubToken(world, `https://iam.googleapis.com/${picky}`)
    assert.equal(
      await describeRefusal(exchangeToken(world, picky, token)),
      'unauthorized_client: The given credential is rejected by the attribute condition.'
    )
    const provider = world.addPool()
    const long = await requestGithubToken(world, `https://iam.googleapis.com/${provider}`, {
      ref: `refs/heads/${'x'.repeat(127)}`
    })
    assert.match(
      await describeRefusal(exchangeToken(world, provider, long)),
      /google\.subject exceeds the 127 bytes limit/
    )
  })

  it('tells a malformed provider from an unknown or disabled one', async () => {
    await using started = await startFederation()
    const { world, provider, token } = started
    const malformed = exchangeToken(world, 'projects/name/locations/global/workloadIdentityPools/p/providers/x', token)
    assert.match(await describeRefusal(malformed), /^invalid_request: Invalid value for "audience"\./)
    assert.match(await describeRefusal(exchangeToken(world, `${provider}-2`, token)), /^invalid_target: /)
    world.addPool({ enabled: false })
    assert.match(await describeRefusal(exchangeToken(world, provider, token)), /^invalid_target: /)
  })

  it("refuses another universe's scope and audience", async () => {
    await using world = await startPretendGoogle({ universe: 'apis.cloud.example' })
    const provider = world.addPool()
    const token = await requestGithubToken(world, `https://iam.googleapis.com/${provider}`)
    const host = 'sts.apis.cloud.example'
    assert.equal((await exchangeToken(world, provider, token, {}, { host })).status, 200)
    const scope = 'https://www.apis.cloud.example/auth/cloud-platform'
    assert.match(await describeRefusal(exchangeToken(world, provider, token, { scope }, { host })), /^invalid_scope/)
    const audience = `//iam.apis.cloud.example/${provider}`
    assert.match(
      await describeRefusal(exchangeToken(world, provider, token, { audience }, { host })),
      /^invalid_request/
    )
  })
})

describe('a certificate as subject token', () => {
  it('has to be the one of the connection, and signed by the trust anchor', async () => {
    await using world = await startPretendGoogle()
    const provider = world.addPool({ source: { kind: 'x509', trustAnchor: world.trustAnchor } })
    const [mine, other] = [world.addClientCertificate('workload'), world.addClientCertificate('other')]
    const token = (pem: string): string => JSON.stringify([pem.replaceAll(/-----[^-]+-----|\s/g, '')])
    const type = { subject_token_type: 'urn:ietf:params:oauth:token-type:mtls' }
    const mtls = { host: 'sts.mtls.googleapis.com', certificate: mine }

    const accepted = await exchangeToken(world, provider, token(mine.cert), type, mtls)
    assert.equal(accepted.status, 200)
    assert.equal(world.requests.at(-1)?.clientCertificate, 'CN=workload')

    const plain = { certificate: mine }
    assert.match(await describeRefusal(exchangeToken(world, provider, token(mine.cert), type, plain)), /mTLS/)
    const unproven = exchangeToken(world, provider, token(other.cert), type, mtls)
    assert.match(await describeRefusal(unproven), /does not match the client certificate/)

    const foreign = createCertificateAuthority('Somebody else').issueClientCertificate('workload')
    const untrusted = exchangeToken(world, provider, token(foreign.cert), type, { ...mtls, certificate: foreign })
    assert.match(await describeRefusal(untrusted), /trust anchor/)
  })
})

describe('a workforce identity', () => {
  it('refreshes its token with its own client, and may impersonate', async () => {
    await using world = await startPretendGoogle()
    const provider = world.addWorkforcePool({ pool: 'staff', provider: 'okta' })
    world.addServiceAccount({ email: ACCOUNT })
    const member = 'principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/jo'
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
    const refresh = async (document: Readonly<Record<string, string>>, more = {}): Promise<Record<string, unknown>> => {
      const { client_id = '', client_secret = '', refresh_token = '', token_url = '' } = { ...document, ...more }
      const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token })
      return (await send(world, token_url, { headers: { authorization }, body })).json
    }

    const document = world.addWorkforceUser({ provider, subject: 'jo' })
    const token = String((await refresh(document))['access_token'])
    assert.equal((await callIam(world, token, ACCOUNT, { audience: 'https://example.com' })).status, 200)
    assert.equal((await refresh(document, { client_secret: 'x' }))['error'], 'invalid_client')
    const revoked = world.addWorkforceUser({ provider, subject: 'jo', session: 'revoked' })
    assert.equal((await refresh(revoked))['error'], 'invalid_grant')
  })
})

async function describeRefusal(answer: ReturnType<typeof exchangeToken>): Promise<string> {
  const { json } = await answer
  return `${String(json['error'])}: ${String(json['error_description'])}`
}
