import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import type { Certificate } from './transport/certificates.ts'
import { readBody } from './transport/requests.ts'
import type { PretendGoogle } from './world.ts'

export interface ClientRequest {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  /** An object is sent as JSON, URLSearchParams as a form. */
  readonly body?: object
  readonly certificate?: Certificate
}

export interface ClientAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The members of a JSON body. */
  readonly json: Record<string, unknown>
}

/** Sends a request the way a process with the world's `env` does: through its proxy and with its certificate authority. */
export async function send(world: PretendGoogle, url: string, request: ClientRequest = {}): Promise<ClientAnswer> {
  const { host, protocol } = new URL(url)
  const isForm = request.body instanceof URLSearchParams
  const body = isForm ? String(request.body) : JSON.stringify(request.body)
  const options = {
    method: request.method ?? (request.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(request.body === undefined
        ? {}
        : { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
      ...request.headers
    },
    agent: false as const
  }
  const { HTTPS_PROXY = '', NODE_EXTRA_CA_CERTS = '' } = world.env()
  const sent =
    protocol === 'http:'
      ? httpRequest(url, options)
      : httpsRequest(url, {
          ...options,
          ...request.certificate,
          ca: readFileSync(NODE_EXTRA_CA_CERTS),
          socket: await openTunnel(HTTPS_PROXY, `${host}:443`)
        } as Parameters<typeof httpsRequest>[1] & { socket: Socket })
  return await new Promise((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response) => {
      readBody(response).then((bytes) => {
        const text = bytes.toString('utf8')
        const isJson = response.headers['content-type']?.startsWith('application/json') === true && text !== ''
        const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      }, reject)
    })
    sent.end(request.body === undefined ? undefined : body)
  })
}

async function openTunnel(proxy: string, authority: string): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest(proxy, { method: 'CONNECT', path: authority, agent: false })
    request.once('error', reject)
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) resolve(socket)
      else reject(new Error(`CONNECT was answered with ${response.statusCode ?? 0}.`))
    })
    request.end()
  })
}
