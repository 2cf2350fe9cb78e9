import type { IncomingMessage } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { Transform } from 'node:stream'

/** What was read of a body, decoded. */
export interface Body {
  readonly body: Buffer
  /** There was more. */
  readonly truncated: boolean
}

/**
 * Reads at most `limit` bytes of the decoded body and closes the connection behind them. Iterating, unlike http-client's
 * `readBody`, rejects when the connection breaks before the body's end.
 */
export async function readBody(message: IncomingMessage, limit: number): Promise<Body> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of decode(message)) {
    const bytes = chunk as Buffer
    chunks.push(bytes)
    length += bytes.length
    if (length > limit) break
  }
  return { body: Buffer.concat(chunks).subarray(0, limit), truncated: length > limit }
}

/** Decodes piece by piece, so that a small body cannot unfold into a large one at once. */
async function* decode(message: IncomingMessage): AsyncGenerator {
  const coding = message.headers['content-encoding']?.trim().toLowerCase() ?? ''
  const createDecoder = coding === '' ? undefined : await findDecoder(coding)
  if (createDecoder === undefined) {
    yield* message
    return
  }
  const pieces = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await pieces.next()
  // No body, as with HEAD or 204: there is nothing to decode, whatever the header says.
  if (first.done === true) return
  // An error reaches whoever reads from the decoder.
  yield* pipeline(Readable.from(resume(first.value, pieces)), createDecoder(), () => undefined)
}

/** Content codings: RFC 9110, 8.4.1. Nobody is asked for one, so that the decoders are loaded only where one comes anyway. */
async function findDecoder(coding: string): Promise<(() => Transform) | undefined> {
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib')
  const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress }
  return Object.hasOwn(decoders, coding) ? decoders[coding as keyof typeof decoders] : undefined
}

async function* resume(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* { [Symbol.asyncIterator]: () => rest }
}
