import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, scenario } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, givenExternalIdentity, WAYS } from '../token-documents.ts'

const JSON_FORMAT = { type: 'json', subject_token_field_name: 'token' }

async function givenTokenServer(world: PretendGoogle, answer: string): Promise<{ url: string; request: string }> {
  const origin = await world.addLoopbackApp((request) =>
    request.headers['x-secretless'] === 'yes' ? { body: answer } : 403
  )
  return { url: `${origin}/token?for=google`, request: `GET ${new URL(origin).host}/token` }
}

for (const { how, inputs, impersonates } of WAYS) {
  scenario(`A URL that answers in text leads to the account ${how}`, async ({ world, run }) => {
    const { provider, subjectToken } = await givenExternalIdentity(world)
    const { url, request } = await givenTokenServer(world, subjectToken)
    const document = externalAccount(provider, { url, headers: { 'X-Secretless': 'yes' } }, { impersonates })
    assertSuccess(await run(FOR_SERVICE, asInput(document), { inputs }))
    assert.deepEqual(listRequests(world), [request, ASKED.sts, ASKED.idToken()])
  })

  scenario(`A URL that answers in JSON leads to the account ${how}`, async ({ world, run }) => {
    const { provider, subjectToken } = await givenExternalIdentity(world)
    const { url, request } = await givenTokenServer(world, JSON.stringify({ token: subjectToken }))
    const source = { url, headers: { 'X-Secretless': 'yes' }, format: JSON_FORMAT }
    assertSuccess(await run(FOR_SERVICE, asInput(externalAccount(provider, source, { impersonates })), { inputs }))
    assert.deepEqual(listRequests(world), [request, ASKED.sts, ASKED.idToken()])
  })
}

scenario('A byte order mark before JSON from a URL is no part of the token', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const { url } = await givenTokenServer(world, `\uFEFF${JSON.stringify({ token: subjectToken })}`)
  const source = { url, headers: { 'X-Secretless': 'yes' }, format: JSON_FORMAT }
  assertSuccess(await run(FOR_SERVICE, asInput(externalAccount(provider, source, { impersonates: ACCOUNT }))))
})

scenario('A token may come from any https host, which gets no token of Google’s', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  world.addService({ host: 'tokens.octo-org.example', invokers: ['allUsers'], app: [{ body: subjectToken }] })
  const source = { url: 'https://tokens.octo-org.example/token' }
  assertSuccess(await run(FOR_SERVICE, asInput(externalAccount(provider, source, { impersonates: ACCOUNT }))))
  assert.deepEqual(listRequests(world), ['GET tokens.octo-org.example/token', ASKED.sts, ASKED.idToken()])
  assert.equal(world.requests[0]?.headers.authorization, undefined)
})

scenario('A token may not come in the clear from another machine', async ({ world, run }) => {
  const { provider } = await givenExternalIdentity(world)
  const source = { url: 'http://tokens.octo-org.example/token' }
  const result = await run(FOR_SERVICE, asInput(externalAccount(provider, source, { impersonates: ACCOUNT })))
  assertFailure(result, 'CREDENTIALS_INVALID', 'neither https nor a loopback')
  assert.deepEqual(listRequests(world), [])
})

for (const [what, answer, words] of [
  ['refuses', { status: 403, body: 'no such job' }, '403 no such job'],
  ['redirects', { status: 302, headers: { location: 'https://elsewhere.example' } }, '302'],
  ['answers with a page', { body: '<html>Sign in</html>' }, 'no JSON object'],
  ['answers with nothing', { body: '' }, 'no JSON object']
] as const) {
  scenario(`A token server that ${what} is named, and nothing is sent to Google`, async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    const origin = await world.addLoopbackApp([answer])
    const source = { url: `${origin}/token`, format: JSON_FORMAT }
    const result = await run(FOR_SERVICE, asInput(externalAccount(provider, source, { impersonates: ACCOUNT })))
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', origin, words)
    assert.deepEqual(listRequests(world), [`GET ${new URL(origin).host}/token`])
  })
}

scenario('A token server that fails once is asked again', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const origin = await world.addLoopbackApp([503, { body: subjectToken }])
  const document = externalAccount(provider, { url: `${origin}/token` }, { impersonates: ACCOUNT })
  assertSuccess(await run(FOR_SERVICE, asInput(document)))
  const request = `GET ${new URL(origin).host}/token`
  assert.deepEqual(listRequests(world), [request, request, ASKED.sts, ASKED.idToken()])
})

scenario('A token that comes with another 2xx is taken, and masked like any other', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const origin = await world.addLoopbackApp([{ status: 201, body: JSON.stringify({ token: subjectToken }) }])
  const source = { url: `${origin}/token`, format: JSON_FORMAT }
  assertSuccess(await run(FOR_SERVICE, asInput(externalAccount(provider, source, { impersonates: ACCOUNT }))))
})
