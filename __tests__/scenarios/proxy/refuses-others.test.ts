import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect } from 'node:net'
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

proxyScenario('A request that could be read in two ways reaches no service', async ({ world, start }) => {
  const { port } = await start(await givenProxy(world))
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
    `GET / HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}X-A: 1\nX-B: 2\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host} folded: 1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}Bad Name: 1\r\n\r\n`,
    `GET / HTTP/1.1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}X-Large: ${'x'.repeat(300 * 1024)}\r\n\r\n`,
    `GET /?a\u0001b HTTP/1.1\r\n${host}\r\n`
  ]
  for (const request of requests) {
    const answer = await exchange(port, request)
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, `${request.slice(0, 200)}: ${answer}`)
  }
  assert.deepEqual(listRequests(world).slice(before), [])
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

proxyScenario('Other users of a Linux machine are refused', async ({ world, start }) => {
  // Only root can become somebody else for this.
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return
  const { url, get } = await start(await givenProxy(world))
  assert.equal((await get('/')).status, 200)
  const curl = async (uid: number): Promise<string> =>
    (await run('curl', ['--silent', '--max-time', '10', `${url}/`], { uid, gid: uid })).stdout
  assert.equal(await curl(0), 'Hello')
  assert.match(await curl(65_534), /Another user of this machine started this proxy/)
})
