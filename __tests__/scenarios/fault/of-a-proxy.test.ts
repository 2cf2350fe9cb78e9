import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe } from 'node:test'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import { pretendAddresses } from '../../pretend-google/transport/addresses.ts'
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
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { FOR_SERVICE } from '../token-documents.ts'

/** Nobody listens there. */
const NO_PROXY_HERE = 'http://127.0.0.1:9'

/** A proxy that lets one user through, to the world's own. @returns the port, and its end */
async function openGuardedProxy(
  world: PretendGoogle,
  credentials: string
): Promise<{ port: number } & AsyncDisposable> {
  const { hostname, port } = new URL(world.env()['HTTPS_PROXY'] ?? '')
  const expected = `Basic ${Buffer.from(credentials).toString('base64')}`
  const server = createServer().on('connect', ({ url, headers }, socket) => {
    if (headers['proxy-authorization'] !== expected) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
      return
    }
    const onward = connect(Number(port), hostname)
    onward.write(`CONNECT ${url ?? ''} HTTP/1.1\r\nhost: ${url ?? ''}\r\n\r\n`)
    for (const side of [socket.pipe(onward), onward.pipe(socket)]) side.on('error', () => side.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

describe('A proxy', { concurrency: 12 }, () => {
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
      assertWithin(result, SHORT)
      assert.deepEqual(listRequests(world), [])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  scenario('NO_PROXY keeps a host from the proxy', async ({ world, run }) => {
    // A direct connection fails in its own way.
    const env = {
      ...(await givenFederation(world)).env,
      ...pretendAddresses({ 'actions.github.invalid': [] }),
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

  for (const [what, scheme, written, password] of [
    ['with a bare % in it', 'http://', 'correct-horse-100%', 'correct-horse-100%'],
    ['with every other sign in it', 'http://', 'a#b/c?d@e:f&g h%zz', 'a#b/c?d@e:f&g h%zz'],
    ['percent-encoded', 'http://', 'p%40ss%23w%C3%B6rd', 'p@ss#wörd'],
    ['without a scheme before it', '', 'correct-horse-battery', 'correct-horse-battery']
  ] as const) {
    scenario(`A proxy's password ${what} is sent, and shown nowhere`, async ({ world, run }) => {
      for (const secret of new Set([written, password])) world.noteSecret('proxy password', secret)
      await using proxy = await openGuardedProxy(world, `alice:${password}`)
      const env = { HTTPS_PROXY: `${scheme}alice:${written}@127.0.0.1:${proxy.port}` }
      assertSuccess(await run(await givenFederation(world), FOR_SERVICE, { env }))
      const refused = await run(await givenFederation(world), FOR_SERVICE, {
        env: { HTTPS_PROXY: env.HTTPS_PROXY.replace('alice', 'mallory') },
        inputs: SHORT
      })
      assertFailure(refused, 'OIDC_FAILED', /the proxy 127\.0\.0\.1:\d+ answered 407 to CONNECT/)
    })
  }

  for (const variable of ['HTTPS_PROXY', 'https_proxy']) {
    for (const rest of ['', 'proxy.example:port', '[::1', 'proxy example:3128']) {
      scenario(
        `${variable} with "${rest}" behind the password is named, and nothing goes out`,
        async ({ world, run }) => {
          const password = world.noteSecret('proxy password', 'correct-horse-battery')
          const env = { HTTPS_PROXY: '', [variable]: `http://alice:${password}@${rest}` }
          const result = await run(await givenFederation(world), FOR_SERVICE, { env })
          assertFailure(
            result,
            'OIDC_FAILED',
            `the proxy in ${variable} cannot be read`,
            'NO_PROXY',
            /HTTPS_PROXY: http:/
          )
          assert.doesNotMatch(result.log, /after \d attempts|trying again/)
          assert.deepEqual(listRequests(world), [])
        }
      )
    }
  }

  scenario('An unreadable proxy is no matter for hosts in NO_PROXY and for plain http', async ({ world, run }) => {
    const url = await world.addLoopbackApp([200])
    const account = 'machine@octo-project.iam.gserviceaccount.com'
    world.addServiceAccount({ email: account })
    world.metadataServer.enable({ email: account })
    const inputs = { url, audience: 'https://shop.example' }
    assertSuccess(await run({ inputs, env: { ...world.env(), HTTPS_PROXY: 'http://' } }))
  })

  scenario('A proxy of another kind is named, and nothing goes round it', async ({ world, run }) => {
    const env = { HTTPS_PROXY: 'socks5://127.0.0.1:9' }
    const result = await run(await givenFederation(world), FOR_SERVICE, { env, inputs: SHORT })
    assertFailure(result, 'OIDC_FAILED', 'the proxy in HTTPS_PROXY is one for socks5:')
    assert.deepEqual(listRequests(world), [])
  })
})
