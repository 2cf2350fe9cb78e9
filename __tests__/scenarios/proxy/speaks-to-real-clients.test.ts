import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { Client, credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js'
import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
  sendUnaryData
} from '@grpc/grpc-js'
import { WebSocket, WebSocketServer } from 'ws'
import { startLiveService } from '../../pretend-google/services/live-service.ts'
import { SERVICE_HOST } from '../given.ts'
import { givenProxy, proxyScenario } from './given.ts'

const run = promisify(execFile)

proxyScenario('A WebSocket client talks to the service, and is told where it is refused', async ({ world, start }) => {
  const given = await givenProxy(world)
  await using service = await startLiveService(world, SERVICE_HOST, (_request, response) => response.end('Hello'))
  const sockets = new WebSocketServer({ noServer: true })
  service.server.on('upgrade', ((request: IncomingMessage, socket: Socket, head: Buffer) => {
    service.refusal(request.headers).then(
      (refusal) => {
        if (refusal !== undefined || request.url === '/no')
          socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno')
        else
          sockets.handleUpgrade(request, socket, head, (peer) => {
            peer.on('message', (message, isBinary) => {
              peer.send(message, { binary: isBinary })
            })
          })
      },
      () => socket.destroy()
    )
  }) as never)
  const { port } = await start(given, { env: service.env() })

  const client = new WebSocket(`ws://localhost:${port}/chat`, ['one', 'two'], { origin: `http://localhost:${port}` })
  await once(client, 'open')
  for (const message of ['hello', Buffer.alloc(1_000_000, 3)]) {
    client.send(message)
    const [echo] = (await once(client, 'message')) as [Buffer]
    assert.deepEqual(echo, Buffer.from(message))
  }
  client.close(4000, 'done')
  const [code] = (await once(client, 'close')) as [number]
  assert.equal(code, 4000)

  const refused = new WebSocket(`ws://127.0.0.1:${port}/no`)
  const [, answer] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage]
  assert.equal(answer.statusCode, 404)
  const foreign = new WebSocket(`ws://127.0.0.1:${port}/chat`, { origin: 'https://evil.example' })
  const [, forbidden] = (await once(foreign, 'unexpected-response')) as [unknown, IncomingMessage]
  assert.equal(forbidden.statusCode, 403)
  for (const each of [refused, foreign]) each.on('error', () => undefined).terminate()
})

proxyScenario('Node’s own WebSocket client works too', async ({ world, start }) => {
  const given = await givenProxy(world)
  await using service = await startLiveService(world, SERVICE_HOST, (_request, response) => response.end('Hello'))
  const sockets = new WebSocketServer({ noServer: true })
  service.server.on('upgrade', ((request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peer.send('welcome')
    })
  }) as never)
  const { port } = await start(given, { env: service.env() })
  const client = new globalThis.WebSocket(`ws://127.0.0.1:${port}/`)
  const [event] = (await once(client, 'message')) as [{ data: string }]
  assert.equal(event.data, 'welcome')
  client.close()
})

const identity = (value: Buffer): Buffer => value
const METHOD = {
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity
}
const ECHO = {
  unary: { ...METHOD, path: '/test.Echo/Unary' },
  fail: { ...METHOD, path: '/test.Echo/Fail' },
  many: { ...METHOD, path: '/test.Echo/Many', responseStream: true },
  chat: { ...METHOD, path: '/test.Echo/Chat', requestStream: true, responseStream: true }
}

proxyScenario('A gRPC client calls, streams, and gets the status of a failed call', async ({ world, start }) => {
  const given = await givenProxy(world)
  await using service = await startLiveService(world, SERVICE_HOST, (_request, response) => response.end())
  const tokens: string[] = []
  const server = new Server()
  server.addService(ECHO, {
    unary(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
      tokens.push(...call.metadata.get('x-serverless-authorization').map(String))
      const trailer = new Metadata()
      trailer.set('x-after', 'yes')
      done(null, call.request, trailer)
    },
    fail(_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
      done({ code: status.FAILED_PRECONDITION, details: 'not now' })
    },
    many(call: ServerWritableStream<Buffer, Buffer>) {
      for (let count = 0; count < 100; count += 1) call.write(Buffer.from(String(count)))
      call.end()
    },
    chat(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on('data', (message: Buffer) => call.write(message))
      call.on('end', () => {
        call.end()
      })
    }
  })
  const { cert, key } = service.certificate
  const keyPair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
  const grpcPort = await promisify(server.bindAsync.bind(server))(
    '127.0.0.1:0',
    ServerCredentials.createSsl(null, [keyPair])
  )
  service.leadTo(grpcPort)
  const { port } = await start(given, { env: service.env() })
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  try {
    const trailers: Metadata[] = []
    const answer = await new Promise<Buffer | undefined>((resolve, reject) => {
      const call = client.makeUnaryRequest(
        ECHO.unary.path,
        identity,
        identity,
        Buffer.from('hi'),
        (error: ServiceError | null, value?: Buffer) => {
          if (error === null) resolve(value)
          else reject(error)
        }
      )
      call.on('status', ({ metadata }) => trailers.push(metadata))
    })
    assert.equal(String(answer), 'hi')
    assert.deepEqual(trailers[0]?.get('x-after'), ['yes'])
    assert.match(tokens[0] ?? '', /^Bearer eyJ/)

    const failed = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest(ECHO.fail.path, identity, identity, Buffer.from(''), resolve)
    })
    assert.equal(failed?.code, status.FAILED_PRECONDITION)
    assert.equal(failed.details, 'not now')

    const many = client.makeServerStreamRequest(ECHO.many.path, identity, identity, Buffer.from(''))
    const received: string[] = []
    for await (const message of many) received.push(String(message))
    assert.equal(received.length, 100)

    // More streams at once than one connection takes.
    const chats = Array.from({ length: 150 }, (_, number) => {
      const chat = client.makeBidiStreamRequest(ECHO.chat.path, identity, identity)
      chat.write(Buffer.from(`chat ${number}`))
      return chat
    })
    const echoes = await Promise.all(chats.map(async (chat) => String(((await once(chat, 'data')) as [Buffer])[0])))
    assert.deepEqual(
      echoes,
      chats.map((_, number) => `chat ${number}`)
    )
    for (const chat of chats) chat.on('error', () => undefined).cancel()
  } finally {
    client.close()
    server.forceShutdown()
  }
})

proxyScenario(
  'A gRPC call that Google refuses ends with the status that fits, and is marked',
  async ({ world, start }) => {
    const { env = {}, inputs = {} } = await givenProxy(world)
    await using service = await startLiveService(world, SERVICE_HOST, (_request, response) => response.end())
    // A service account that may not invoke the service.
    world.addServiceAccount({ email: 'other@octo-project.iam.gserviceaccount.com' })
    const key = JSON.stringify(await world.addServiceAccountKey('other@octo-project.iam.gserviceaccount.com'))
    const { port, job } = await start({
      env: { ...env, ...service.env() },
      inputs: { url: inputs['url'] ?? '', credentials_json: key, fail_on_refusal: 'false' }
    })
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    let headers: Metadata | undefined
    const error = await new Promise<ServiceError | null>((resolve) => {
      const call = client.makeUnaryRequest(ECHO.unary.path, identity, identity, Buffer.from(''), resolve)
      call.on('metadata', (metadata: Metadata) => (headers = metadata))
    })
    client.close()
    assert.equal(error?.code, status.PERMISSION_DENIED)
    assert.deepEqual(headers?.get('x-google-id-token-failure'), ['INVOKER_MISSING'])
    const end = await job.post()
    assert.equal(end.exitCode, 0, end.log)
    assert.match(end.log, /Refused by Google: 1 × INVOKER_MISSING/)
  }
)

proxyScenario(
  'curl works by HTTP/1.1, by HTTP/2 with prior knowledge, and where it offers h2c',
  async ({ world, start }) => {
    const help = await run('curl', ['--version']).catch(() => undefined)
    if (help === undefined) return
    const given = await givenProxy(world)
    await using service = await startLiveService(world, SERVICE_HOST, (request, response) => {
      let length = 0
      request.on('data', (chunk: Buffer) => (length += chunk.length))
      request.on('end', () => response.end(`${request.httpVersion} ${request.method ?? ''} ${length}`))
    })
    const { url } = await start(given, { env: service.env() })
    const curl = async (...args: string[]): Promise<string> =>
      (await run('curl', ['--silent', '--show-error', '--max-time', '20', ...args, `${url}/path`])).stdout
    assert.equal(await curl(), '1.1 GET 0')
    assert.equal(await curl('--data', 'x'.repeat(2_000_000).slice(0, 100_000)), '1.1 POST 100000')
    assert.equal(await curl('--head', '--output', '-').then((text) => text.split('\r\n')[0]), 'HTTP/1.1 200 OK')
    if (!help.stdout.includes('HTTP2')) return
    assert.equal(await curl('--http2-prior-knowledge'), '2.0 GET 0')
    assert.equal(await curl('--http2-prior-knowledge', '--data', 'hello'), '2.0 POST 5')
    assert.equal(await curl('--http2'), '1.1 GET 0')
  }
)

proxyScenario('A service on loopback without TLS, HTTP/2 too', async ({ world, start }) => {
  const { env = {}, inputs = {} } = await givenProxy(world)
  const server = createServer((request, response) => response.end(request.headers.authorization?.slice(0, 10)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { get } = await start({ env, inputs: { ...inputs, url: service, audience: 'https://service.example' } })
    assert.equal((await get('/')).text, 'Bearer eyJ')
  } finally {
    server.close()
  }
})
