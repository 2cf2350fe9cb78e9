import type { IncomingMessage } from 'node:http'
import process from 'node:process'
import { pipeline, type Transform } from 'node:stream'
import type { Zlib } from 'node:zlib'
import { codeOf } from '../guard/safe-text.ts'

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
  const decoder = createDecoder(message.headers['content-encoding']?.trim().toLowerCase() ?? '')
  if (decoder === undefined) {
    yield* message
    return
  }
  try {
    yield* pipeline(message, decoder, () => undefined)
  } catch (error) {
    // No body, as with HEAD or 204: there was nothing to decode, whatever the header says.
    if (!message.complete || decoder.bytesWritten > 0 || codeOf(error) !== 'Z_BUF_ERROR') throw error
  }
}

/** Content codings: RFC 9110, 8.4.1. None is asked for, so that the decoders are loaded only where one comes anyway. */
function createDecoder(coding: string): (Transform & Zlib) | undefined {
  if (coding === '') return undefined
  const { createBrotliDecompress, createGunzip, createInflate } = process.getBuiltinModule('node:zlib')
  const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress }
  return Object.hasOwn(decoders, coding) ? decoders[coding as keyof typeof decoders]() : undefined
}
