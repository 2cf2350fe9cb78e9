import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { Http2SecureServer } from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { send } from '../client.ts'
import type { ClientAnswer } from '../client.ts'
import { createCertificateAuthority } from '../transport/certificates.ts'
import type { PretendGoogle } from '../world.ts'

/** A request as Node's server has it, of HTTP/1.1 or HTTP/2. */
export type LiveApp = (request: IncomingMessage, response: ServerResponse) => void

/** What an application can do that the pretend Google's own services, which answer with whole bodies, do not show. */
export interface LiveService extends AsyncDisposable {
  /** The variables through which a process reaches the world, and this service in it. */
  readonly env: () => Record<string, string>
  /** The server, for upgrades. */
  readonly server: Http2SecureServer
  /** What the front end says to these headers: a refusal, or undefined. */
  readonly refusal: (
    headers: Readonly<Record<string, string | readonly string[] | undefined>>
  ) => Promise<ClientAnswer | undefined>
  /** How many connections came about. */
  readonly connections: () => number
  /** Closes every connection, as a server does that restarts. */
  readonly breakConnections: () => void
  /** Lets connections to the host end at another server of this machine. */
  readonly leadTo: (port: number) => void
  /** Key and certificate of the host, in PEM, for another server. */
  readonly certificate: { readonly cert: string; readonly key: string }
}

const authority = createCertificateAuthority('Live services')

/**
 * A Cloud Run service that streams: HTTP/1.1 with upgrades, and HTTP/2. Its front end asks the one of the world about every token, so
 * that it refuses what that one refuses. It stands before the world's own proxy, and passes everything else on to that.
 *
 * @param host of a service that the world has
 */
export async function startLiveService(world: PretendGoogle, host: string, app: LiveApp): Promise<LiveService> {
  const certificate = authority.issueServerCertificate(host)
  const accepted = new Set<string>()
  const sockets = new Set<Socket>()
  let opened = 0
  let target: number | undefined

  const refusal: LiveService['refusal'] = async (headers) => {
    const names = ['authorization', 'x-serverless-authorization', 'proxy-authorization']
    const tokens = Object.fromEntries(
      names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
    )
    const key = JSON.stringify(tokens)
    if (accepted.has(key)) return undefined
    const answer = await send(world, `https://${host}/`, { headers: tokens })
    if (answer.status === 200) accepted.add(key)
    return answer.status === 200 ? undefined : answer
  }

  const server = createSecureServer({ ...certificate, allowHTTP1: true, maxHeaderListPairs: 1_000 })
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    refusal(request.headers).then(
      (refused) => {
        if (refused === undefined) app(request, response)
        else answerRefusal(response, refused)
      },
      () => response.destroy()
    )
  }
  server.on('request', onRequest as never)
  server.on('checkContinue', onRequest as never)
  server.on('sessionError', () => undefined)
  const tlsPort = await listen(server, sockets)

  const { HTTPS_PROXY = '', NODE_EXTRA_CA_CERTS = '' } = world.env()
  const tunnels = createHttpServer()
  tunnels.on('connect', (request: IncomingMessage, client: Socket) => {
    const isHost = request.url === `${host}:443`
    if (isHost) opened += 1
    const upstream = isHost
      ? connect(target ?? tlsPort, '127.0.0.1')
      : connect(Number(new URL(HTTPS_PROXY).port), '127.0.0.1')
    upstream.setNoDelay(true)
    client.setNoDelay(true)
    upstream.once('connect', () => {
      if (isHost) client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      else upstream.write(`CONNECT ${request.url ?? ''} HTTP/1.1\r\nhost: ${request.url ?? ''}\r\n\r\n`)
      client.pipe(upstream).pipe(client)
    })
    for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
      one.on('error', () => undefined)
      one.on('close', () => other.destroy())
    }
  })
  const proxyPort = await listen(tunnels, sockets)
  const directory = await mkdtemp(path.join(tmpdir(), 'live-service-'))
  const certificates = path.join(directory, 'ca.pem')
  await writeFile(certificates, `${await readFile(NODE_EXTRA_CA_CERTS, 'utf8')}\n${authority.cert}`)

  return {
    env: () => ({
      ...world.env(),
      HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
      NODE_EXTRA_CA_CERTS: certificates
    }),
    server,
    refusal,
    connections: () => opened,
    breakConnections() {
      for (const socket of sockets) if (socket.localPort === (target ?? tlsPort)) socket.resetAndDestroy()
    },
    leadTo(port) {
      target = port
    },
    certificate,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      for (const each of [server, tunnels]) each.close()
      await rm(directory, { recursive: true, force: true })
    }
  }
}

async function listen(server: Server | Http2SecureServer, sockets: Set<Socket>): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

function answerRefusal(response: ServerResponse, { status, headers, text }: ClientAnswer): void {
  const kept = ['content-type', 'www-authenticate', 'server', 'location', 'x-goog-iap-generated-response']
  for (const name of kept) {
    const value = headers[name]
    if (value !== undefined) response.setHeader(name, value)
  }
  response.statusCode = status
  response.end(text)
}
