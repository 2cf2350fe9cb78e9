import { Secret } from './secret.ts'

/** A JSON object from outside, of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * The value that `text` holds, or undefined where it is not JSON. The parser's message is dropped: it quotes the text. A byte
 * order mark before it is ignored, as RFC 8259, 8.1, allows.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  } catch {
    return undefined
  }
}

type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown

/**
 * The same, with a bigint for every integer beyond 2^53, which a double holds only roughly: ids and times in nanoseconds are
 * often as long. The parser tells what was written: https://github.com/tc39/proposal-json-parse-with-source
 *
 * @throws {RangeError} where such integers stand some thousand levels deep
 */
export function parseExactJson(text: string): unknown {
  const value = parseJson(text)
  // Without a reviver the parser stands any depth, and is quick.
  if (value === undefined || !/\d{16}|\de/i.test(text)) return value
  const keepDigits: Reviver = (_name, member, { source = '' }) =>
    isRounded(member) ? (exactInteger(source) ?? member) : member
  return JSON.parse(text.replace(/^\uFEFF/, ''), keepDigits as (name: string, value: unknown) => unknown) as unknown
}

/** Whether a double is beyond 2^53, and need not be what was written or calculated. */
export function isRounded(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
}

/** @returns undefined for a number with a fraction, or beyond what a double holds, which might fill all memory */
function exactInteger(source: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source) ?? []
  const digits = whole + fraction
  const end = whole.length + Number(exponent)
  if (!Number.isFinite(Number(source)) || /[1-9]/.test(digits.slice(end))) return undefined
  return BigInt(sign + digits.slice(0, end).padEnd(end, '0'))
}

/** The JSON of a value that `parseExactJson` gave, or what was made of it. @throws {Error} for a number without end */
export function writeExactJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (member === Infinity || member === -Infinity) throw new Error('a number beyond 1e308 is not read')
    return typeof member === 'bigint' ? (JSON as unknown as RawJson).rawJSON(`${member}`) : member
  })
}

interface RawJson {
  rawJSON: (text: string) => unknown
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret)
}

/** The object that `text` holds; an empty one where it holds anything else. */
export function parseObject(text: string): JsonObject {
  const value = parseJson(text)
  return isObject(value) ? value : {}
}

/** A member that is an object; an empty one otherwise. */
export function objectIn(json: unknown, name: string): JsonObject {
  const value = memberOf(json, name)
  return isObject(value) ? value : {}
}

/** A member that is a string with something in it. */
export function stringIn(json: unknown, name: string): string | undefined {
  const value = memberOf(json, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A member that is a secret, where the JSON went through `seal`; no other function here finds one. */
export function secretIn(json: unknown, name: string): Secret | undefined {
  const value = memberOf(json, name)
  return value instanceof Secret ? value : undefined
}

function memberOf(json: unknown, name: string): unknown {
  return isObject(json) ? json[name] : undefined
}
