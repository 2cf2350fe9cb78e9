import assert from 'node:assert/strict'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import { ACCOUNT, ASKED, claimsOf, givenFederation, listRequests, membersOf, SERVICE_HOST } from '../given.ts'
import { assertFailure, givenProxy, proxyScenario } from './given.ts'
import { untilLogged } from './time.ts'

const MINUTE = 60_000

/** The log of the background process. */
const RENEWED = 'The token was renewed'
const NOT_RENEWED = 'The token was not renewed: IMPERSONATION_DENIED'

proxyScenario(
  'A job of four hours renews its token four times, without a request that fails',
  async ({ world, start, startTime }) => {
    const time = await startTime()
    const proxy = await start(await givenProxy(world), { env: time.env })
    const minted = (): number => listRequests(world).filter((line) => line === ASKED.idToken()).length
    let requests = 0
    for (let minutes = 5; minutes <= 4 * 60; minutes += 5) {
      await time.pass(5 * MINUTE)
      // In turn with bodies, which are never sent again.
      const answer = await proxy.get('/', requests % 2 === 0 ? {} : { method: 'POST', body: 'x' })
      assert.equal(answer.status, 200, `${requests}: ${answer.text}`)
      requests += 1
      // Every 55 minutes, while the last token serves.
      if (minutes % 55 === 0) await untilLogged(proxy.job, RENEWED, minutes / 55)
    }
    assert.equal(minted(), 1 + 4)
    assert.equal(listRequests(world).filter((line) => line === ASKED.github).length, 1 + 4)
    const end = await proxy.job.post()
    assert.equal(end.exitCode, 0, end.log)
    assert.match(end.log, /Token renewals: 4/)
    assert.match(end.log, new RegExp(`Requests: ${requests} × 2xx`))
  }
)

/** The world's clock is behind: its tokens have so many seconds left when they come. */
function shorten(world: Parameters<typeof givenProxy>[0], seconds: number): void {
  world.clock.aheadMs = -(60 * 60 - seconds) * 1_000
}

proxyScenario(
  'A token of a short life is renewed at half of it, one renewal for all who wait',
  async ({ world, start, startTime }) => {
    const time = await startTime()
    const given = await givenProxy(world)
    shorten(world, 8 * 60)
    const { get, job } = await start(given, { env: time.env })
    const minted = (): number => listRequests(world).filter((line) => line === ASKED.idToken()).length
    await time.pass(2 * MINUTE)
    assert.equal((await get('/')).status, 200)
    assert.equal(minted(), 1)
    await time.pass(2 * MINUTE)
    await untilLogged(job, RENEWED)
    assert.equal(minted(), 2)
    // Past the end of the second one, which was as short.
    await time.pass(9 * MINUTE)
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await get('/')))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.equal(minted(), 3)
  }
)

proxyScenario('Without a valid token nothing is sent, and the proxy recovers by itself', async (stage) => {
  const { world, start, startTime } = stage
  const time = await startTime()
  const { get, job } = await start(await givenProxy(world), { env: time.env })
  const path = `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`
  world.fail(
    'iamcredentials.googleapis.com',
    {
      status: 403,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        error: {
          code: 403,
          status: 'PERMISSION_DENIED',
          message: "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist)."
        }
      })
    },
    { times: 4, path }
  )
  // Once while the last token serves, and once when it has expired.
  await time.pass(56 * MINUTE)
  await untilLogged(job, NOT_RENEWED)
  assert.equal((await get('/')).status, 200)
  await time.pass(5 * MINUTE)
  await untilLogged(job, NOT_RENEWED, 2)
  const calls = (): number => listRequests(world).filter((line) => line.includes(SERVICE_HOST)).length
  const before = calls()
  const refused = await get('/')
  assert.equal(refused.status, 502)
  assert.equal(refused.failure, 'IMPERSONATION_DENIED')
  assert.match(refused.text, /^IMPERSONATION_DENIED: /)
  assert.equal(calls(), before)
  let answer = refused
  for (let tries = 0; tries < 30 && answer.status !== 200; tries += 1) {
    await time.pass(MINUTE)
    answer = await get('/')
  }
  assert.equal(answer.status, 200, answer.text)
  const end = await job.post()
  assert.equal(end.exitCode, 0, end.log)
  assert.match(end.log, /Not answered by the service: \d+ × IMPERSONATION_DENIED/)
})

proxyScenario('Where GitHub says that the job is over, the process ends', async ({ world, start, startTime }) => {
  const given = await givenProxy(world)
  const time = await startTime()
  const { job } = await start(given, { env: time.env })
  world.fail(GITHUB_OIDC_HOST, { status: 401, body: '' })
  await time.pass(56 * MINUTE)
  await job.ended()
  assertFailure(
    await job.post(),
    'PROXY_FAILED',
    'the log ends with "Ended because the job is over"',
    'Do nothing if the job was cancelled'
  )
})

proxyScenario('A JWT for Identity-Aware Proxy is signed anew at half of a short life', async (stage) => {
  const { world, start, startTime } = stage
  const time = await startTime()
  const { env, inputs } = await givenFederation(world)
  world.grant(
    membersOf(inputs['workload_identity_provider'] ?? '').repository,
    ['iam.serviceAccounts.signJwt'],
    ACCOUNT
  )
  const url = world.addService({
    host: SERVICE_HOST,
    iap: { clientId: '1-a.apps.googleusercontent.com', managedClient: true, accessors: [`serviceAccount:${ACCOUNT}`] }
  })
  // The JWT begins ten seconds before Google's time.
  shorten(world, 10 + 8 * 60)
  const { get, job } = await start({ env: { ...env, ...time.env }, inputs: { ...inputs, url, token: 'iap_jwt' } })
  const expiries: unknown[] = []
  const call = async (): Promise<void> => {
    assert.equal((await get('/')).status, 200)
    const { headers } = world.requests.at(-1) ?? {}
    const { exp, aud } = claimsOf(String(headers?.['proxy-authorization']).replace('Bearer ', ''))
    assert.equal(aud, `${url}/*`)
    expiries.push(exp)
  }
  await call()
  world.clock.aheadMs = 0
  await time.pass(5 * MINUTE)
  await untilLogged(job, RENEWED)
  // Past the end of the first one.
  await time.pass(5 * MINUTE)
  await call()
  assert.ok(Number(expiries[1]) > Number(expiries[0]) + 3_000)
  const signed = `POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:signJwt`
  assert.equal(listRequests(world).filter((line) => line === signed).length, 2)
  assert.match((await job.post()).log, /Token renewals: 1/)
})
