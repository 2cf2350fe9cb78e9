import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe } from 'node:test'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import {
  assertFailure,
  assertSuccess,
  assertWithin,
  givenFederation,
  givenService,
  listRequests,
  scenario,
  SERVICE_HOST,
  SHORT
} from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

/** Nobody listens there. */
const NO_PROXY_HERE = 'http://127.0.0.1:9'

describe('A proxy', { concurrency: 6 }, () => {
  for (const [host, code] of [
    [GITHUB_OIDC_HOST, 'OIDC_FAILED'],
    ['sts.googleapis.com', 'GOOGLE_UNAVAILABLE'],
    ['iamcredentials.googleapis.com', 'GOOGLE_UNAVAILABLE'],
    [SERVICE_HOST, 'SERVICE_UNAVAILABLE']
  ] as const) {
    scenario(`A proxy that does not let ${host} through is named`, async ({ world, run }) => {
      world.fail(host, 'refuse')
      const inputs = { url: givenService(world), ...SHORT }
      const result = await run(await givenFederation(world), { inputs })
      assertFailure(result, code, /the proxy 127\.0\.0\.1:\d+ answered 502 to CONNECT/)
      assert.match(result.annotations.at(-1)?.message ?? '', /proxy/)
    })
  }

  scenario('A proxy that is not there is named', async ({ world, run }) => {
    const env = { HTTPS_PROXY: NO_PROXY_HERE }
    const result = await run(await givenFederation(world), FOR_SERVICE, { env, inputs: SHORT })
    assertFailure(result, 'OIDC_FAILED', 'the proxy 127.0.0.1:9 could not be reached (ECONNREFUSED)')
  })

  scenario('A proxy that never answers costs no more than the timeout', async ({ world, run }) => {
    const server = createServer().on('connect', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const env = { HTTPS_PROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
      const inputs = { timeout: '1s', ...SHORT }
      const result = await run(await givenFederation(world), FOR_SERVICE, { env, inputs })
      assertFailure(result, 'OIDC_FAILED', 'no complete answer within')
      assertWithin(result, 5_000)
      assert.deepEqual(listRequests(world), [])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  scenario('NO_PROXY keeps a host from the proxy', async ({ world, run }) => {
    // .invalid is resolved by nobody, so that a direct connection fails in its own way.
    const env = {
      ...(await givenFederation(world)).env,
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://actions.github.invalid/token?api-version=2.0',
      NO_PROXY: 'example.com,github.invalid'
    }
    const federation = await givenFederation(world)
    const result = await run(federation, FOR_SERVICE, { env, inputs: SHORT })
    assertFailure(result, 'OIDC_FAILED', 'the host name cannot be resolved')
    assert.deepEqual(listRequests(world), [])
  })

  scenario('NO_PROXY for other hosts changes nothing', async ({ world, run }) => {
    const env = { NO_PROXY: 'localhost,127.0.0.1,.example.com' }
    assertSuccess(await run(await givenFederation(world), FOR_SERVICE, { env }))
  })

  scenario('Lower-case https_proxy is the same', async ({ world, run }) => {
    const env = { https_proxy: world.env()['HTTPS_PROXY'] ?? '', HTTPS_PROXY: '' }
    assertSuccess(await run(await givenFederation(world), FOR_SERVICE, { env }))
  })

  scenario('The metadata server is never asked through the proxy', async ({ world, run }) => {
    const account = 'machine@octo-project.iam.gserviceaccount.com'
    world.addServiceAccount({ email: account })
    world.metadataServer.enable({ email: account })
    const env = { ...world.env(), HTTPS_PROXY: NO_PROXY_HERE, HTTP_PROXY: NO_PROXY_HERE, http_proxy: NO_PROXY_HERE }
    assertSuccess(await run(FOR_SERVICE, { env }))
  })

  scenario('A proxy without a scheme is one for http', async ({ world, run }) => {
    const env = { HTTPS_PROXY: new URL(world.env()['HTTPS_PROXY'] ?? '').host.replace('127.0.0.1', 'localhost') }
    assertSuccess(await run(await givenFederation(world), FOR_SERVICE, { env }))
  })

  scenario('A proxy of another kind is named, and nothing goes round it', async ({ world, run }) => {
    const env = { HTTPS_PROXY: 'socks5://127.0.0.1:9' }
    const result = await run(await givenFederation(world), FOR_SERVICE, { env, inputs: SHORT })
    assertFailure(result, 'OIDC_FAILED', 'the proxy in HTTPS_PROXY is one for socks5:')
    assert.deepEqual(listRequests(world), [])
  })
})
