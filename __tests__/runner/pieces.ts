import type { Secret } from '../pretend-google/tokens/secrets.ts'

/** Fewer letters of a secret are worth nothing, and may well turn up by chance. */
const PIECE = 16

/** Every piece of a secret holds a seed that begins at a multiple of the stride. */
const SEED = 8
const STRIDE = PIECE - SEED + 1

interface Place {
  readonly secret: Secret
  /** Letters and digits of one form of the secret. */
  readonly letters: string
  readonly at: number
}

/**
 * Finds pieces of secrets, as they are, in base64 and in hex, whatever stands between their letters and whatever their case. Its
 * time grows with the secrets and the texts, and no faster.
 *
 * @param sensitivePart of a secret, without which the rest of it is worthless
 * @returns the secret of which a text shows a piece
 */
export function createPieceFinder(
  secrets: readonly Secret[],
  sensitivePart: (secret: Secret) => string
): (text: string) => Secret | undefined {
  const places = new Map<string, Place[]>()
  // A few letters alone may stand there by chance.
  const short = secrets.filter((secret) => squeeze(sensitivePart(secret)).length < PIECE)
  for (const secret of secrets) {
    for (const letters of formsOf(sensitivePart(secret))) {
      for (let at = 0; at + SEED <= letters.length; at += STRIDE) {
        const seed = letters.slice(at, at + SEED)
        const same = places.get(seed) ?? []
        if (same.push({ secret, letters, at }) === 1) places.set(seed, same)
      }
    }
  }
  return (text) => {
    const shown = short.find(({ value }) => text.includes(value))
    if (shown !== undefined) return shown
    const letters = squeeze(text)
    for (let at = 0; at + SEED <= letters.length; at += 1) {
      const found = places.get(letters.slice(at, at + SEED))?.find((place) => sharedAround(letters, at, place) >= PIECE)
      if (found !== undefined) return found.secret
    }
    return undefined
  }
}

/** How many letters around a seed are the same in the text and in the secret. */
function sharedAround(text: string, start: number, { letters, at }: Place): number {
  let before = 0
  while (before < PIECE && at > before && text[start - before - 1] === letters[at - before - 1]) before += 1
  let after = 0
  while (after < PIECE && at + after < letters.length && text[start + after] === letters[at + after]) after += 1
  return before + after
}

/** By value: keys are the same in every world of a process. */
const forms = new Map<string, readonly string[]>()

/** Letters and digits of the value, and of those characters of its encodings that depend on it alone, wherever in a document it stands. */
function formsOf(value: string): readonly string[] {
  const known = forms.get(value)
  if (known !== undefined) return known
  const bytes = Buffer.from(value)
  const encoded = [0, 1, 2].map((before) => {
    const bits = 8 * (before + bytes.length)
    const base64 = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return base64.slice(Math.ceil((8 * before) / 6), Math.floor(bits / 6))
  })
  const found = [value, ...encoded, bytes.toString('hex')].map(squeeze)
  forms.set(value, found)
  return found
}

/** Letters and digits alone, in one case: a piece that was split or written in capitals is a piece. */
function squeeze(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
