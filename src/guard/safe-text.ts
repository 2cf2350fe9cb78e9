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
  return `${line.slice(0, maxLength - 1).replace(/\p{Cs}$/u, '')}…`
}

/** A URL as messages show it: without credentials, query and fragment, which may hold secrets. */
export function safeUrl(url: URL): string {
  return safeText(url.origin + url.pathname)
}

/** The error's code, such as `ECONNREFUSED`: a fixed vocabulary, unlike its message. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'UNKNOWN'
}
