import { randomBytes } from 'node:crypto'

export type SecretKind =
  | 'GitHub request token'
  | 'OIDC token'
  | 'assertion'
  | 'federated access token'
  | 'access token'
  | 'ID token'
  | 'signed JWT'
  | 'refresh token'
  | 'client secret'
  | 'private key'
  | 'proxy password'
  | 'AWS secret'
  | 'AWS signature'

export interface Secret {
  readonly kind: SecretKind
  /** One line: of a private key each line of its body is a secret of its own. */
  readonly value: string
}

export interface SecretBook {
  readonly all: readonly Secret[]
  /** @returns the value, so that nothing need be issued without being noted */
  note: (kind: SecretKind, value: string) => string
  /** A new opaque secret. */
  create: (kind: SecretKind, prefix: string, bytes?: number) => string
  /** The lines of a private key in PEM, without its first and last, which are no secret. */
  notePem: (pem: string) => string
}

/** Every secret that this world issued or was given. */
export function createSecretBook(): SecretBook {
  const all: Secret[] = []
  function note(kind: SecretKind, value: string): string {
    all.push({ kind, value })
    return value
  }
  return {
    all,
    note,
    create: (kind, prefix, bytes = 150) => note(kind, prefix + randomBytes(bytes).toString('base64url')),
    notePem(pem) {
      for (const line of pem.split('\n')) if (line !== '' && !line.startsWith('-----')) note('private key', line)
      return pem
    }
  }
}
