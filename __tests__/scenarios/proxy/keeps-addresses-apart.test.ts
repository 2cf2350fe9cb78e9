import assert from 'node:assert/strict'
import { ACCOUNT, givenFederation, SERVICE_HOST, SERVICE_URL } from '../given.ts'
import { assertFailure, givenProxy, proxyScenario } from './given.ts'

proxyScenario('With a base path, what is under it is at the top of the proxy', async ({ world, start }) => {
  const { env = {}, inputs = {} } = await givenProxy(world, ({ path }) => ({
    status: 302,
    headers: {
      location: `https://${SERVICE_HOST}/base/next?from=${path}`,
      'content-location': '/base/here',
      'set-cookie': `a=b; Path=/base/app; Domain=${SERVICE_HOST}; Secure`,
      'strict-transport-security': 'max-age=31536000'
    },
    body: ''
  }))
  const { get, url, port } = await start({ env, inputs: { ...inputs, url: `${SERVICE_URL}/base/` } })
  assert.equal(url, `http://127.0.0.1:${port}`)
  const answer = await get('/x/../y', { headers: { host: `localhost:${port}` } })
  assert.equal(world.requests.at(-1)?.path, '/base/x/../y')
  assert.equal(answer.headers.location, `http://localhost:${port}/next?from=/base/x/../y`)
  assert.equal(answer.headers['content-location'], '/here')
  assert.deepEqual(answer.headers['set-cookie'], ['a=b; Path=/app'])
  assert.equal(answer.headers['strict-transport-security'], undefined)
})

proxyScenario(
  'A client’s own Authorization passes, and a header that token_header names is ours',
  async ({ world, start }) => {
    const seen: Record<string, unknown>[] = []
    const given = await givenProxy(world, ({ headers }) => {
      seen.push({ ...headers })
      return 200
    })
    const proxy = await start(given)
    assert.equal((await proxy.get('/', { headers: { authorization: 'Bearer own' } })).status, 200)
    assert.equal(seen.at(-1)?.['authorization'], 'Bearer own')
    assert.match(String(seen.at(-1)?.['x-serverless-authorization']), /^Bearer eyJ/)

    const explicit = await start(given, { inputs: { token_header: 'Authorization' } })
    assert.equal((await explicit.get('/')).status, 200)
    const before = seen.length
    const refused = await explicit.get('/', { headers: { authorization: 'Bearer own' } })
    assert.equal(refused.status, 400)
    assert.equal(refused.failure, 'INPUT_INVALID')
    assert.match(refused.text, /brings Authorization, the very header that token_header names/)
    assert.equal(seen.length, before)
  }
)

proxyScenario(
  'A tag is where requests go, and both names of the service become the proxy’s',
  async ({ world, start }) => {
    const { env, inputs } = await givenFederation(world)
    world.addService({
      host: SERVICE_HOST,
      tags: ['canary'],
      invokers: ['serviceAccount:smoke@octo-project.iam.gserviceaccount.com'],
      app: ({ host, path }) => ({
        status: 302,
        headers: { location: `https://${path === '/plain' ? SERVICE_HOST : host}/x` },
        body: ''
      })
    })
    const { get, url } = await start({ env, inputs: { ...inputs, url: SERVICE_URL, tag: 'canary' } })
    for (const path of ['/plain', '/tagged']) assert.equal((await get(path)).headers.location, `${url}/x`)
    assert.equal(world.requests.at(-1)?.host, `canary---${SERVICE_HOST}`)
  }
)

proxyScenario('Everything that is wrong with the inputs is said at once', async ({ world, run }) => {
  const given = await givenProxy(world)
  const job = await run(given, {
    inputs: { url: `${SERVICE_URL}/?query`, port: '99999', check: 'health', fail_on_refusal: 'maybe' }
  })
  assertFailure(job.main, 'INPUT_INVALID', '3 other complaints', '"99999" is not a port', '"health" is not a path')
  assert.equal(world.requests.length, 0)
  assert.equal(job.logFile(), undefined)
})

proxyScenario("An input that is empty in Dependabot's run says why", async ({ world, run }) => {
  const { env, inputs } = await givenProxy(world)
  const job = await run({ env: { ...env, GITHUB_ACTOR: 'dependabot[bot]' }, inputs: { ...inputs, url: '' } })
  assertFailure(job.main, 'INPUT_INVALID', 'Dependabot started this run')
})

proxyScenario('A check that fails is red in the step, and leaves no process', async ({ world, run }) => {
  const { env, inputs } = await givenFederation(world)
  world.addService({ host: SERVICE_HOST })
  const job = await run({ env, inputs: { ...inputs, url: SERVICE_URL, check: '/health', iam_wait: '0' } })
  assertFailure(job.main, 'INVOKER_MISSING', `${SERVICE_URL}/health`)
  assert.equal(job.main.outputs['failure_code'], 'INVOKER_MISSING')
  assert.equal(job.processId(), undefined)
  assert.equal((await job.post()).exitCode, 0)
})

proxyScenario('A check is repeated while the service is not there yet', async ({ world, start }) => {
  const given = await givenProxy(world)
  world.fail(SERVICE_HOST, { status: 503, body: 'starting' }, { times: 1 })
  const { job } = await start(given, { inputs: { check: '/health?deep=1' } })
  assert.deepEqual(
    world.requests.filter(({ host }) => host === SERVICE_HOST).map(({ path }) => path),
    ['/health?deep=1', '/health?deep=1']
  )
  assert.equal(job.main.outputs['outcome'], 'success')
  assert.equal(job.main.outputs['email'], ACCOUNT)
  assert.equal(job.main.outputs['audience'], SERVICE_URL)
})

proxyScenario('The proxy is for one audience', async ({ world, run }) => {
  const job = await run(await givenProxy(world), { inputs: { audience: `${SERVICE_URL}\nhttps://other.example` } })
  assertFailure(job.main, 'INPUT_INVALID', 'there is more than one, and the proxy is for one service')
})

proxyScenario('A JWT that the account signs gets through Identity-Aware Proxy', async ({ world, start }) => {
  const account = 'smoke@octo-project.iam.gserviceaccount.com'
  world.addServiceAccount({ email: account })
  const key = JSON.stringify(await world.addServiceAccountKey(account))
  world.addService({
    host: SERVICE_HOST,
    iap: { clientId: '1-a.apps.googleusercontent.com', accessors: [`serviceAccount:${account}`] }
  })
  const { get, job } = await start({
    inputs: { url: SERVICE_URL, credentials_json: key, token: 'iap_jwt', check: '/' }
  })
  assert.equal((await get('/', { headers: { authorization: 'Bearer own' } })).status, 200)
  const { headers } = world.requests.at(-1) ?? {}
  assert.match(String(headers?.['proxy-authorization']), /^Bearer eyJ/)
  assert.equal(headers?.authorization, 'Bearer own')
  assert.equal((await job.post()).exitCode, 0)
})
