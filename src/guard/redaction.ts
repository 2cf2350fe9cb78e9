import type { Secret } from './secret.ts'

/** A piece of a secret that is shorter than this gives nothing away, and may stand in a text by chance. */
const PIECE = 12

/** Every piece holds a seed that begins at a multiple of the stride: those alone are looked up, and the rest is compared. */
const SEED = 8
const STRIDE = PIECE - SEED + 1

/** How many places with the same seed are compared: more are found only in secrets that repeat themselves. */
const MOST_PLACES = 8

/** Of a longer secret all of it is known as it is, but in disguise only its end, where a JWT has its signature. */
const DISGUISED_CHARACTERS = 32 * 1024

/** A shorter secret could be a word. */
const SHORTEST_SECRET = 6

export type Redact = (text: string) => string

/**
 * Takes secrets out of a text that the other side wrote: whole, cut, encoded or split. Services echo what they were sent, in
 * error pages, debug headers and logs, and the runner's masks see only whole values. The threat model lists what is undone.
 * Time and memory grow with the text and the secrets, and no faster.
 *
 * @returns a function that replaces every piece of `PIECE` or more letters of any secret with `***`
 */
export function createRedaction(secrets: readonly Secret[]): Redact {
  const values = secrets.map((secret) => secret.reveal())
  const short = values.filter((value) => value.length >= SHORTEST_SECRET && lettersOf(value).length < PIECE)
  let index: Index | undefined
  return (text) => {
    const rest = short.reduce((left, value) => left.replaceAll(value, '***'), text)
    if (rest.length < PIECE || short.length === values.length) return rest
    index ??= createIndex(values.flatMap(disguisesOf))
    const covered = new Uint8Array(rest.length)
    // Markup may split a secret; and a cut one may itself stand between angle brackets.
    coverPieces(readLetters(rest, true), index, covered)
    if (rest.includes('<')) coverPieces(readLetters(rest, false), index, covered)
    return replaceCovered(rest, covered)
  }
}

/** The forms in which a secret may come back, each reduced to letters and digits. */
function disguisesOf(secret: string): string[] {
  const bytes = Buffer.from(secret).subarray(-DISGUISED_CHARACTERS)
  const end = bytes.toString('latin1')
  // Where the encoded bytes do not begin with the secret, what is encoded together with bytes before it is left out.
  const behind = (count: number): Buffer => Buffer.concat([Buffer.alloc(count), bytes])
  const forms = [
    secret,
    Array.from(end).reverse().join(''),
    bytes.toString('hex'),
    Array.from(bytes, (byte) => `0x${byte.toString(16)}`).join(''),
    bytes.join(''),
    ...[0, 1, 2].map((count) =>
      behind(count)
        .toString('base64')
        .slice(count === 0 ? 0 : 4)
    ),
    ...[0, 1, 2, 3, 4].map((count) => toBase32(behind(count)).slice(count === 0 ? 0 : 8))
  ]
  // Debuggers of JWTs print the signature's bytes.
  const [, signature] = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(secret) ?? []
  if (signature !== undefined) {
    const raw = Buffer.from(signature, 'base64url')
    forms.push(raw.toString('hex'), raw.join(''))
  }
  return forms.map(lettersOf)
}

function lettersOf(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, '')
}

/** RFC 4648, 6. */
function toBase32(bytes: Buffer): string {
  const letters: string[] = []
  let [value, bits] = [0, 0]
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5)
      letters.push('abcdefghijklmnopqrstuvwxyz234567'.charAt((value >>> (bits - 5)) & 31))
  }
  return letters.join('')
}

const NO_LETTER = 255

/** Of letters, in lower case, and of digits. */
const CODES = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).toLowerCase()
  return /[a-z\d]/.test(character) ? character.charCodeAt(0) : NO_LETTER
})

function codeOf(character: number): number {
  return CODES[character] ?? NO_LETTER
}

/** Seeds of all the forms by their hash, as a table with chains. */
interface Index {
  readonly codes: Uint8Array
  /** By hash: the number of the seed that was added last, plus one. */
  readonly heads: Int32Array
  /** By seed: the number of the one before it with the same hash, plus one. */
  readonly chain: Int32Array
}

function createIndex(forms: readonly string[]): Index {
  // What stands between two forms is no letter of a text, so that no piece goes from one to the other.
  const codes = Buffer.from(forms.join(' ').toLowerCase())
  const chain = new Int32Array(Math.ceil(codes.length / STRIDE))
  const heads = new Int32Array(2 ** Math.ceil(Math.log2(2 * chain.length)))
  for (let seed = 0; seed * STRIDE + SEED <= codes.length; seed += 1) {
    const start = seed * STRIDE
    const slot = hash(codes, start) & (heads.length - 1)
    chain[seed] = heads[slot] ?? 0
    heads[slot] = seed + 1
  }
  return { codes, heads, chain }
}

/** Of the seed that begins there (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/). */
function hash(codes: Uint8Array, start: number): number {
  let value = 0x811c9dc5
  for (let at = start; at < start + SEED; at += 1) value = Math.imul(value ^ (codes[at] ?? 0), 0x01000193)
  return value ^ (value >>> 15)
}

/** The letters of a text, without what separates them, and which part of it each one is. */
interface Letters {
  readonly codes: Uint8Array
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

/** One character that was written otherwise: references of HTML, escapes of URLs, JSON, JavaScript and C, also twice over. */
const ESCAPE =
  /&(?:amp;)*(?:#x0*([\da-f]{1,4});?|#0*(\d{1,5});?|[a-z][a-z\d]{1,30};)|%(?:25)*([\da-f]{2})|\\{1,8}(?:u\{?0{0,8}([\da-f]{1,4})\}?|x([\da-f]{2})|([0-3]?[0-7]{2})|[nrtbfv0])/iy

/** @param markup whether what stands between angle brackets is left out */
function readLetters(text: string, markup: boolean): Letters {
  const codes = new Uint8Array(text.length)
  const starts = new Uint32Array(text.length)
  const ends = new Uint32Array(text.length)
  let count = 0
  let [nextOpen, nextClose] = [-1, -1]
  for (let at = 0; at < text.length;) {
    const character = text[at] ?? ''
    let end = at + 1
    let code = codeOf(text.charCodeAt(at))
    if (character === '<' && markup) {
      // Each is looked for once only, however many there are of the other.
      if (nextOpen <= at) nextOpen = indexFrom(text, '<', at + 1)
      if (nextClose <= at) nextClose = indexFrom(text, '>', at + 1)
      if (nextClose < nextOpen) end = nextClose + 1
    } else if (character === '&' || character === '%' || character === '\\') {
      ESCAPE.lastIndex = at
      const [escape, hex, decimal, percent, unicode, byte, octal] = ESCAPE.exec(text) ?? []
      if (escape !== undefined) {
        end = at + escape.length
        const digits = hex ?? percent ?? unicode ?? byte
        code = codeOf(
          digits === undefined
            ? Number.parseInt(decimal ?? octal ?? '', decimal === undefined ? 8 : 10)
            : Number.parseInt(digits, 16)
        )
      }
    }
    if (code !== NO_LETTER) {
      codes[count] = code
      starts[count] = at
      ends[count] = end
      count += 1
    }
    at = end
  }
  return { codes: codes.subarray(0, count), starts, ends }
}

function indexFrom(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found === -1 ? text.length : found
}

/** Marks what the pieces among the letters cover of the text, with what separates their letters. */
function coverPieces({ codes, starts, ends }: Letters, index: Index, covered: Uint8Array): void {
  let last = 0
  for (let at = 0; at + SEED <= codes.length; at += 1) {
    const [start, end] = findPiece(codes, at, index)
    if (end - start < PIECE || end <= last) continue
    covered.fill(1, starts[start], ends[end - 1])
    // Another piece that begins within this one ends behind it, and is found by its last letters.
    last = end
    at = Math.max(at, end - PIECE)
  }
}

/** The longest piece around a seed; an empty one where there is none. */
function findPiece(codes: Uint8Array, at: number, { codes: known, heads, chain }: Index): readonly [number, number] {
  let longest: readonly [number, number] = [at, at]
  let seed = heads[hash(codes, at) & (heads.length - 1)] ?? 0
  for (let places = 0; seed !== 0 && places < MOST_PLACES; places += 1) {
    const place = (seed - 1) * STRIDE
    let [before, after] = [0, 0]
    while (codes[at + after] !== undefined && codes[at + after] === known[place + after]) after += 1
    if (after >= SEED) {
      while (before < PIECE && at > before && codes[at - before - 1] === known[place - before - 1]) before += 1
      if (before + after > longest[1] - longest[0]) longest = [at - before, at + after]
    }
    seed = chain[seed - 1] ?? 0
  }
  return longest
}

function replaceCovered(text: string, covered: Uint8Array): string {
  const parts: string[] = []
  let kept = 0
  for (let from = covered.indexOf(1); from !== -1; from = covered.indexOf(1, kept)) {
    parts.push(text.slice(kept, from), '***')
    const end = covered.indexOf(0, from)
    kept = end === -1 ? text.length : end
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(kept)
}
