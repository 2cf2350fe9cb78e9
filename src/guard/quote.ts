import { describe, describeSecret } from './likely-secret.ts'
import { safeText } from './safe-text.ts'

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
