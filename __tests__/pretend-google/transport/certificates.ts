import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import {
  bitString,
  boolean,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tagged,
  utcTime,
  utf8String
} from './der.ts'

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

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
const DAY_MS = 24 * 60 * 60 * 1000

/** Creates an authority whose key never leaves this process. */
export function createCertificateAuthority(commonName: string): CertificateAuthority {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const contexts = new Map<string, SecureContext>()

  function issue(subject: string, publicKey: KeyObject, extensions: readonly Uint8Array[]): string {
    const now = Date.now()
    // The fields of TBSCertificate: RFC 5280, 4.1.
    const certificate = sequence(
      tagged(0, integer(Buffer.from([2]))),
      // The first byte keeps the number from having leading zeros.
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ECDSA_WITH_SHA256,
      name(commonName),
      sequence(utcTime(new Date(now - DAY_MS)), utcTime(new Date(now + DAY_MS))),
      name(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(3, sequence(...extensions))
    )
    const signature = sign('sha256', certificate, root.privateKey)
    return toPem(sequence(certificate, ECDSA_WITH_SHA256, bitString(signature)))
  }

  function issueLeaf(subject: string, extensions: readonly Uint8Array[]): Certificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    return { cert: issue(subject, publicKey, extensions), key: key.toString() }
  }

  return {
    cert: issue(commonName, root.publicKey, [basicConstraints()]),
    contextFor(host) {
      const known = contexts.get(host)
      if (known !== undefined) return known
      const context = createSecureContext(issueLeaf(host, [subjectAlternativeName(host)]))
      contexts.set(host, context)
      return context
    },
    issueServerCertificate: (host) => issueLeaf(host, [subjectAlternativeName(host)]),
    issueClientCertificate: (subject) => issueLeaf(subject, [clientAuthentication()])
  }
}

function name(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))))
}

/** RFC 5280, 4.2.1.9: this is an authority. */
function basicConstraints(): Buffer {
  return sequence(objectIdentifier('2.5.29.19'), boolean(true), octetString(sequence(boolean(true))))
}

/** RFC 5280, 4.2.1.6: the DNS name that the certificate is for. */
function subjectAlternativeName(host: string): Buffer {
  return sequence(objectIdentifier('2.5.29.17'), octetString(sequence(tagged(2, Buffer.from(host), false))))
}

/** RFC 5280, 4.2.1.12: id-kp-clientAuth. */
function clientAuthentication(): Buffer {
  return sequence(objectIdentifier('2.5.29.37'), octetString(sequence(objectIdentifier('1.3.6.1.5.5.7.3.2'))))
}

function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
