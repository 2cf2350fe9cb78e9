import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { listRequests, SERVICE_HOST } from '../given.ts'
import { givenProxy, proxyScenario } from './given.ts'

const run = promisify(execFile)

/** Sends bytes as they are, has nothing to add once an answer comes, and reads until the proxy closes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk
    socket.end()
  })
  socket.on('error', () => undefined)
  socket.write(text, 'latin1')
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

proxyScenario('A request by any other name than the proxy’s own gets 421', async ({ world, start }) => {
  const { port, get } = await start(await givenProxy(world))
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, `LocalHost:${port}`]) {
    assert.equal((await get('/', { headers: { host } })).status, 200, host)
  }
  // Not every machine has IPv6.
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const listens = addresses.some(({ address }) => address === '::1')
  if (listens) assert.equal((await get('/', { host: `[::1]:${port}` })).status, 200)
  const foreign = [
    'localhost',
    '127.0.0.1',
    `localhost:${port + 1}`,
    `localhost.:${port}`,
    `rebound.example:${port}`,
    `127.0.0.2:${port}`,
    `0.0.0.0:${port}`,
    `user@localhost:${port}`,
    `localhost:0${port}`,
    SERVICE_HOST
  ]
  const before = world.requests.length
  for (const host of foreign) {
    const answer = await get('/', { headers: { host } })
    assert.equal(answer.status, 421, host)
    assert.match(answer.text, /answers to 127\.0\.0\.1:\d+, localhost:\d+ and \[::1\]:\d+ only/)
    assert.equal(answer.failure, 'INPUT_INVALID')
  }
  assert.equal(world.requests.length, before)
})

const PAGES: readonly (readonly [string, Record<string, string>, number])[] = [
  ['of the proxy', { origin: 'http://localhost:PORT' }, 200],
  ['of another server of this machine', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }, 200],
  ['of this machine over https', { origin: 'https://127.0.0.1:8443' }, 200],
  ['of elsewhere', { origin: 'https://evil.example' }, 403],
  ['of the service itself', { origin: `https://${SERVICE_HOST}` }, 403],
  ['that looks like loopback', { origin: 'http://localhost.evil.example' }, 403],
  ['with loopback as a user name', { origin: 'http://localhost:3000@evil.example' }, 403],
  ['of a hidden origin', { origin: 'null' }, 403],
  ['of a file', { origin: 'file://' }, 403],
  ['of an extension', { origin: 'chrome-extension://abc' }, 403],
  [
    'of another site, without an origin',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    403
  ],
  [
    'in a frame of another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    403
  ],
  [
    'that a link of another site leads to',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    200
  ],
  [
    'whose address a person typed',
    { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    200
  ]
]

proxyScenario('Only pages of this machine may use the proxy', async ({ world, start }) => {
  const { port, get } = await start(await givenProxy(world))
  for (const [what, headers, status] of PAGES) {
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(port))])
    )
    const answer = await get('/', { headers: sent })
    assert.equal(answer.status, status, `a page ${what}: ${answer.text}`)
    if (status === 403) assert.match(answer.text, /is not allowed to use this proxy/)
  }
})

proxyScenario('CONNECT, TRACE and other hosts in the target are refused', async ({ world, start }) => {
  const { port, get } = await start(await givenProxy(world))
  const before = world.requests.length
  const refused: readonly (readonly [string, string, number])[] = [
    ['CONNECT', 'example.com:443', 405],
    ['TRACE', '/', 405],
    ['GET', `https://${SERVICE_HOST}/`, 400],
    ['GET', 'http://evil.example/', 421],
    ['GET', `http://localhost:${port}.evil.example/`, 421],
    ['GET', '*', 400]
  ]
  for (const [method, target, status] of refused) {
    const answer = await exchange(port, `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), `${method} ${target}: ${answer}`)
    assert.match(answer, /did not pass this request on/)
  }
  assert.equal(world.requests.length, before)
  assert.equal((await get(`http://127.0.0.1:${port}/path`)).status, 200)
  assert.equal(world.requests.at(-1)?.path, '/path')
})

/** Reads until the proxy closes, though the client would go on. */
async function untilClosed(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
  socket.write(text, 'latin1')
  await once(socket, 'end')
  socket.destroy()
  return answer
}

const MARK = '\r\nx-google-id-token-failure: INPUT_INVALID\r\n'

proxyScenario('A request that could be read in two ways reaches no service', async ({ world, start }) => {
  const { port, job } = await start(await givenProxy(world))
  const before = world.requests.length
  const host = `Host: 127.0.0.1:${port}\r\n`
  const requests = [
    `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n${host}\r\n`,
    `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
    `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    `POST / HTTP/1.1\r\n${host}Content-Length: +5\r\n\r\nhello`,
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `GET / HTTP/2.0\r\n${host}\r\n`,
    `PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n`,
    `PRI / HTTP/1.1\r\n${host}\r\n`,
    `GET / HTTP/1.1\nHost: 127.0.0.1:${port}\n\n`,
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}X-A: 1\nX-B: 2\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host} folded: 1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}Bad Name: 1\r\n\r\n`,
    `GET /?a\u0001b HTTP/1.1\r\n${host}\r\n`,
    `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`
  ]
  for (const request of requests) {
    const answer = await untilClosed(port, request)
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, `${request.slice(0, 200)}: ${answer}`)
    assert.ok(answer.includes(MARK), answer)
    assert.match(answer, /\r\n\r\nThe proxy of google-id-token did not pass this request on\. [^]+\n$/)
  }
  for (const hosts of ['', `${host}Host: evil.example\r\n`]) {
    const answer = await exchange(port, `GET / HTTP/1.1\r\n${hosts}\r\n`)
    assert.match(answer, /^HTTP\/1\.1 400 [^]*no Host header, or more than one/)
    assert.ok(answer.includes(MARK), answer)
  }
  assert.deepEqual(listRequests(world).slice(before), [])
  assert.match((await job.post()).log, new RegExp(`Not passed on: ${requests.length + 2}, `))
})

proxyScenario('What Node’s parser refuses is told how, and shown nothing of what it sent', async ({ world, start }) => {
  const { port, get } = await start(await givenProxy(world))
  const before = world.requests.length
  const host = `Host: 127.0.0.1:${port}\r\n`
  const rows: readonly (readonly [string, number, RegExp])[] = [
    [`GET /\xfc?key=eyJ HTTP/1.1\r\n${host}\r\n`, 400, /\(HPE_INVALID_URL\)\. Percent-encode /],
    [`EYJ / HTTP/1.1\r\n${host}\r\n`, 400, /\(HPE_INVALID_METHOD\)\. Use a method /],
    [`GET / HTTP/1.1\r\n${host}X-Large: ${'eyJ'.repeat(2 * 1024 * 1024)}\r\n\r\n`, 431, /headers exceed 256 KiB/]
  ]
  for (const [request, status, words] of rows) {
    const answer = await untilClosed(port, request)
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.match(answer, /\r\nContent-Type: text\/plain/)
    assert.match(answer, words)
    assert.ok(answer.includes(MARK) && !/eyJ/i.test(answer), answer)
  }
  // As it is in a URL.
  assert.equal((await get('/%FC')).status, 200)
  assert.equal(world.requests.length, before + 1)
})

proxyScenario('Headers that never end are answered with 408', async ({ world, start, preload }) => {
  const env = await preload({
    background: `
      const { default: http } = await import('node:http')
      const { syncBuiltinESMExports } = await import('node:module')
      const { createServer } = http
      http.createServer = (options) =>
        createServer({ ...options, headersTimeout: options.headersTimeout / 200, connectionsCheckingInterval: 50 })
      syncBuiltinESMExports()`
  })
  const { port, get } = await start(await givenProxy(world), { env })
  const answer = await untilClosed(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-A`)
  assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n[^]*not complete within 60 s/)
  assert.ok(answer.includes(MARK), answer)
  assert.equal((await get('/')).status, 200)
})

proxyScenario('Our token cannot be taken out or doubled by a client', async ({ world, start }) => {
  const seen: (readonly string[])[] = []
  const given = await givenProxy(world, ({ rawHeaders }) => {
    seen.push(rawHeaders.map((text) => text.replace(/eyJ\S+/, 'TOKEN')))
    return 200
  })
  const { get, port } = await start(given)
  const host = ['Host', `127.0.0.1:${port}`]
  const sent: readonly (readonly string[])[] = [
    ['Connection', 'x-serverless-authorization'],
    ['Connection', 'close, X-Serverless-Authorization', 'X-Serverless-Authorization', 'Bearer mine'],
    ['X-Serverless-Authorization', 'Bearer mine', 'X-SERVERLESS-AUTHORIZATION', 'Bearer mine']
  ]
  for (const headers of sent) {
    const answer = await get('/', { headers: [...host, ...headers] })
    assert.equal(answer.status, 200, answer.text)
    const raw = seen.at(-1) ?? []
    const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    assert.equal(names.filter((name) => name === 'x-serverless-authorization').length, 1)
    assert.ok(!raw.includes('Bearer mine'))
  }
})

proxyScenario(
  'A client that only looks whether the port is open is none that was refused',
  async ({ world, start }) => {
    const { port, get, job } = await start(await givenProxy(world))
    for (let count = 0; count < 5; count += 1) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.destroy()
      await once(socket, 'close')
    }
    assert.equal((await get('/')).status, 200)
    assert.doesNotMatch((await job.post()).log, /Not passed on/)
  }
)

proxyScenario('Other users of a Linux machine are refused', async ({ world, start }) => {
  // Only root can become somebody else for this.
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return
  const { url, get, job } = await start(await givenProxy(world))
  assert.equal((await get('/')).status, 200)
  const curl = async (uid: number, ...args: string[]): Promise<string> =>
    (await run('curl', ['--silent', '--max-time', '10', ...args, `${url}/`], { uid, gid: uid })).stdout
  assert.equal(await curl(0), 'Hello')
  const refused = await curl(65_534, '--include')
  assert.match(refused, /^HTTP\/1\.1 403 [^]*Another user of this machine started this proxy/)
  assert.ok(refused.includes(MARK), refused)
  assert.match((await job.post()).log, /Not passed on: 1, /)
})
