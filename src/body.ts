import type { IncomingMessage } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** What was read of a body, decoded. */
export interface Body {
  readonly body: Buffer
  /** There was more. */
  readonly truncated: boolean
}

/** Content codings: RFC 9110, 8.4.1. */
const DECODERS = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress }

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
  if (!Object.hasOwn(DECODERS, coding)) {
    yield* message
    return
  }
  const pieces = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await pieces.next()
  // No body, as with HEAD or 204: there is nothing to decode, whatever the header says.
  if (first.done === true) return
  const decoder = DECODERS[coding as keyof typeof DECODERS]()
  // An error reaches whoever reads from the decoder.
  yield* pipeline(Readable.from(resume(first.value, pieces)), decoder, () => undefined)
}

async function* resume(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* { [Symbol.asyncIterator]: () => rest }
}
