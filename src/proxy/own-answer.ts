import { STATUS_CODES } from 'node:http'
import type { FailureCode } from '../failure/failure.ts'
import { FAILURE_HEADER } from './answer-headers.ts'
import type { AnswerHead } from './exchange.ts'

/** An answer of the proxy itself: a line of text, marked with its code. */
export interface OwnAnswer extends AnswerHead {
  readonly body: Buffer
}

export function ownAnswer(status: number, code: FailureCode, text: string): OwnAnswer {
  const body = Buffer.from(`${text}\n`)
  return {
    status,
    reason: STATUS_CODES[status] ?? '',
    headers: [
      ...['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)],
      ...[FAILURE_HEADER, code]
    ],
    body
  }
}

/** To a request that is not passed on. @param reason in whole sentences */
export function rejection(status: number, reason: string): OwnAnswer {
  return ownAnswer(status, 'INPUT_INVALID', `The proxy of google-id-token did not pass this request on. ${reason}`)
}
