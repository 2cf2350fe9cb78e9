import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, constants } from 'node:zlib'
import type { Readable } from 'node:stream'
import { callFailed } from '../call/failures/service.ts'
import type { FailedCall } from '../call/failures/failed-call.ts'
import { iapClientId, whoAnswered } from '../call/responder.ts'
import type { Responder } from '../call/responder.ts'
import type { Failure } from '../failure/failure.ts'
import type { Answer } from '../world/outcome.ts'
import type { AnswerHead } from './exchange.ts'
import { toPairs } from './raw-headers.ts'

/** Refusals of Google's are pages of some hundred bytes. */
const LONGEST_REFUSAL_BYTES = 16 * 1024

/** For how long an answer is held back because it may be a refusal. An application may take its time over an error's body. */
const LONGEST_WAIT_MS = 1_000

/** The beginning of a body that was held back. */
export interface Beginning {
  readonly bytes: Buffer
  /** That was all of it. */
  readonly ended: boolean
}

export const NOTHING: Beginning = { bytes: Buffer.alloc(0), ended: false }

/** Whether the body has to be seen before anything can be said of who answered. */
export function mayBeRefusal(status: number): boolean {
  return status >= 400
}

/** Reads as much of a body as a refusal can have, and leaves the rest. A body that breaks off has no end. */
export async function readBeginning(body: Readable): Promise<Beginning> {
  return await new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const timer = setTimeout(settle, LONGEST_WAIT_MS)

    function settle(): void {
      clearTimeout(timer)
      body.off('data', onData).off('end', settle).off('close', settle)
      body.pause()
      resolve({ bytes: Buffer.concat(chunks), ended: body.readableEnded })
    }

    function onData(chunk: Buffer): void {
      chunks.push(chunk)
      length += chunk.length
      if (length >= LONGEST_REFUSAL_BYTES) settle()
    }

    body.on('data', onData).once('end', settle).once('close', settle)
  })
}

/** Who gave an answer, as far as the answer itself tells: one without a body, as to HEAD, may be the application's. */
export async function findResponder(
  answer: AnswerHead,
  beginning: Beginning
): Promise<{ responder: Responder; text: string; headers: Record<string, string> }> {
  const headers = joinHeaders(answer)
  const text = await decode(beginning.bytes, headers['content-encoding'])
  const judged: Answer = {
    answered: true,
    status: answer.status,
    headers,
    body: Buffer.from(text),
    truncated: !beginning.ended,
    milliseconds: 0
  }
  return { responder: whoAnswered(judged, text), text, headers }
}

/** The failure in the words of the action. */
export function describeRefusal(
  failed: Omit<FailedCall, 'attempt' | 'attempts' | 'clientId' | 'exists'>,
  status: number,
  { responder, text, headers }: { responder: Responder; text: string; headers: Record<string, string> }
): Failure {
  const clientId = iapClientId({ headers })
  const answered = { answered: true, status, headers, milliseconds: 0 } as const
  const attempt = { ...answered, text, responder, clientId, verdicts: [], accepted: false }
  return callFailed({ ...failed, attempt, attempts: 1, clientId, exists: undefined })
}

function joinHeaders({ headers }: AnswerHead): Record<string, string> {
  const joined = Object.create(null) as Record<string, string>
  for (const [name, value] of toPairs(headers)) {
    const before = joined[name.toLowerCase()]
    joined[name.toLowerCase()] = before === undefined ? value : `${before}, ${value}`
  }
  return joined
}

/** Browsers ask for compressed answers, and Google compresses its refusals too. What cannot be decoded tells nothing. */
async function decode(bytes: Buffer, coding = ''): Promise<string> {
  const decoders = {
    gzip: promisify(gunzip),
    deflate: promisify(inflate),
    br: promisify(brotliDecompress)
  }
  const name = coding.trim().toLowerCase()
  if (name === '' || !Object.hasOwn(decoders, name)) return bytes.toString('utf8')
  const flush = name === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH
  const options = { finishFlush: flush, maxOutputLength: 8 * LONGEST_REFUSAL_BYTES }
  const decoded = await decoders[name as keyof typeof decoders](bytes, options).catch(() => Buffer.alloc(0))
  return decoded.toString('utf8')
}
