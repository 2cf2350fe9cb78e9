import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { share } from '../shared.ts'

export interface SigningKey {
  readonly id: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const keys = new Map<string, SigningKey>()

/** The RSA key of somebody who signs tokens: Google, an issuer by its URL, the n-th key of service accounts. */
export function signingKeyOf(owner: string): Promise<SigningKey> {
  const key = keys.get(owner) ?? makeKey(owner)
  keys.set(owner, key)
  return Promise.resolve(key)
}

function makeKey(owner: string): SigningKey {
  const pem = share(`the RSA key of ${owner}`, () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  })
  const privateKey = createPrivateKey(pem)
  const publicKey = createPublicKey(privateKey)
  const id = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
  return { id, publicKey, privateKey }
}
