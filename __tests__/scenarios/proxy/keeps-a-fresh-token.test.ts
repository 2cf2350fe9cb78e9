import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import { ACCOUNT, ASKED, claimsOf, givenFederation, listRequests, membersOf, SERVICE_HOST } from '../given.ts'
import { assertFailure, givenProxy, proxyScenario } from './given.ts'

/** How much faster time passes than it does. */
const SPEED = 1_200

/** Loaded into the process from outside: its clock runs faster, and so do timers of a minute and more. Shorter ones are limits. */
const FAST_CLOCK = `
  const real = { now: Date.now, setTimeout: globalThis.setTimeout }
  const start = Number(process.env.FAST_CLOCK_START)
  Date.now = () => Math.floor(start + (real.now() - start) * ${SPEED})
  globalThis.setTimeout = Object.assign(
    (callback, ms, ...rest) => real.setTimeout(callback, ms >= 60_000 ? ms / ${SPEED} : ms, ...rest),
    real.setTimeout
  )
`

proxyScenario(
  'A job of four hours renews its token four times, without a request that fails',
  async ({ world, start, preload }) => {
    const fast = await preload({ step: FAST_CLOCK, background: FAST_CLOCK })
    const begin = Date.now()
    const sync = (): void => {
      world.clock.aheadMs = (Date.now() - begin) * (SPEED - 1)
    }
    const ticking = setInterval(sync, 5)
    try {
      const given = await givenProxy(world)
      const { env = {}, inputs = {}, ...rest } = given
      const proxy = await start({
        ...rest,
        // Below a minute, so that the watch over the deadline of the step itself keeps to real time.
        inputs: { ...inputs, deadline: '50s' },
        env: { ...env, ...fast, FAST_CLOCK_START: String(begin) }
      })
      const minted = (): number => listRequests(world).filter((line) => line === ASKED.idToken()).length
      const githubTokens = (): number => listRequests(world).filter((line) => line === ASKED.github).length
      let requests = 0
      while ((Date.now() - begin) * SPEED < 4 * 60 * 60_000) {
        // In turn with bodies, which are never sent again.
        const answer = await proxy.get('/', requests % 2 === 0 ? {} : { method: 'POST', body: 'x' })
        assert.equal(answer.status, 200, `${requests}: ${answer.text}`)
        requests += 1
        await wait(20)
      }
      // Every 55 minutes.
      assert.equal(minted(), 1 + 4)
      assert.equal(githubTokens(), 1 + 4)
      const end = await proxy.job.post()
      assert.equal(end.exitCode, 0, end.log)
      assert.match(end.log, /Token renewals: 4/)
      assert.match(end.log, new RegExp(`Requests: ${requests} × 2xx`))
    } finally {
      clearInterval(ticking)
    }
  }
)

/** The world's clock is behind: its tokens have so many seconds left when they come. */
function shorten(world: Parameters<typeof givenProxy>[0], seconds: number): void {
  world.clock.aheadMs = -(60 * 60 - seconds) * 1_000
}

proxyScenario(
  'A token of a short life is renewed at half of it, one renewal for all who wait',
  async ({ world, start }) => {
    const given = await givenProxy(world)
    shorten(world, 20)
    const { get } = await start(given)
    const before = listRequests(world).filter((line) => line === ASKED.idToken()).length
    assert.equal(before, 1)
    await wait(11_500)
    world.clock.aheadMs = 0
    assert.ok(
      (await Promise.all(Array.from({ length: 20 }, async () => await get('/')))).every(({ status }) => status === 200)
    )
    assert.equal(listRequests(world).filter((line) => line === ASKED.idToken()).length, 2)
  }
)

proxyScenario('Without a valid token nothing is sent, and the proxy recovers by itself', async ({ world, start }) => {
  const given = await givenProxy(world)
  shorten(world, 6)
  const { get, job } = await start(given)
  world.clock.aheadMs = 0
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
    { times: 2, path }
  )
  await wait(6_500)
  const calls = (): number => listRequests(world).filter((line) => line.includes(SERVICE_HOST)).length
  const before = calls()
  const refused = await get('/')
  assert.equal(refused.status, 502)
  assert.equal(refused.failure, 'IMPERSONATION_DENIED')
  assert.match(refused.text, /^IMPERSONATION_DENIED: /)
  assert.equal(calls(), before)
  let answer = refused
  for (let tries = 0; tries < 30 && answer.status !== 200; tries += 1) {
    await wait(500)
    answer = await get('/')
  }
  assert.equal(answer.status, 200, answer.text)
  const end = await job.post()
  assert.equal(end.exitCode, 0, end.log)
  assert.match(end.log, /Not answered by the service: \d+ × IMPERSONATION_DENIED/)
})

proxyScenario('Where GitHub says that the job is over, the process ends', async ({ world, start }) => {
  const given = await givenProxy(world)
  shorten(world, 4)
  const { job } = await start(given)
  world.fail(GITHUB_OIDC_HOST, { status: 401, body: '' })
  await job.ended()
  assertFailure(
    await job.post(),
    'PROXY_FAILED',
    'the log ends with "Ended because the job is over". Do nothing if the job was cancelled'
  )
})

proxyScenario('A JWT for Identity-Aware Proxy is signed anew at half of a short life', async ({ world, start }) => {
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
  shorten(world, 10 + 12)
  const { get, job } = await start({ env, inputs: { ...inputs, url, token: 'iap_jwt' } })
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
  // Past the end of the first one.
  await wait(13_000)
  await call()
  assert.ok(Number(expiries[1]) > Number(expiries[0]) + 3_000)
  const signed = `POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:signJwt`
  assert.equal(listRequests(world).filter((line) => line === signed).length, 2)
  assert.match((await job.post()).log, /Token renewals: 1/)
})
