import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import type { ClientAnswer } from './client.ts'
import { ACCOUNT_ID, bearer, HOST, MEMBER, startService, URL_OF_SERVICE } from './flow.ts'
import { PAGES } from './services/pages.ts'
import { signJwt } from './tokens/jwt.ts'
import { signingKeyOf } from './tokens/keys.ts'

describe("Cloud Run's front end", () => {
  it('lets an invoker in, and takes the signature off X-Serverless-Authorization', async () => {
    await using started = await startService()
    const { world, mint } = started
    const token = await mint()
    assert.equal((await send(world, URL_OF_SERVICE, { headers: bearer(token) })).status, 200)
    const serverless = await send(world, URL_OF_SERVICE, {
      headers: { 'x-serverless-authorization': `Bearer ${token}` }
    })
    assert.match(serverless.text, /\.SIGNATURE_REMOVED_BY_GOOGLE/)
    assert.equal(serverless.headers['server'], 'Google Frontend')
  })

  it('refuses with 403 who shows no token, or may not invoke the service', async () => {
    await using started = await startService({ invokers: [] })
    const { world, mint } = started
    for (const headers of [{}, bearer(await mint())]) {
      const answer = await send(world, `${URL_OF_SERVICE}/a<b?c`, { headers })
      assert.equal(answer.status, 403)
      assert.match(
        answer.text,
        /<h2>Your client does not have permission to get URL <code>\/a%3Cb<\/code> from this server\.<\/h2>/
      )
    }
  })

  it('refuses every wrong token with 401', async () => {
    await using started = await startService()
    const { world, mint } = started
    const now = world.clock.seconds()
    const forged = signJwt(
      { iss: 'https://accounts.google.com', aud: URL_OF_SERVICE, sub: ACCOUNT_ID, exp: now + 60 },
      await signingKeyOf('impostor')
    )
    const wrong = [
      'ya29.c.access-token',
      forged,
      await mint({ aud: 'https://other-abc-uc.a.run.app' }),
      await mint({ aud: `${URL_OF_SERVICE}/path` }),
      await mint({ iss: 'https://issuer.example' }),
      await mint({ iat: now - 7200, exp: now - 3600 })
    ]
    for (const token of wrong) assertUnauthorized(await send(world, URL_OF_SERVICE, { headers: bearer(token) }))
    const good = await mint()
    assertUnauthorized(
      await send(world, URL_OF_SERVICE, { headers: { Authorization: [`Bearer ${good}`, `Bearer ${good}`] } })
    )
    assertUnauthorized(await send(world, URL_OF_SERVICE, { headers: { authorization: `Basic ${good}` } }))
  })

  it('looks at X-Serverless-Authorization alone where both headers are there', async () => {
    await using started = await startService()
    const { world, mint } = started
    const good = `Bearer ${await mint()}`
    const bad = 'Basic dXNlcjpwYXNz'
    const first = await send(world, URL_OF_SERVICE, {
      headers: { authorization: bad, 'x-serverless-authorization': good }
    })
    assert.equal(first.status, 200)
    assertUnauthorized(
      await send(world, URL_OF_SERVICE, { headers: { authorization: good, 'x-serverless-authorization': bad } })
    )
  })

  it("accepts all of the service's URLs, custom audiences and gcloud's clients as audience", async () => {
    await using started = await startService({
      otherHosts: ['hello-123456789012.us-central1.run.app', 'hello.example.com'],
      customAudiences: ['my-service']
    })
    const { world, mint } = started
    const accepted = [
      URL_OF_SERVICE,
      `${URL_OF_SERVICE}/`,
      'https://hello-123456789012.us-central1.run.app',
      'my-service',
      '32555940559.apps.googleusercontent.com'
    ]
    for (const aud of accepted) {
      assert.equal(
        (await send(world, 'https://hello.example.com', { headers: bearer(await mint({ aud })) })).status,
        200
      )
    }
    assertUnauthorized(
      await send(world, URL_OF_SERVICE, { headers: bearer(await mint({ aud: 'https://hello.example.com' })) })
    )
  })

  it('answers 404 for unknown services and tags, reserved paths and closed ingress', async () => {
    await using started = await startService({ tags: ['blue'] })
    const { world, mint } = started
    world.addService({ host: 'inner-abc-uc.a.run.app', invokers: [MEMBER], ingress: 'internal' })
    const headers = bearer(await mint())
    assert.equal((await send(world, `https://blue---${HOST}`, { headers })).status, 200)
    for (const url of [
      `https://red---${HOST}`,
      `${URL_OF_SERVICE}/healthz`,
      'https://inner-abc-uc.a.run.app',
      'https://nobody-uc.a.run.app'
    ]) {
      const answer = await send(world, url, { headers })
      assert.equal(answer.status, 404, url)
      assert.match(answer.text, /Error 404 \(Not Found\)!!1/)
    }
  })

  it('serves functions by their name in the path', async () => {
    await using started = await startService({ host: 'us-central1-octo.cloudfunctions.net', functionName: 'hello' })
    const { world, mint } = started
    const audience = 'https://us-central1-octo.cloudfunctions.net/hello'
    const headers = bearer(await mint({ aud: audience }))
    assert.equal((await send(world, `${audience}/path`, { headers })).status, 200)
    assert.equal((await send(world, `${audience}-2`, { headers })).status, 404)
  })

  it('lets everybody into a public service, whatever they show', async () => {
    await using started = await startService({ invokers: ['allUsers'] })
    const { world } = started
    assert.equal((await send(world, URL_OF_SERVICE, { headers: bearer('nonsense') })).status, 200)
  })
})

describe('API Gateway', () => {
  it('checks issuer, signature, age and audience', async () => {
    const host = 'hello-gw-1x2y3z.uc.gateway.dev'
    await using started = await startService({ host, gateway: { audiences: ['my-api'] } })
    const { world, mint } = started
    const refusalFor = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      (await send(world, `https://${host}`, { headers })).json['message']
    assert.equal((await send(world, `https://${host}`, { headers: bearer(await mint({ aud: 'my-api' })) })).status, 200)
    assert.equal(await refusalFor({}), 'Jwt is missing')
    assert.equal(
      await refusalFor(bearer(await mint({ iss: 'https://issuer.example' }))),
      'Jwt issuer is not configured'
    )
    assert.equal(await refusalFor(bearer(await mint({ exp: 1 }))), 'Jwt is expired')
    assert.equal(await refusalFor(bearer(await mint())), 'Audiences in Jwt are not allowed')
  })
})

describe("a page of Google's", () => {
  for (const [name, page] of Object.entries(PAGES)) {
    it(`takes the place of the application: ${name}`, async () => {
      await using started = await startService({ invokers: ['allUsers'] })
      const { world } = started
      world.fail(HOST, page, { times: 1 })
      const answer = await send(world, URL_OF_SERVICE)
      assert.deepEqual([answer.status, answer.text], [page.status, page.body])
      assert.equal(answer.headers['x-goog-iap-generated-response'] === 'true', name.startsWith('IAP'))
      assert.equal((await send(world, URL_OF_SERVICE)).status, 200)
    })
  }

  it('is told to have 134 bytes, where Cloud Armor made it', () => {
    assert.equal(PAGES['Cloud Armor 403'].body?.length, 134)
  })
})

function assertUnauthorized(answer: ClientAnswer): void {
  assert.equal(answer.status, 401)
  assert.match(answer.text, /Your client does not have permission to the requested URL/)
  assert.equal(
    answer.headers['www-authenticate'],
    'Bearer error="invalid_token" error_description="The access token could not be verified"'
  )
}
