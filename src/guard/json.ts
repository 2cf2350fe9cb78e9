import { Secret } from './secret.ts'

/** A JSON object from outside, of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The value that `text` holds, or undefined where it is not JSON. The parser's message is dropped: it quotes the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
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
