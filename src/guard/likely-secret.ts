import { TOKEN_BEGINNING } from './token-shapes.ts'

/** What a value is that may be a secret, without any piece of it; undefined for every other one. */
export function describeSecret(value: string): string | undefined {
  const text = value.trim()
  // A bracket may also begin a pattern, such as [a-z]+.
  if (/^(?:\{|\[[\s"{[])/.test(text)) return describe('a JSON document', text)
  if (text.includes('-----BEGIN')) return describe('a key in PEM', text)
  if (TOKEN_BEGINNING.test(text)) return describe('a token', text)
  if (isEncoded(text)) return describe('base64 of a document or key', text)
  return isRandom(text) ? describe('a value that looks like a key', text) : undefined
}

/** A value without any piece of it. */
export function describe(what: string, text: string): string {
  return `${what} (${text.length.toLocaleString('en')} characters)`
}

/** Base64, alone or twice, of a JSON document or a key in PEM. */
function isEncoded(text: string): boolean {
  if (text.length < 16 || !/^[\w+/=\s-]+$/.test(text)) return false
  const once = Buffer.from(text.slice(0, 200), 'base64').toString('latin1')
  return [once, Buffer.from(once, 'base64').toString('latin1')].some((decoded) =>
    /^\s*([{[][\s"{[]|-----BEGIN)/.test(decoded)
  )
}

/**
 * Letters of both cases and digits in one long word, or many hexadecimal digits: no person writes such names by hand. The word
 * may have slashes and hyphens (RFC 4648, 4 and 5), as paths and names have; but there few letters are followed by one of
 * another kind.
 */
function isRandom(text: string): boolean {
  const words: readonly string[] = text.match(/[\w+/-]{20,}/g) ?? []
  return words.some(
    (word) =>
      /^[\da-f]{32,}$/i.test(word) ||
      word.split(/[/-]/).some((part) => part.length >= 20 && hasAllKinds(part)) ||
      (hasAllKinds(word) && countChanges(word) * 3 > word.length)
  )
}

function hasAllKinds(word: string): boolean {
  return [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(word))
}

/** How often a small letter, a capital or a digit is followed by one of another kind. */
function countChanges(word: string): number {
  return word.match(/[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g)?.length ?? 0
}
