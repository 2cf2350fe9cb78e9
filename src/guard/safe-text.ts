import { describe, describeSecret } from './likely-secret.ts'

/**
 * Makes text from outside fit for one line of the log, an annotation or a message: one line, no control characters, no
 * direction overrides, no workflow command in the runner's old form (`##[…]`, which it finds anywhere in a line; the `::` form
 * counts only at the start of a line, where our own words stand), and not longer than `maxLength` characters.
 */
export function safeText(text: string, maxLength = 300): string {
  // A copy: a slice would keep the whole text in memory.
  const line = Buffer.from(text.slice(0, maxLength * 4))
    .toString()
    // Cc: controls; Cf: format characters such as bidirectional overrides; Zl, Zp: line and paragraph separators.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll('##[', '# #[')
    .trim()
  if (line.length <= maxLength && text.length <= maxLength * 4) return line
  return `${cutText(line, maxLength - 1).replace(/\p{Cs}$/u, '')}…`
}

/**
 * The beginning of a text. A word that is cut, or stands at the end, is left out where it may be a secret of the job: the
 * runner's masks know whole values only.
 */
export function cutText(text: string, maxLength: number): string {
  const shown = text.slice(0, maxLength)
  const [before = ''] = /(?<![\w+/=.~%-])[\w+/=.~%-]+$/.exec(shown) ?? []
  const [after = ''] = /^[\w+/=.~%-]+/.exec(text.slice(maxLength, maxLength * 2)) ?? []
  return describeSecret(before + after) === undefined ? shown : shown.slice(0, shown.length - before.length)
}

/** The runner's masks know whole values only, so that a longer one is described: cut, a secret would pass them. */
const LONGEST_QUOTE = 120

/**
 * A value as messages show it: in quotes, or described where it is long or may be a secret. Inputs and variables hold
 * secrets by mistake: a document in the place of its path, a token in the place of a name.
 */
export function quoteValue(value: string): string {
  const description = describeSecret(value)
  if (description !== undefined) return description
  return value.length > LONGEST_QUOTE ? describe('a value', value) : `"${safeText(value, LONGEST_QUOTE)}"`
}

/** Messages show less of a page. */
const LONGEST_PAGE_TEXT = 2_000

/** The beginning of what a page of HTML says: without tags, and without what a browser does not show. In linear time. */
export function textOfPage(page: string): string {
  let text = ''
  /** Elements that have no end from here on. */
  const endless = new Set<string>()
  for (let at = 0; at < page.length && text.length < LONGEST_PAGE_TEXT;) {
    const start = page.indexOf('<', at)
    const end = start === -1 ? -1 : page.indexOf('>', start)
    if (end === -1) return text + page.slice(at, at + LONGEST_PAGE_TEXT)
    text += `${page.slice(at, Math.min(start, at + LONGEST_PAGE_TEXT))} `
    at = end + 1
    const name = /^<(head|style|script)\b/i.exec(page.slice(start, start + 8))?.[1]?.toLowerCase()
    if (name === undefined || endless.has(name)) continue
    const closing = new RegExp(`</${name}>`, 'gi')
    closing.lastIndex = at
    if (closing.test(page)) at = closing.lastIndex
    else endless.add(name)
  }
  return text
}

/** A URL as messages show it: without credentials, query and fragment, which may hold secrets. */
export function safeUrl(url: URL): string {
  return safeText(url.origin + url.pathname)
}

/** The error's code, such as `ECONNREFUSED` or OpenSSL's `ERR_SSL_SSL/TLS_ALERT_…`: a fixed vocabulary, unlike its message. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_/]*$/.test(code) ? code : 'UNKNOWN'
}

/** The content type of an answer, where it is one of a form in which nothing secret can stand. */
export function contentType(headers: Readonly<Record<string, string>>): string {
  return (
    /^[a-z]+\/[a-z]{2,10}(\+[a-z]{2,5})?(?=$|[ ;])/.exec(headers['content-type'] ?? '')?.[0] ?? 'none that is known'
  )
}
