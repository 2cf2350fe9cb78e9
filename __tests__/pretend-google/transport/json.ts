/** A JSON object, or the claims of a JWT. */
export type JsonObject = Readonly<Record<string, unknown>>

/** @returns undefined where the text is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** @returns undefined where the text is no JSON object */
export function parseObject(text: string): JsonObject | undefined {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}
