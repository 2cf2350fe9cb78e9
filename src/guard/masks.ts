import { setSecret } from '@actions/core'

/**
 * Shorter values are never masked: the runner replaces a mask wherever it finds it, and one such as "True" would take words
 * out of every log of the job and empty its outputs.
 */
const SHORTEST_MASK = 6

/** The one place that registers masks, and that knows every secret which passed through the action. */
export interface Masks {
  /** Registers an opaque secret of one line: an access token, a refresh token, a client secret. */
  add: (secret: string) => void
  /** Registers a token; of a JWT also the signature by itself, without which the rest is worthless. */
  addJwt: (jwt: string) => void
  /** Registers the lines of a PEM private key, but not its "-----BEGIN …-----", which is no secret. */
  addPrivateKey: (pem: string) => void
  /** Everything registered so far. */
  known: () => readonly string[]
}

/** Masks that the runner applies to the log of the whole job. */
export function createMasks(register: (secret: string) => void = setSecret): Masks {
  const secrets = new Set<string>()

  /** The runner masks each line of a value by itself, so that one command serves for all. */
  function addLines(lines: readonly string[]): void {
    const fresh = lines.filter((line) => line.length >= SHORTEST_MASK && !secrets.has(line))
    if (fresh.length === 0) return
    for (const line of fresh) secrets.add(line)
    register(fresh.join('\n'))
  }

  function add(secret: string): void {
    addLines([secret.trim()])
  }

  return {
    add,
    addJwt(jwt) {
      add(jwt)
      // RFC 7515, 7.1: three parts in base64url. The third part of any other token could be an ordinary word.
      const [, signature] = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(jwt) ?? []
      if (signature !== undefined) add(signature)
    },
    addPrivateKey(pem) {
      addLines(pem.replaceAll(/-----[^-]*-----/g, ' ').split(/\\n|\s+/))
    },
    known: () => [...secrets]
  }
}
