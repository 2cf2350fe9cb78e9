import assert from 'node:assert/strict'
import {
  assertFailure,
  assertNoToken,
  assertSuccess,
  claimsOf,
  givenFederation,
  listRequests,
  scenario
} from '../given.ts'

for (const url of [
  'https://hello.example/health',
  'https://run.app/',
  'https://hello-123456789012.europe-west1.run.app.evil.example/',
  'https://europe-west1-octo-project.cloudfunctions.net/',
  'http://127.0.0.1:8080/',
  'https://gateway-1.ew.gateway.dev/path'
]) {
  scenario(`${url} says no audience, so that it has to be given, which costs no request`, async ({ world, run }) => {
    const result = await run(await givenFederation(world), { inputs: { url } })
    const products = ['Identity-Aware Proxy', 'Cloud Run', 'API Gateway', 'audience:']
    assertFailure(result, 'AUDIENCE_REQUIRED', ...(url.includes('cloudfunctions') ? ['functions list'] : products))
    assertNoToken(result)
    assert.deepEqual(listRequests(world), [])
  })
}

const DERIVED: Readonly<Record<string, string>> = {
  'https://hello-123456789012.europe-west1.run.app/': 'https://hello-123456789012.europe-west1.run.app',
  'https://hello-abcdefghij-ew.a.run.app/any/path?and=query#part': 'https://hello-abcdefghij-ew.a.run.app',
  'https://canary---hello-abcdefghij-ew.a.run.app/x': 'https://hello-abcdefghij-ew.a.run.app',
  'https://europe-west1-octo-project.cloudfunctions.net/greet/any/path?x':
    'https://europe-west1-octo-project.cloudfunctions.net/greet'
}

for (const [url, audience] of Object.entries(DERIVED)) {
  scenario(`The audience of ${url} is ${audience}`, async ({ world, run }) => {
    const { host, pathname } = new URL(url)
    const functionName = host.endsWith('cloudfunctions.net') ? { functionName: pathname.split('/')[1] ?? '' } : {}
    const tags = host.includes('---') ? { tags: ['canary'] } : {}
    const federation = await givenFederation(world)
    world.addService({
      host: new URL(audience).host,
      invokers: [`serviceAccount:${federation.inputs['service_account'] ?? ''}`],
      ...functionName,
      ...tags
    })
    const result = await run(federation, { inputs: { url } })
    assertSuccess(result)
    assert.equal(result.outputs['audience'], audience)
    assert.equal(claimsOf(result.outputs['id_token'])['aud'], audience)
  })
}
