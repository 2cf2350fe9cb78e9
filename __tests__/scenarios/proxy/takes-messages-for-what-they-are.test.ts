import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { SERVICE_HOST } from '../given.ts'
import { startLiveService } from '../../pretend-google/services/live-service.ts'
import { givenProxy, proxyScenario } from './given.ts'
import type { RunningProxy } from './given.ts'

/** A service that reads and writes bytes as they are. */
interface RawService {
  /** What has come, over all connections, since the last exchange began. */
  readonly received: () => string
  /** The same, by records of TLS: what the proxy wrote at once. */
  readonly records: () => readonly string[]
  /** What it does once a whole head has come; again for each piece after that. */
  answer: (socket: TLSSocket) => void
}

const HELLO = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello'

function rawScenario(
  title: string,
  body: (
    proxy: RunningProxy,
    service: RawService,
    exchange: (text: string, end?: string) => Promise<string>
  ) => Promise<void>
): void {
  proxyScenario(title, async ({ world, start }) => {
    const given = await givenProxy(world)
    await using live = await startLiveService(world, SERVICE_HOST, (_request, response) => response.end())
    let records: string[] = []
    const received = (): string => records.join('')
    const service: RawService = { received, records: () => records, answer: (socket) => socket.write(HELLO) }
    const options = { ...live.certificate, ALPNProtocols: ['http/1.1'], allowHalfOpen: true }
    const server = createServer(options, (socket) => {
      socket.setEncoding('latin1').on('data', (text: string) => {
        records.push(text)
        if (received().includes('\r\n\r\n')) service.answer(socket)
      })
      socket.on('error', () => undefined)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    live.leadTo((server.address() as AddressInfo).port)
    const sockets = new Set<TLSSocket>()
    server.on('secureConnection', (socket) => sockets.add(socket))
    try {
      const proxy = await start(given, { env: live.env() })
      await body(proxy, service, async (text, end = 'Hello') => {
        records = []
        return await talk(proxy.port, text, end)
      })
    } finally {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  })
}

/** The proxy has closed a connection to the service, or broken it off. */
async function untilOver(socket: TLSSocket): Promise<void> {
  await Promise.race([once(socket, 'end'), once(socket, 'close')])
}

/** Sends bytes as they are, and reads until the proxy closes or the answer has come to this end. */
async function talk(port: number, text: string, end: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk
    if (answer.endsWith(end)) socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.write(text, 'latin1')
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

rawScenario(
  'A request with a body that asks for another protocol too arrives with its body',
  async (proxy, service, exchange) => {
    const head = `POST /form HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\nConnection: Upgrade, HTTP2-Settings\r\n`
    for (const protocol of ['h2c', 'websocket']) {
      const asks = `Upgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`
      for (const [length, sent, came] of [
        ['Content-Length: 5', 'hello', 'hello'],
        ['Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n']
      ] as const) {
        service.answer = (socket) => service.received().endsWith(came) && socket.end(HELLO)
        const answer = await exchange(`${head}${asks}${length}\r\n\r\n${sent}`)
        const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
        // Before, Node takes the connection for one of the other protocol.
        if (major === 24 && minor < 9) {
          assert.match(answer, /^HTTP\/1\.1 400 /)
          continue
        }
        assert.match(answer, /^HTTP\/1\.1 200 /)
        assert.match(service.received(), /^POST \/form HTTP\/1\.1\r\n/)
        assert.ok(service.received().endsWith(`\r\n\r\n${came}`), service.received())
        assert.doesNotMatch(service.received(), /\r\n(Upgrade|HTTP2-Settings):/i)
      }
    }
  }
)

rawScenario('After a switch of protocols each side closes for itself', async ({ port }, service) => {
  service.answer = (socket) => {
    if (service.records().length > 1) return
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.once('end', () => socket.end('bye'))
  }
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  assert.match(String(head), /^HTTP\/1\.1 101 /)
  socket.end('all there is')
  const [last] = (await once(socket, 'data')) as [Buffer]
  assert.equal(String(last), 'bye')
  assert.ok(service.received().endsWith('all there is'))
  await once(socket, 'end')
})

rawScenario('What comes after a request for another protocol is no request', async ({ port }, service, exchange) => {
  const host = `Host: 127.0.0.1:${port}\r\n`
  const answer = await exchange(
    `GET /chat HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /smuggled HTTP/1.1\r\n${host}\r\n`
  )
  assert.match(answer, /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n/)
  assert.doesNotMatch(service.received(), /smuggled/)
})

const UNUSABLE: readonly (readonly [string, string, string])[] = [
  [
    'with two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nHello',
    'HPE_UNEXPECTED_CONTENT_LENGTH'
  ],
  [
    'with a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HPE_INVALID_TRANSFER_ENCODING'
  ],
  [
    'with a coding that was not asked for',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nHello',
    'HPE_INVALID_TRANSFER_ENCODING'
  ],
  [
    'with a control character in its reason',
    'HTTP/1.1 200 O\u0001K\r\nContent-Length: 5\r\n\r\nHello',
    'HPE_INVALID_STATUS'
  ],
  ['with a status below 100', 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n', 'HPE_INVALID_STATUS'],
  ['that switches to no protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'HPE_INVALID_STATUS'],
  [
    'that switches without having been asked',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'HPE_UNEXPECTED_UPGRADE'
  ],
  ['with a line break in a header', 'HTTP/1.1 200 OK\r\nLocation: /a\rX: y\r\nContent-Length: 0\r\n\r\n', 'HPE_'],
  ['of another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', 'HPE_'],
  ['whose headers break off', 'HTTP/1.1 200 OK\r\nContent-Le', 'ECONNRESET']
]

rawScenario('An answer that can be read in two ways, or in none, is 502', async ({ get, job }, service) => {
  for (const [what, bytes, code] of UNUSABLE) {
    service.answer = (socket) => socket.end(bytes)
    const answer = await get('/')
    assert.equal(answer.status, 502, `an answer ${what}`)
    assert.equal(answer.failure, 'SERVICE_UNAVAILABLE')
    assert.match(answer.text, new RegExp(`\\(${code}`), `an answer ${what}`)
  }
  // None of them is a defect of the proxy.
  const end = await job.post()
  assert.equal(end.exitCode, 0, end.log)
})

rawScenario('A request is not sent again once any of its answer has come', async ({ get, port }, service, exchange) => {
  assert.equal((await get('/')).text, 'Hello')
  service.answer = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')
  const answer = await exchange(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`, 'none')
  assert.match(answer, /^HTTP\/1\.1 502 /)
  assert.equal(service.received().match(/GET/g)?.length, 1)
})

rawScenario('A second answer on a connection answers no later request', async ({ get }, service) => {
  service.answer = (socket) => socket.write(`${HELLO}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`)
  assert.equal((await get('/')).text, 'Hello')
  service.answer = (socket) => socket.write(HELLO)
  assert.equal((await get('/')).text, 'Hello')
})

rawScenario(
  'Trailers say neither where a request goes nor who makes it, nor what an answer is',
  async ({ port }, service, exchange) => {
    service.answer = (socket) =>
      service.received().endsWith('0\r\nX-Sum: 1\r\n\r\n') &&
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-After: 1\r\nx-google-id-token-failure: INTERNAL\r\n\r\n'
      )
    const names = ['Host', 'Authorization', 'X-Serverless-Authorization', 'Proxy-Authorization', 'Origin']
    const answer = await exchange(
      `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${names.map((name) => `${name}: mine\r\n`).join('')}X-Sum: 1\r\n\r\n`,
      '\r\n0\r\nX-After: 1\r\n\r\n'
    )
    assert.doesNotMatch(service.received(), /mine/)
    assert.ok(answer.endsWith('\r\n0\r\nX-After: 1\r\n\r\n'), answer)
  }
)

rawScenario('A small body travels together with its head', async ({ port }, service, exchange) => {
  const head = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  service.answer = (socket) => /\r\n\r\n[^]*hello/.test(service.received()) && socket.write(HELLO)
  // By a new connection to the service, and by the same one.
  for (let count = 0; count < 2; count += 1) {
    const answer = await exchange(`${head}Content-Length: 5\r\n\r\nhello`)
    assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.equal(service.records().length, 1)
  }
})

rawScenario('Headers arrive however many they are', async ({ port }, service, exchange) => {
  const many = Array.from({ length: 2_500 }, (_, number) => `X-${number}: 1\r\n`).join('')
  service.answer = (socket) =>
    service.received().endsWith('\r\n\r\n') && socket.write(HELLO.replace('\r\n\r\n', `\r\n${many}\r\n`))
  const answer = await exchange(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${many}\r\n`)
  for (const text of [service.received(), answer]) assert.equal(text.match(/\r\nX-\d+: 1(?=\r\n)/g)?.length, 2_500)
})

rawScenario('A body of no bytes ends at the service too', async ({ port }, service, exchange) => {
  service.answer = (socket) => service.received().endsWith('\r\n\r\n0\r\n\r\n') && socket.write(HELLO)
  const answer = await exchange(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
  )
  assert.match(answer, /^HTTP\/1\.1 200 /)
})

rawScenario(
  'An answer before the end of a request’s body arrives, and the next request too',
  async ({ port, get, job }, service, exchange) => {
    service.answer = (socket) => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno')
    const answer = await exchange(
      `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100\r\n\r\nhel`,
      '\r\n\r\nno'
    )
    assert.match(answer, /^HTTP\/1\.1 413 Too Large\r\n[^]*\r\n\r\nno$/)
    service.answer = (socket) => socket.write(HELLO)
    assert.equal((await get('/')).text, 'Hello')
    // A client that does not send the rest has been answered all the same.
    assert.doesNotMatch((await job.post()).log, /Not passed on/)
  }
)

rawScenario(
  'Requests that come at once are answered in their order, each by what it asked',
  async ({ port }, service, exchange) => {
    const host = `Host: 127.0.0.1:${port}\r\n`
    service.answer = (socket) => {
      const path = /^GET (\S+)/m.exec(service.received().split('\r\n\r\n').at(-2) ?? '')?.[1] ?? ''
      // The first one takes longest.
      setTimeout(
        () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`),
        path === '/1' ? 200 : 0
      )
    }
    const answer = await exchange(
      `GET /1 HTTP/1.1\r\n${host}\r\nGET /2 HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /3 HTTP/1.1\r\n${host}\r\n`,
      '/3'
    )
    const seen = answer.match(/HTTP\/1\.1 \d+|\/\d/g)
    assert.deepEqual(seen, ['HTTP/1.1 200', '/1', 'HTTP/1.1 421', 'HTTP/1.1 200', '/3'])
  }
)

rawScenario(
  'A request that cannot be read waits for the answers before it, and is the last one',
  async ({ port }, service, exchange) => {
    service.answer = (socket) => setTimeout(() => socket.write(HELLO), 200)
    const host = `Host: 127.0.0.1:${port}\r\n`
    const answer = await exchange(
      `GET /1 HTTP/1.1\r\n${host}\r\nGET /\xfc HTTP/1.1\r\n${host}\r\nGET /3 HTTP/1.1\r\n${host}\r\n`,
      'none'
    )
    assert.deepEqual(answer.match(/HTTP\/1\.1 \d+|Hello|INPUT_INVALID/g), [
      ...['HTTP/1.1 200', 'Hello'],
      ...['HTTP/1.1 400', 'INPUT_INVALID']
    ])
    assert.doesNotMatch(service.received(), /GET \/3/)
  }
)

rawScenario(
  'A request for another protocol that does not wait for the answer before it is refused after that',
  async ({ port, job }, service, exchange) => {
    service.answer = (socket) => setTimeout(() => socket.write(HELLO), 200)
    const host = `Host: 127.0.0.1:${port}\r\n`
    for (const request of [
      `CONNECT example.com:443 HTTP/1.1\r\n${host}\r\n`,
      `GET /chat HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    ]) {
      const answer = await exchange(`GET /1 HTTP/1.1\r\n${host}\r\n${request}`, 'none')
      assert.deepEqual(answer.match(/HTTP\/1\.1 \d+|Hello|INPUT_INVALID/g), [
        ...['HTTP/1.1 200', 'Hello'],
        ...['HTTP/1.1 400', 'INPUT_INVALID']
      ])
    }
    assert.match((await job.post()).log, /Not passed on: 2, /)
  }
)

rawScenario(
  'A request whose body cannot be read is answered once, and the service does not take it for complete',
  async ({ port }, service, exchange) => {
    const gone: Promise<unknown>[] = []
    const request = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`
    service.answer = (socket) => gone.push(untilOver(socket))
    const answer = await exchange(`${request}XX\r\n`, 'none')
    assert.match(answer, /^HTTP\/1\.1 400 [^]*\(HPE_INVALID_CHUNK_SIZE\)[^]*\n$/)
    assert.doesNotMatch(service.received(), /\r\n0\r\n/)
    await Promise.all(gone)

    // The answer has begun.
    service.answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun')
    const begun = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk
        if (text.endsWith('begun')) socket.write('XX\r\n')
      })
      socket
        .on('error', () => undefined)
        .on('close', () => {
          resolve(text)
        })
      socket.write(request)
    })
    assert.match(begun, /^HTTP\/1\.1 200 [^]*begun$/)
    assert.deepEqual(begun.match(/HTTP\/1\.1/g), ['HTTP/1.1'])
  }
)

rawScenario(
  'A client that closes its sending side has gone, and its request is cancelled',
  async ({ port }, service) => {
    const cancelled = Promise.withResolvers<unknown>()
    service.answer = (socket) => {
      cancelled.resolve(untilOver(socket))
    }
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    while (service.received() === '') await new Promise((resolve) => setTimeout(resolve, 10))
    socket.end()
    await once(socket, 'end')
    await cancelled.promise
    assert.equal(answer, '')
  }
)

rawScenario('What a request expects is for the service to say', async ({ get }, service) => {
  assert.equal((await get('/', { headers: { expect: 'something' } })).text, 'Hello')
  assert.match(service.received(), /\r\nexpect: something\r\n/i)
})

rawScenario('That a request has no body is said as the client said it', async (proxy, service, exchange) => {
  const head = (method: string): string => `${method} / HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n`
  for (const method of ['GET', 'DELETE', 'POST']) {
    await exchange(`${head(method)}Content-Length: 0\r\n\r\n`)
    assert.match(service.received(), /^Content-Length: 0\r$/im, method)
  }
  await exchange(`${head('DELETE')}\r\n`)
  assert.doesNotMatch(service.received(), /^(?:Content-Length|Transfer-Encoding):/im)
})

rawScenario('Trailers may be announced where none can follow', async ({ port, job }, service, exchange) => {
  const rows = [
    ['HEAD', 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n', '\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nTrailer: X-Sum\r\n\r\n', '\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 5\r\n\r\nHello', 'Hello']
  ] as const
  for (const [method, bytes, end] of rows) {
    service.answer = (socket) => socket.write(bytes)
    const answer = await exchange(`${method} / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTrailer: X-Sum\r\n\r\n`, end)
    assert.ok(answer.startsWith(bytes.slice(0, 12)), `${bytes}: ${answer}`)
  }
  const post = await job.post()
  assert.equal(post.exitCode, 0, post.log)
})

/** For both ends, which write what Node does not. */
const LENIENT = { settings: {}, strictSingleValueFields: false }

/** As Node is before 24.15. */
const STRICT_HTTP2 = `
  const { default: http2 } = await import('node:http2')
  const { syncBuiltinESMExports } = await import('node:module')
  const { connect, createServer } = http2
  http2.connect = (url, options) => connect(url, { ...options, strictSingleValueFields: true })
  http2.createServer = (options) => createServer({ ...options, strictSingleValueFields: true })
  syncBuiltinESMExports()`

for (const isStrict of [false, true]) {
  proxyScenario(
    `A field that HTTP/2 has once ends nothing but its exchange where it comes twice, ${isStrict ? 'before' : 'from'} Node 24.15${isStrict ? '' : ' on'}`,
    async ({ world, start, preload }) => {
      const given = await givenProxy(world)
      await using live = await startLiveService(world, SERVICE_HOST, (_request, response) => response.end())
      const twice: OutgoingHttpHeaders = { tk: ['1', '2'] }
      const server = createSecureServer({ ...live.certificate, ...LENIENT })
      let sessions = 0
      server.on('session', () => (sessions += 1))
      server.on('stream', (stream: ServerHttp2Stream, headers) => {
        stream.on('error', () => undefined).resume()
        if (headers[':path'] === '/interim') stream.additionalHeaders({ ':status': 103, ...twice })
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.once('wantTrailers', () => {
          stream.sendTrailers(headers[':path'] === '/trailers' ? twice : {})
        })
        stream.end('Hello')
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
      live.leadTo((server.address() as AddressInfo).port)
      try {
        const strict = isStrict ? await preload({ background: STRICT_HTTP2 }) : {}
        const { port, job } = await start(given, { env: { ...live.env(), ...strict } })
        const client = connectHttp2(`http://127.0.0.1:${port}`, LENIENT)
        const ask = async (
          path: string,
          headers: OutgoingHttpHeaders = {},
          trailers: OutgoingHttpHeaders = {}
        ): Promise<number | undefined> => {
          const stream = client.request({ ':method': 'POST', ':path': path, ...headers }, { waitForTrailers: true })
          let status: number | undefined
          stream.once('response', (answer) => (status = answer[':status']))
          stream.once('wantTrailers', () => {
            stream.sendTrailers(trailers)
          })
          stream.on('error', () => undefined).resume()
          stream.end('x')
          await new Promise((resolve) => stream.once('close', resolve))
          return status
        }
        assert.equal(await ask('/trailers'), 200)
        await ask('/', {}, twice)
        assert.equal(await ask('/interim'), 200)
        // More than one connection has room for.
        for (let count = 0; count < 101; count += 1) assert.equal(await ask('/', twice), isStrict ? 502 : 200)
        assert.equal(await ask('/'), 200)
        assert.equal(sessions, 1)
        client.destroy()
        const post = await job.post()
        assert.equal(post.exitCode, 0, post.log)
      } finally {
        server.close()
      }
    }
  )
}
