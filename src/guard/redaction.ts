import type { Secret } from './secret.ts'

/** A piece of a token that is shorter than this gives nothing away, and may stand in a text by chance. */
const PIECE = 12

export type Redact = (text: string) => string

/**
 * Takes tokens out of a text that the other side wrote: whole, cut, encoded or split. Services echo what they were sent, in
 * error pages, debug headers and logs, and the runner's masks see only whole values.
 *
 * @returns a function that replaces every piece of `PIECE` or more characters of any token with `***`
 */
export function createRedaction(tokens: readonly Secret[]): Redact {
  if (tokens.length === 0) return (text) => text
  const pieces = new Set<string>()
  for (const token of tokens) {
    for (const disguise of disguisesOf(token.reveal())) {
      for (let start = 0; start + PIECE <= disguise.length; start += 1) pieces.add(disguise.slice(start, start + PIECE))
    }
  }
  // Markup may split a token; and a cut token may itself stand between angle brackets.
  return (text) => SEPARATORS.reduce((rest, separators) => redactPieces(rest, pieces, separators), text)
}

/** What may stand between the pieces of a token: escaped line breaks, quotes, commas, dots; in the first round also markup. */
const SEPARATORS = [/<[^<>]{0,80}>|\\{1,4}[nrt]|[^A-Za-z0-9<\\]+|[<\\]/g, /\\{1,4}[nrt]|[^A-Za-z0-9\\]+|\\/g]

function redactPieces(text: string, pieces: ReadonlySet<string>, separators: RegExp): string {
  const { letters, positions } = lettersOf(text, separators)
  let redacted = ''
  let kept = 0
  for (let start = 0; start + PIECE <= letters.length; start += 1) {
    if (!pieces.has(letters.slice(start, start + PIECE))) continue
    const from = start
    while (start + PIECE < letters.length && pieces.has(letters.slice(start + 1, start + 1 + PIECE))) start += 1
    const end = start + PIECE - 1
    redacted += `${text.slice(kept, positions[from])}***`
    kept = (positions[end] ?? text.length) + 1
    start = end
  }
  return redacted + text.slice(kept)
}

/** The forms in which a token may come back, each reduced to the letters that `lettersOf` keeps. */
function disguisesOf(token: string): string[] {
  // A token has ASCII characters only (RFC 7515).
  const characters = Array.from(token)
  const encode = (encoding: 'base64' | 'hex', value: string): string => Buffer.from(value).toString(encoding)
  const forms = [
    token,
    characters.toReversed().join(''),
    token.toLowerCase(),
    token.toUpperCase(),
    encode('hex', token),
    encode('hex', token).toUpperCase(),
    // Base64 depends on where in a larger text the token stands: at any offset modulo three.
    ...[0, 1, 2].map((offset) => encode('base64', ' '.repeat(offset) + token).slice(offset === 0 ? 0 : 4)),
    // Character by character: &#65; and \\u0041 and &#x41; (%41 is hex, as above).
    characters.map((letter) => letter.charCodeAt(0)).join(''),
    ...[(hex: string): string => hex, (hex: string): string => hex.toUpperCase()].flatMap((write) => [
      characters.map((letter) => `u00${write(encode('hex', letter))}`).join(''),
      characters.map((letter) => `x${write(encode('hex', letter))}`).join(''),
      characters.map((letter) => `0x${write(encode('hex', letter))}`).join('')
    ])
  ]
  // Debuggers of JWTs print the signature's bytes.
  const [, signature] = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(token) ?? []
  if (signature !== undefined) {
    const bytes = Buffer.from(signature, 'base64url')
    forms.push(bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.join(''))
  }
  return forms.map((form) => form.replaceAll(/[^A-Za-z0-9]/g, ''))
}

/** The letters and digits of a text, without what separates them, and where they stand in it. */
function lettersOf(text: string, separators: RegExp): { letters: string; positions: Uint32Array } {
  const positions = new Uint32Array(text.length)
  let letters = ''
  let last = 0
  const keep = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1) positions[letters.length + at - from] = at
    letters += text.slice(from, to)
  }
  for (const match of text.matchAll(separators)) {
    keep(last, match.index)
    last = match.index + match[0].length
  }
  keep(last, text.length)
  return { letters, positions }
}
