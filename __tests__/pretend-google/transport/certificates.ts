import { createRequire } from 'node:module'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { share } from '../shared.ts'
import type * as Issuer from './issued-certificates.ts'

/** A certificate and its private key, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A throw-away certificate authority: ECDSA on P-256, which is quick to generate. */
export interface CertificateAuthority {
  /** Its own certificate, in PEM. */
  readonly cert: string
  /** What a TLS server of that name shows; made once per host. */
  contextFor: (host: string) => SecureContext
  /** The same for a server that wants key and certificate. */
  issueServerCertificate: (host: string) => Certificate
  /** A certificate by which a client identifies itself. */
  issueClientCertificate: (commonName: string) => Certificate
}

/** Loaded where a certificate has to be made, which takes longer than everything else here. */
const load = createRequire(import.meta.url)
const issuer = (): typeof Issuer => load('./issued-certificates.ts') as typeof Issuer

/** Authorities of the same name are the same. */
export function createCertificateAuthority(name: string): CertificateAuthority {
  const root = shareCertificate(`the certificate of ${name}`, () => issuer().issueRoot(name))
  const contexts = new Map<string, SecureContext>()
  const issueServerCertificate = (host: string): Certificate =>
    shareCertificate(`the certificate of ${host} by ${name}`, () => issuer().issueServerCertificate(name, root, host))

  return {
    cert: root.cert,
    contextFor(host) {
      const context = contexts.get(host) ?? createSecureContext(issueServerCertificate(host))
      contexts.set(host, context)
      return context
    },
    issueServerCertificate,
    issueClientCertificate: (subject) => issuer().issueClientCertificate(name, root, subject)
  }
}

function shareCertificate(name: string, make: () => Certificate): Certificate {
  return JSON.parse(share(name, () => JSON.stringify(make()))) as Certificate
}
