import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { ACCOUNT, ASKED, givenFederation, listRequests, SERVICE_HOST, SERVICE_URL } from '../given.ts'
import { errorPage, frontEndPage } from '../../pretend-google/services/pages.ts'
import { startLiveService } from '../../pretend-google/services/live-service.ts'
import { assertFailure, givenProxy, proxyScenario } from './given.ts'

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'

proxyScenario(
  'A refusal of the front end is marked, counted, and explained by the post step',
  async ({ world, start }) => {
    const given = await givenFederation(world)
    world.addService({ host: SERVICE_HOST })
    const { get, job } = await start(given, { inputs: { url: SERVICE_URL } })
    for (const path of ['/one', '/two']) {
      const answer = await get(path)
      assert.equal(answer.status, 403)
      assert.equal(answer.failure, 'INVOKER_MISSING')
      assert.match(answer.text, /Your client does not have permission/)
    }
    const end = await job.post()
    assertFailure(
      end,
      'INVOKER_MISSING',
      '2 requests through the proxy',
      ACCOUNT,
      'gcloud run services add-iam-policy-binding'
    )
    assert.match(end.summary, /❌ INVOKER_MISSING/)
  }
)

proxyScenario('A refusal that says nothing, as to HEAD, leaves open who refused, and is not marked', async (stage) => {
  const given = await givenFederation(stage.world)
  stage.world.addService({ host: SERVICE_HOST })
  const { get, job } = await stage.start(given, { inputs: { url: SERVICE_URL } })
  const answer = await get('/', { method: 'HEAD' })
  assert.equal(answer.status, 403)
  assert.equal(answer.failure, undefined)
  assert.equal((await job.post()).exitCode, 0)
})

proxyScenario('With fail_on_refusal: false a refusal is a warning', async ({ world, start }) => {
  const given = await givenFederation(world)
  world.addService({ host: SERVICE_HOST })
  const { get, job } = await start(given, { inputs: { url: SERVICE_URL, fail_on_refusal: 'false' } })
  await get('/')
  const end = await job.post()
  assert.equal(end.exitCode, 0, end.log)
  assert.deepEqual(
    end.annotations.map(({ level }) => level),
    ['warning']
  )
  assert.match(end.annotations[0]?.message ?? '', /^INVOKER_MISSING: One request through the proxy/)
})

proxyScenario('A compressed refusal is marked too', async ({ world, start }) => {
  const page = frontEndPage(
    403,
    '403 Forbidden',
    'Error: Forbidden',
    'Your client does not have permission to get URL <code>/</code> from this server.'
  )
  const given = await givenProxy(world)
  const headers = { ...page.headers, 'content-encoding': 'gzip' }
  world.fail(SERVICE_HOST, { ...page, headers, body: gzipSync(page.body ?? '') })
  const { get } = await start(given, { inputs: { fail_on_refusal: 'false' } })
  assert.equal((await get('/')).failure, 'INVOKER_MISSING')
})

proxyScenario('A page of Google’s that says 502 is marked, and does not fail the job', async ({ world, start }) => {
  const given = await givenProxy(world)
  world.fail(SERVICE_HOST, errorPage(502, 'Server Error', 'The server encountered a temporary error.'))
  const { get, job } = await start(given)
  const answer = await get('/')
  assert.equal(answer.status, 502)
  assert.notEqual(answer.failure, undefined)
  assert.equal((await job.post()).exitCode, 0)
})

proxyScenario('The application’s own errors are not marked', async ({ world, start }) => {
  const statuses = [401, 403, 404, 429, 500, 503]
  const given = await givenProxy(world, ({ path }) => ({
    status: Number(path.slice(1)),
    headers: { 'content-type': 'text/html' },
    body: '<h1>mine</h1>'
  }))
  const { get, job } = await start(given)
  for (const status of statuses) {
    const answer = await get(`/${status}`)
    assert.equal(answer.status, status)
    assert.equal(answer.text, '<h1>mine</h1>')
    assert.equal(answer.failure, undefined)
  }
  assert.equal((await get('/404', { method: 'HEAD' })).failure, undefined)
  assert.equal((await job.post()).exitCode, 0)
})

proxyScenario('An application cannot pretend to be marked', async ({ world, start }) => {
  const given = await givenProxy(world, [
    { status: 200, headers: { 'x-google-id-token-failure': 'INTERNAL' }, body: 'x' }
  ])
  assert.equal((await (await start(given)).get('/')).failure, undefined)
})

proxyScenario('Identity-Aware Proxy is told by its own marks', async ({ world, start }) => {
  const given = await givenFederation(world)
  world.addService({ host: SERVICE_HOST, iap: { clientId: CLIENT_ID, accessors: [] } })
  const { get, job } = await start(given, {
    inputs: { url: SERVICE_URL, audience: CLIENT_ID, fail_on_refusal: 'false' }
  })
  assert.equal((await get('/')).failure, 'IAP_REJECTED')
  assert.match(String(world.requests.at(-1)?.headers['proxy-authorization']), /^Bearer eyJ/)
  assert.match((await job.post()).log, /Refused by Google: 1 × IAP_REJECTED/)
})

proxyScenario(
  'An application that sends people to Google’s sign-in is not Identity-Aware Proxy',
  async ({ world, start }) => {
    const location = `https://accounts.google.com/o/oauth2/v2/auth?client_id=${CLIENT_ID}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback`
    const given = await givenProxy(world, [{ status: 302, headers: { location }, body: '' }])
    const answer = await (await start(given)).get('/login')
    assert.equal(answer.status, 302)
    assert.equal(answer.headers.location, location)
    assert.equal(answer.failure, undefined)
  }
)

proxyScenario('A 401 of the front end is answered with a renewed token, once', async ({ world, start }) => {
  const given = await givenProxy(world)
  const { get, job } = await start(given)
  const refusal = {
    status: 401,
    headers: {
      'content-type': 'text/html',
      'www-authenticate': 'Bearer error="invalid_token" error_description="The access token could not be verified"'
    },
    body: '<h1>Error: Unauthorized</h1>Your client does not have permission to the requested URL <code>/</code>.'
  }
  const before = world.requests.length
  world.fail(SERVICE_HOST, refusal, { times: 1 })
  assert.equal((await get('/')).status, 200)
  assert.deepEqual(listRequests(world).slice(before), [
    ASKED.service,
    ASKED.github,
    ASKED.sts,
    ASKED.idToken(),
    ASKED.service
  ])
  // At once again: the last renewal helped.
  world.fail(SERVICE_HOST, refusal, { times: 1 })
  assert.equal((await get('/', { method: 'DELETE' })).status, 200)
  // The renewed token is refused as well, so that another one a moment later would help nothing.
  world.fail(SERVICE_HOST, refusal, { times: 3 })
  for (const again of [await get('/'), await get('/')]) {
    assert.equal(again.status, 401)
    assert.equal(again.failure, 'TOKEN_REJECTED')
  }
  assertFailure(await job.post(), 'TOKEN_REJECTED', 'Token renewals: 3', '2 × TOKEN_REJECTED')
})

proxyScenario('Requests that are refused side by side share one renewed token', async ({ world, start }) => {
  const sentence = 'Your client does not have permission to the requested URL <code>/</code>.'
  const refusal = frontEndPage(401, '401 Unauthorized', 'Error: Unauthorized', sentence)
  const allThere = Promise.withResolvers<undefined>()
  const given = await givenProxy(world, async ({ number }) => {
    if (number > 10) return 200
    // None of the ten is sent again before all of them have come.
    if (number === 10) allThere.resolve(undefined)
    await allThere.promise
    return refusal
  })
  const { get } = await start(given)
  const before = world.requests.length
  const answers = await Promise.all(Array.from({ length: 10 }, async () => await get('/')))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  const asked = listRequests(world).slice(before)
  assert.equal(asked.filter((line) => line === ASKED.service).length, 20)
  assert.equal(asked.filter((line) => line === ASKED.idToken()).length, 1)
})

proxyScenario('A 401 to a request with a body passes, marked', async ({ world, start }) => {
  const given = await givenProxy(world)
  const { get } = await start(given)
  const sentence = 'Your client does not have permission to the requested URL <code>/</code>.'
  world.fail(SERVICE_HOST, frontEndPage(401, '401 Unauthorized', 'Error: Unauthorized', sentence), { times: 1 })
  const answer = await get('/', { method: 'POST', body: 'once' })
  assert.equal(answer.status, 401)
  assert.equal(answer.failure, 'TOKEN_REJECTED')
  assert.equal(listRequests(world).filter((line) => line === `POST ${SERVICE_HOST}/`).length, 1)
})

proxyScenario(
  'A service that cannot be reached is 502, one that does not answer 504, and neither fails the job',
  async ({ world, start }) => {
    const given = await givenProxy(world)
    const { get, job } = await start(given, { inputs: { timeout: '4s' } })
    world.fail(SERVICE_HOST, 'refuse', { times: 1 })
    const refused = await get('/')
    assert.equal(refused.status, 502)
    assert.equal(refused.failure, 'SERVICE_UNAVAILABLE')
    assert.match(refused.headers['content-type'] ?? '', /^text\/plain/)
    assert.match(refused.text, /^SERVICE_UNAVAILABLE: /)
    // On a connection that is kept, on which nothing comes either, so that it could be taken for one that the service had closed.
    assert.equal((await get('/')).status, 200)
    const before = world.requests.length
    world.fail(SERVICE_HOST, 'silence', { times: 1 })
    const silent = await get('/')
    assert.equal(world.requests.length, before + 1)
    assert.equal(silent.status, 504)
    assert.equal(silent.failure, 'TIMED_OUT')
    assert.match(silent.text, /^TIMED_OUT: .*no answer began within 4000 ms/)
    const end = await job.post()
    assert.equal(end.exitCode, 0, end.log)
    assert.match(end.log, /Not answered by the service: 1 × SERVICE_UNAVAILABLE, 1 × TIMED_OUT/)
    assert.equal(end.annotations.filter(({ level }) => level === 'warning').length, 2)
  }
)

proxyScenario('A connection to the service that does not come about in time is 504', async ({ world, start }) => {
  const given = await givenProxy(world)
  await using service = await startLiveService(world, SERVICE_HOST, (_request, response) => response.end())
  // It accepts, and does not greet.
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  service.leadTo((silent.address() as AddressInfo).port)
  const { url, get } = await start(given, { env: service.env(), inputs: { timeout: '2s' } })
  const answer = await get('/')
  assert.equal(answer.status, 504)
  assert.equal(answer.failure, 'TIMED_OUT')
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain/)
  const session = connectHttp2(url)
  const [headers] = (await once(session.request(), 'response')) as [Record<string, string>]
  assert.equal(Number(headers[':status']), 504)
  assert.equal(headers['x-google-id-token-failure'], 'TIMED_OUT')
  session.destroy()
  silent.close()
})

proxyScenario('A slow upload and a slow answer are not cut by the timeout', async ({ world, start }) => {
  const given = await givenProxy(world)
  await using service = await startLiveService(world, SERVICE_HOST, (request, response) => {
    request.resume().on('end', () => {
      response.write('a')
      setTimeout(() => response.end('b'), 3_500)
    })
  })
  const { url } = await start(given, { env: service.env(), inputs: { timeout: '3s' } })
  const body = new ReadableStream({
    async start(controller) {
      for (const piece of ['1', '2', '3']) {
        controller.enqueue(new TextEncoder().encode(piece))
        await new Promise((resolve) => setTimeout(resolve, 1_200))
      }
      controller.close()
    }
  })
  const answer = await fetch(url, { method: 'POST', body, duplex: 'half' })
  assert.equal(await answer.text(), 'ab')
})

proxyScenario('An upgrade that the front end refuses is marked', async ({ world, start }) => {
  const given = await givenFederation(world)
  world.addService({ host: SERVICE_HOST })
  const { get } = await start(given, { inputs: { url: SERVICE_URL, fail_on_refusal: 'false' } })
  const answer = await get('/', { headers: { connection: 'Upgrade', upgrade: 'websocket' } })
  assert.equal(answer.status, 403)
  assert.equal(answer.failure, 'INVOKER_MISSING')
})
