import { createHash, generateKeyPair } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export interface SigningKey {
  readonly id: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** RSA keys take long to generate, so that all worlds of one process share them. */
const keys = new Map<string, Promise<SigningKey>>()

/** The RSA key of somebody who signs tokens: Google, an issuer by its URL, the n-th key of service accounts. */
export function signingKeyOf(owner: string): Promise<SigningKey> {
  const known = keys.get(owner)
  if (known !== undefined) return known
  const key = generate()
  keys.set(owner, key)
  return key
}

async function generate(): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const id = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
  return { id, publicKey, privateKey }
}
