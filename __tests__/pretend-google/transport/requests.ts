import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { X509Certificate } from 'node:crypto'
import type { Answer } from './answer.ts'

/** A request that arrived, as an endpoint sees it. */
export interface Call {
  readonly host: string
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value, …, as they were sent. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly clientCertificate: X509Certificate | undefined
}

/** Who answers at a host. */
export type Handler = (call: Call) => Answer | Promise<Answer>

/** A request that arrived, as a scenario looks at it afterwards. */
export interface RecordedRequest {
  readonly host: string
  /** CONNECT for a tunnel that did not come about. */
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The subject of the client certificate. */
  readonly clientCertificate?: string
  /** Undefined as long as no answer was sent. */
  readonly answeredStatus: number | undefined
  /** What was sent, or should have been: its delivery may have spoiled it. */
  readonly answer?: Answer
  /** When it arrived and when its answer was sent, in milliseconds since the epoch, by the machine's clock. */
  readonly at: number
  readonly answeredAt?: number
}

/** The machine's clock, fine enough to tell the order of what happens in one millisecond. */
export function readClock(): number {
  return performance.timeOrigin + performance.now()
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A request's entry in the record, of which the body and the answer follow later. */
export type RequestEntry = Writable<RecordedRequest>

export function recordRequest(
  requests: RequestEntry[],
  host: string,
  message: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  clientCertificate?: X509Certificate
): RequestEntry {
  const entry: RequestEntry = {
    host,
    method: message.method ?? '',
    path: message.method === 'CONNECT' ? '' : (message.url ?? ''),
    headers: message.headers,
    body: '',
    ...(clientCertificate === undefined ? {} : { clientCertificate: clientCertificate.subject }),
    answeredStatus: undefined,
    at: readClock()
  }
  requests.push(entry)
  return entry
}

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
