import { inspect } from 'node:util'
import { setSecret } from '@actions/core'

/**
 * Shorter values are never masked: the runner replaces a mask wherever it finds it, and one such as "True" would take words
 * out of every log of the job and empty its outputs.
 */
const SHORTEST_MASK = 6

/** In several lines that are no key there may be words; these are too long for one. */
const SHORTEST_UNKNOWN_LINE = 16

let make: (value: string) => Secret

/** What the runner was told to mask. It turns into text by `reveal()` alone, which lint allows where a secret has to go out. */
export class Secret {
  static {
    make = (value) => new Secret(value)
  }

  readonly #value: string

  private constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  matches(pattern: RegExp): boolean {
    return pattern.test(this.#value)
  }

  /** Credentials for a header: RFC 6750, 2.1. */
  asBearer(): Secret {
    return this.within('Bearer ', '')
  }

  /** A longer text in which nothing else is secret, and which therefore is not masked itself. */
  within(before: string, after: string): Secret {
    return new Secret(before + this.#value + after)
  }

  /** Basic credentials (RFC 7617) of a user whose password this is. */
  asPasswordOf(user: string): Secret {
    return new Secret(`Basic ${Buffer.from(`${user}:${this.#value}`).toString('base64')}`)
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return '***'
  }
}

/** The only maker of secrets, which knows every one that passed through the action. */
export interface Masks {
  /** Tells the runner to mask a value, and makes it a secret, without blanks around it. */
  readonly keep: (value: string) => Secret
  /** Everything that was masked so far. */
  readonly known: () => readonly Secret[]
}

/** Masks that the runner applies to the log of the whole job. */
export function createMasks(register: (mask: string) => void = setSecret): Masks {
  const masked = new Map<string, Secret>()
  return {
    keep(untrimmed) {
      const value = untrimmed.trim()
      const fresh = new Set(findMasks(value).filter((mask) => mask.length >= SHORTEST_MASK && !masked.has(mask)))
      for (const mask of fresh) {
        // One command for each: other runners than GitHub's own, such as act's, do not split a value into lines.
        register(mask)
        masked.set(mask, make(mask))
      }
      return masked.get(value) ?? make(value)
    },
    known: () => [...masked.values()]
  }
}

/** What has to be masked so that a value cannot be used: single lines, and no ordinary words. */
function findMasks(value: string): string[] {
  const armor = /-----[^-]*-----/g
  if (/[\r\n]|-----/.test(value)) {
    const words = value.replaceAll(armor, ' ').split(/\\n|%0[AD]|\s+/)
    // A key in PEM, but not its "-----BEGIN …-----", which is no secret; or base64 in lines.
    const shortest = value.includes('-----') || words.every(isBase64) ? SHORTEST_MASK : SHORTEST_UNKNOWN_LINE
    return words.filter((word) => word.length >= shortest && isBase64(word))
  }
  // Credentials of a header (RFC 9110, 11.4); those of Basic hold a password (RFC 7617).
  const [, scheme = '', credentials] = /^(\w+) +(\S+)$/.exec(value) ?? []
  if (credentials !== undefined) {
    const [, password] = /^[^:]*:(.*)$/.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? []
    return [
      ...findMasks(credentials),
      ...(scheme.toLowerCase() === 'basic' && password !== undefined ? [password] : [])
    ]
  }
  // Of a JWT (RFC 7515, 7.1) also the signature, without which the rest is worthless.
  const [, signature] = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(value) ?? []
  return [value, ...(signature === undefined ? [] : [signature])]
}

function isBase64(word: string): boolean {
  return /^[\w+/=-]*$/.test(word)
}
