import type { SealedAnswer } from '../world/outcome.ts'
import { isObject, objectIn, stringIn, type JsonObject } from '../guard/json.ts'
import { safeText } from '../guard/safe-text.ts'

/** What a token endpoint says when it refuses, in the two forms that Google uses. Every text in it is safe to show. */
export interface Refusal {
  readonly status: number
  /** OAuth's error code (RFC 6749, 5.2), such as `invalid_grant`, or the status name of a Google API, such as `NOT_FOUND`. */
  readonly code: string
  /** The explanation that came with it; the beginning of the body where that is no JSON. */
  readonly message: string
  /** `reason` of google.rpc.ErrorInfo (https://cloud.google.com/apis/design/errors#error_info), such as `SERVICE_DISABLED`. */
  readonly reason: string
  /** `metadata` of all that the answer says, such as the permission that is missing. */
  readonly metadata: JsonObject
  /** Pages of Google's that the answer names (google.rpc.Help), such as a troubleshooter with the values filled in. */
  readonly links: readonly string[]
  /** Google's clock, in milliseconds since the epoch, where the answer has a `Date`. */
  readonly googleTime: number | undefined
}

export function readRefusal(answer: SealedAnswer): Refusal {
  const date = Date.parse(answer.headers['date'] ?? '')
  const common = { status: answer.status, googleTime: Number.isNaN(date) ? undefined : date }
  const error = objectIn(answer.json, 'error')
  if (Object.keys(error).length > 0) {
    const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : []
    const info = details.find((detail) => stringIn(detail, 'reason') !== undefined) ?? {}
    return {
      ...common,
      code: safeText(stringIn(error, 'status') ?? ''),
      message: safeText(stringIn(error, 'message') ?? ''),
      reason: safeText(stringIn(info, 'reason') ?? ''),
      metadata: Object.assign({}, ...details.map((detail) => objectIn(detail, 'metadata'))) as JsonObject,
      links: details.flatMap(readLinks)
    }
  }
  const code = stringIn(answer.json, 'error')
  return {
    ...common,
    code: safeText(code ?? ''),
    message: safeText(
      stringIn(answer.json, 'error_description') ?? stringIn(answer.json, 'message') ?? answer.text,
      500
    ),
    reason: safeText(stringIn(answer.json, 'error_subtype') ?? ''),
    metadata: {},
    links: []
  }
}

/** @returns only what leads to Google */
function readLinks(detail: JsonObject): string[] {
  const links = Array.isArray(detail['links']) ? detail['links'].filter(isObject) : []
  return links
    .map((link) => safeText(stringIn(link, 'url') ?? ''))
    .filter((link) => /^https:\/\/(?:[a-z0-9-]+\.)*google\.com\/[\w./?=&%:;#-]*$/.test(link))
}

/** The refusal as one line: what Google answered, in its own words. */
export function quoteRefusal(refusal: Refusal): string {
  return [`${refusal.status}`, refusal.code, refusal.message, ...refusal.links].filter((part) => part !== '').join(' ')
}

/** The same as part of a sentence: without the status and the full stop at its end. */
export function quoteWords({ status, code, message }: Refusal): string {
  const words = (message === '' ? code : message).replace(/\.+$/, '')
  return words === '' ? `status ${status} without a reason` : `"${words}"`
}

/** The project that a refusal is about, by its id or its number. */
export function projectIn({ metadata, message }: Refusal): string {
  return /projects?[/ ](\w[\w-]*)/.exec(`${stringIn(metadata, 'consumer') ?? ''} ${message}`)?.[1] ?? 'PROJECT'
}
