import { BitString, Integer, Utf8String } from 'asn1js'
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate as X509,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time
} from 'pkijs'

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

const ECDSA_WITH_SHA256 = new AlgorithmIdentifier({ algorithmId: '1.2.840.10045.4.3.2' })
const COMMON_NAME = '2.5.4.3'
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'
const DNS_NAME = 2
const DAY_MS = 24 * 60 * 60 * 1000

/** Creates an authority whose key never leaves this process. */
export function createCertificateAuthority(commonName: string): CertificateAuthority {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const contexts = new Map<string, SecureContext>()

  /** @param extension what the certificate is for: RFC 5280, 4.2.1 */
  function issue(subject: string, publicKey: KeyObject, extension: Extension): string {
    const certificate = new X509({
      version: 2,
      // The first byte keeps the number positive and from having leading zeros.
      serialNumber: new Integer({ valueHex: Buffer.concat([Buffer.from([1]), randomBytes(8)]) }),
      signature: ECDSA_WITH_SHA256,
      signatureAlgorithm: ECDSA_WITH_SHA256,
      issuer: nameOf(commonName),
      notBefore: new Time({ value: new Date(Date.now() - DAY_MS) }),
      notAfter: new Time({ value: new Date(Date.now() + DAY_MS) }),
      subject: nameOf(subject),
      subjectPublicKeyInfo: PublicKeyInfo.fromBER(publicKey.export({ type: 'spki', format: 'der' })),
      extensions: [extension]
    })
    const signature = sign('sha256', Buffer.from(certificate.encodeTBS().toBER()), root.privateKey)
    certificate.signatureValue = new BitString({ valueHex: signature })
    return new X509Certificate(Buffer.from(certificate.toSchema(true).toBER())).toString()
  }

  function issueLeaf(subject: string, extension: Extension): Certificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    return { cert: issue(subject, publicKey, extension), key: key.toString() }
  }

  function issueServerCertificate(host: string): Certificate {
    const names = new GeneralNames({ names: [new GeneralName({ type: DNS_NAME, value: host })] })
    return issueLeaf(host, extend('2.5.29.17', names))
  }

  return {
    cert: issue(commonName, root.publicKey, extend('2.5.29.19', new BasicConstraints({ cA: true }), true)),
    contextFor(host) {
      const known = contexts.get(host)
      if (known !== undefined) return known
      const context = createSecureContext(issueServerCertificate(host))
      contexts.set(host, context)
      return context
    },
    issueServerCertificate,
    issueClientCertificate: (subject) =>
      issueLeaf(subject, extend('2.5.29.37', new ExtKeyUsage({ keyPurposes: [CLIENT_AUTHENTICATION] })))
  }
}

function nameOf(commonName: string): RelativeDistinguishedNames {
  const value = new Utf8String({ value: commonName })
  return new RelativeDistinguishedNames({ typesAndValues: [new AttributeTypeAndValue({ type: COMMON_NAME, value })] })
}

function extend(extnID: string, value: BasicConstraints | GeneralNames | ExtKeyUsage, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: value.toSchema().toBER() })
}
