import { errorPage } from '../services/pages.ts'
import { answerJson } from '../transport/answer.ts'
import type { Answer } from '../transport/answer.ts'
import { Refusal } from '../transport/refusal.ts'

/** RFC 6749, 5.2, as Google's token endpoints word it. */
export function refuseGrant(
  status: 400 | 401,
  error: string,
  description?: string,
  more: Readonly<Record<string, string>> = {}
): Refusal {
  return new Refusal(
    answerJson(status, { error, ...(description === undefined ? {} : { error_description: description }), ...more })
  )
}

interface ErrorInfo {
  readonly reason: string
  readonly domain: string
  readonly metadata?: Readonly<Record<string, string>>
}

const STATUS_CODES = { INVALID_ARGUMENT: 400, UNAUTHENTICATED: 401, PERMISSION_DENIED: 403, NOT_FOUND: 404 } as const

/** https://cloud.google.com/apis/design/errors#http_mapping */
export function refuseApiCall(status: keyof typeof STATUS_CODES, message: string, info?: ErrorInfo): Refusal {
  const code = STATUS_CODES[status]
  const details =
    info === undefined ? {} : { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', ...info }] }
  return new Refusal(answerJson(code, { error: { code, message, status, ...details } }))
}

/** The page by which Google's front ends say that there is nothing. */
export function answerNotFound(path: string): Answer {
  const requested = path.replaceAll('<', '&lt;')
  return errorPage(404, 'Not Found', `The requested URL <code>${requested}</code> was not found on this server.`)
}
