import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What a server answers, and how the answer travels. */
export interface Answer {
  /** 200 where nothing else is said. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer
  readonly delivery?: Delivery
}

/**
 * `reset` resets the connection instead of answering, `silence` keeps it open and never answers, `cut` announces more bytes
 * than it sends, `dripMs` pauses after each byte of the body, `raw` writes these bytes in place of an HTTP answer and closes.
 */
type Delivery = 'reset' | 'silence' | 'cut' | { readonly dripMs: number } | { readonly raw: string | Buffer }

export function answerJson(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify(value, null, 2)
  }
}

export function answerHtml(status: number, page: string, headers: Answer['headers'] = {}): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8', ...headers }, body: page }
}

/** @returns the status that was sent, if any was */
export async function deliver(answer: Answer, response: ServerResponse, tcp: Socket): Promise<number | undefined> {
  const { status = 200, headers = {}, body = '', delivery } = answer
  if (delivery === 'silence') return undefined
  if (delivery === 'reset') {
    tcp.resetAndDestroy()
    return undefined
  }
  if (typeof delivery === 'object' && 'raw' in delivery) {
    response.socket?.end(delivery.raw)
    return undefined
  }

  const bytes = Buffer.from(body)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.statusCode = status
  if (status >= 200 && status !== 204 && status !== 304) {
    response.setHeader('content-length', bytes.length + (delivery === 'cut' ? 1000 : 0))
  }
  if (delivery === 'cut') {
    response.flushHeaders()
    response.write(bytes)
    response.socket?.end()
  } else if (delivery === undefined) {
    response.end(bytes)
  } else {
    await drip(bytes, delivery.dripMs, response)
  }
  return status
}

async function drip(bytes: Buffer, pauseMs: number, response: ServerResponse): Promise<void> {
  response.flushHeaders()
  for (const byte of bytes) {
    await delay(pauseMs, undefined, { ref: false })
    // The client has had enough, or the world is closing.
    if (response.destroyed) return
    response.write(Buffer.from([byte]))
  }
  response.end()
}
