import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { connect as connectHttp2, constants } from 'node:http2'
import type { ServerHttp2Stream } from 'node:http2'
import { connect } from 'node:net'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { SERVICE_HOST } from '../given.ts'
import { startLiveService } from '../../pretend-google/services/live-service.ts'
import type { LiveApp, LiveService } from '../../pretend-google/services/live-service.ts'
import { givenProxy, proxyScenario } from './given.ts'
import type { ProxyStage, RunningProxy } from './given.ts'

/** A scenario with a service that streams. */
function streaming(
  title: string,
  app: LiveApp,
  body: (proxy: RunningProxy, service: LiveService, stage: ProxyStage) => Promise<void>
): void {
  proxyScenario(title, async (stage) => {
    const given = await givenProxy(stage.world)
    await using service = await startLiveService(stage.world, SERVICE_HOST, app)
    await body(await stage.start(given, { env: service.env() }), service, stage)
  })
}

async function open(url: string, path: string, options: object = {}): Promise<[ClientRequest, IncomingMessage]> {
  const sent = request(url + path, { agent: false, ...options })
  sent.on('error', () => undefined)
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return [sent, response]
}

/** What the service says next: it waits for the client, which waits for what came before. */
const next: (() => void)[] = []

streaming(
  'Server-sent events arrive one by one, while their stream is open',
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    next.push(
      () => response.write('data: 1\n\n'),
      () => response.write('data: 2\n\n'),
      () => response.end()
    )
  },
  async ({ url }) => {
    const [, response] = await open(url, '/events')
    assert.equal(response.statusCode, 200)
    const chunks: string[] = []
    next.shift()?.()
    for await (const chunk of response) {
      chunks.push(String(chunk))
      next.shift()?.()
    }
    assert.deepEqual(chunks, ['data: 1\n\n', 'data: 2\n\n'])
  }
)

streaming(
  'Headers of an answer arrive before its body begins',
  (_request, response) => {
    response.writeHead(200).flushHeaders()
    next.push(() => response.end('late'))
  },
  async ({ url }) => {
    const [, response] = await open(url, '/')
    next.shift()?.()
    response.resume()
    await once(response, 'end')
  }
)

const BYTES = 64 * 1024 * 1024

/** MiB that the background process has had at most. */
function peakOf({ job }: RunningProxy): number {
  if (process.platform !== 'linux') return 0
  const status = readFileSync(`/proc/${String(job.processId())}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

streaming(
  'A large upload and a large download pass in bounded memory, byte for byte, and 200 streams after them',
  (message, response) => {
    if (message.url === '/stream') {
      response.write('open')
      return
    }
    const hash = createHash('sha256')
    message.on('data', (chunk: Buffer) => {
      hash.update(chunk)
      // Slower than the client sends.
      message.pause()
      setImmediate(() => message.resume())
    })
    message.on('end', () => {
      response.setHeader('x-digest', hash.digest('hex'))
      const chunk = Buffer.alloc(256 * 1024, 7)
      let left = BYTES
      const write = (): void => {
        while (left > 0) {
          left -= chunk.length
          if (!response.write(chunk)) {
            response.once('drain', write)
            return
          }
        }
        response.end()
      }
      write()
    })
  },
  async (proxy) => {
    const { url } = proxy
    const chunk = randomBytes(256 * 1024)
    const hash = createHash('sha256')
    const sent = request(url, { method: 'PUT', agent: false })
    for (let left = BYTES; left > 0; left -= chunk.length) {
      hash.update(chunk)
      if (!sent.write(chunk)) await once(sent, 'drain')
    }
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    assert.equal(response.headers['x-digest'], hash.digest('hex'))
    let received = 0
    for await (const part of response) {
      received += (part as Buffer).length
      // A client that is slow at first.
      if (received < 1024 * 1024) await wait(5)
    }
    assert.equal(received, BYTES)
    const streams = await Promise.all(Array.from({ length: 200 }, async () => await open(url, '/stream')))
    const peak = peakOf(proxy)
    assert.ok(peak < 150, `the process took ${peak} MiB`)
    for (const [stream] of streams) stream.destroy()
  }
)

streaming(
  'A client that waits for 100 is told to go on by the service, and refused by it before it sends',
  (message, response) => {
    if (message.url === '/no') {
      response.writeHead(417).end('no')
      return
    }
    response.writeContinue()
    message.on('data', () => undefined).on('end', () => response.end('took it'))
  },
  async ({ url }) => {
    for (const [path, status, continued] of [
      ['/yes', 200, true],
      ['/no', 417, false]
    ] as const) {
      const sent = request(url + path, {
        method: 'POST',
        agent: false,
        headers: { expect: '100-continue', 'content-length': 5 }
      })
      sent.on('error', () => undefined)
      let wasTold = false
      sent.once('continue', () => {
        wasTold = true
        sent.end('hello')
      })
      sent.flushHeaders()
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      assert.equal(response.statusCode, status)
      assert.equal(wasTold, continued)
      response.resume()
      sent.destroy()
    }
  }
)

/** Settles once the service sees that a request is over. */
const aborted: Promise<unknown>[] = []
/** Settles once a request has come. */
let arrived = Promise.withResolvers<undefined>()

streaming(
  'An abort of the client reaches the service, in its answer, in an upload, and while the client waits',
  (message, response) => {
    aborted.push(once(response, 'close'))
    if (message.url === '/answer') response.write('begun')
    if (message.url === '/upload') message.once('data', arrived.resolve)
    else arrived.resolve(undefined)
  },
  async ({ url, job }) => {
    for (const path of ['/answer', '/upload', '/wait']) {
      arrived = Promise.withResolvers()
      const sent = request(url + path, { agent: false, method: path === '/upload' ? 'POST' : 'GET' })
      sent.on('error', () => undefined)
      if (path === '/upload') sent.write('begun')
      else sent.end()
      await (path === '/answer' ? once(sent, 'response') : arrived.promise)
      sent.destroy()
      await aborted.pop()
    }
    const session = connectHttp2(url)
    for (const path of ['/answer', '/upload', '/wait']) {
      arrived = Promise.withResolvers()
      const stream = session.request({ ':path': path, ':method': 'POST' })
      stream.on('error', () => undefined)
      stream.write('begun')
      await (path === '/answer' ? once(stream, 'response') : arrived.promise)
      stream.close(constants.NGHTTP2_CANCEL)
      await aborted.pop()
    }
    session.destroy()
    assert.match((await job.post()).log, /Requests: 2 × 2xx, 4 × no answer/)
  }
)

streaming(
  'A reset of the service in the middle of a body is no clean end for the client',
  (message, response) => {
    const length = message.url === '/length' ? { 'content-length': '100' } : {}
    response.writeHead(200, length)
    response.write('some')
    setTimeout(() => response.socket?.destroy(), 50)
  },
  async ({ url }) => {
    for (const path of ['/length', '/chunked']) {
      const [, response] = await open(url, path)
      await assert.rejects(
        async () => {
          for await (const chunk of response) assert.equal(String(chunk), 'some')
        },
        { code: 'ECONNRESET' }
      )
    }
    // HTTP/1.0 knows no length and no chunks: the connection itself tells.
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET /chunked HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    socket.resume()
    await assert.rejects(once(socket, 'end'), { code: 'ECONNRESET' })
  }
)

streaming(
  'Connections to the service are kept, and one that the service has closed is not the client’s trouble',
  (_message, response) => {
    response.end('Hello')
  },
  async ({ url, get }, service) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let count = 0; count < 20; count += 1) {
      const [, response] = await open(url, '/', { agent })
      response.resume()
      await once(response, 'end')
    }
    assert.equal(service.connections(), 1)
    agent.destroy()
    service.breakConnections()
    assert.equal((await get('/')).status, 200)
  }
)

let attempts = 0

streaming(
  'A request without a body is sent once more where a kept connection breaks, and one with a body is not',
  (message, response) => {
    attempts += 1
    // The first answer keeps the connection; on it, the next request is not answered.
    if (message.url === '/break' && message.headers['x-attempt'] !== undefined && attempts === 2)
      response.socket?.destroy()
    else message.resume().on('end', () => response.end('Hello'))
  },
  async ({ get }) => {
    for (const [method, status] of [
      ['GET', 200],
      ['POST', 502]
    ] as const) {
      attempts = 0
      assert.equal((await get('/')).status, 200)
      const body = method === 'POST' ? { body: 'once' } : {}
      const answer = await get('/break', { method, headers: { 'x-attempt': '1' }, ...body })
      assert.equal(answer.status, status, answer.text)
      assert.equal(attempts, status === 200 ? 3 : 2)
      assert.equal(answer.failure, status === 200 ? undefined : 'SERVICE_UNAVAILABLE')
    }
  }
)

let waiting: (() => void)[] = []

streaming(
  'Where one kept connection after another breaks, a request is sent twice at most',
  (message, response) => {
    attempts += 1
    if (message.url === '/break') response.socket?.destroy()
    else waiting.push(() => response.end())
    if (waiting.length === 3) for (const answer of waiting) answer()
  },
  async ({ get }) => {
    // Three connections.
    waiting = []
    await Promise.all([get('/'), get('/'), get('/')])
    attempts = 0
    assert.equal((await get('/break')).status, 502)
    assert.equal(attempts, 2)
  }
)

streaming(
  'Trailers pass both ways',
  (message, response) => {
    message.resume().on('end', () => {
      response.writeHead(200, { trailer: 'x-after' })
      response.write('body')
      response.addTrailers({ 'x-after': message.trailers['x-sum'] ?? 'none' })
      response.end()
    })
  },
  async ({ url }) => {
    const sent = request(url, { method: 'POST', agent: false, headers: { trailer: 'x-sum' } })
    sent.write('body')
    sent.addTrailers({ 'x-sum': '42' })
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    assert.equal(response.trailers['x-after'], '42')

    const session = connectHttp2(url)
    const stream = session.request({ ':path': '/', ':method': 'POST', trailer: 'x-sum' }, { waitForTrailers: true })
    stream.once('wantTrailers', () => {
      stream.sendTrailers({ 'x-sum': '43' })
    })
    stream.end('body')
    stream.resume()
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>]
    assert.equal(trailers['x-after'], '43')
    session.destroy()
  }
)

const MANY = Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`x-${number}`, '1']))

streaming(
  'Many headers pass both ways by HTTP/2',
  (message, response) => {
    const arrived = Object.keys(message.headers).filter((name) => name in MANY).length
    response.writeHead(200, MANY).end(String(arrived))
  },
  async ({ url }) => {
    const session = connectHttp2(url, { maxHeaderListPairs: 1_000 })
    const stream = session.request(MANY)
    const [headers] = (await once(stream, 'response')) as [Record<string, string>]
    assert.equal(Object.keys(headers).filter((name) => name in MANY).length, 300)
    assert.equal(String(((await once(stream, 'data')) as [Buffer])[0]), '300')
    session.destroy()
  }
)

streaming(
  'Interim answers pass before the answer, by HTTP/1.1 and HTTP/2, and not to HTTP/1.0',
  (message, response) => {
    if (message.httpVersionMajor === 2) {
      const { stream } = response as unknown as { stream: ServerHttp2Stream }
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload', 'x-b': '1' })
    } else {
      response.writeProcessing()
      response.socket?.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-B: 1\r\n\r\n')
    }
    setTimeout(() => response.end('Hello'), 100)
  },
  async ({ url, port }) => {
    const sent = request(url, { agent: false })
    const interim: unknown[] = []
    sent.on('information', ({ statusCode, headers }) => interim.push([statusCode, headers]))
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    assert.equal(response.statusCode, 200)
    assert.deepEqual(interim, [
      [102, {}],
      [103, { link: '</a.css>; rel=preload', 'x-b': '1' }]
    ])

    const session = connectHttp2(url)
    const stream = session.request({ ':path': '/' })
    // Both may come at once.
    const [[headers], [final]] = (await Promise.all([once(stream, 'headers'), once(stream, 'response')])) as [
      [Record<string, string>],
      [Record<string, string>]
    ]
    assert.equal(headers[':status'], 103)
    assert.equal(headers['link'], '</a.css>; rel=preload')
    assert.equal(final[':status'], 200)
    session.destroy()

    const old = connect(port, '127.0.0.1')
    old.write(`GET / HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    let text = ''
    old.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
    await once(old, 'end')
    assert.match(text, /^HTTP\/1\.1 200 /)
  }
)
