import { BitString, Integer, Utf8String } from 'asn1js'
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
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
import type { Certificate } from './certificates.ts'

const ECDSA_WITH_SHA256 = new AlgorithmIdentifier({ algorithmId: '1.2.840.10045.4.3.2' })
const COMMON_NAME = '2.5.4.3'
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'
const DNS_NAME = 2
const DAY_MS = 24 * 60 * 60 * 1000

/** An authority's own certificate. */
export function issueRoot(commonName: string): Certificate {
  const { publicKey, privateKey } = generateKeys()
  const extension = extend('2.5.29.19', new BasicConstraints({ cA: true }), true)
  return { cert: issue(commonName, privateKey, commonName, publicKey, extension), key: toPem(privateKey) }
}

export function issueServerCertificate(authority: string, root: Certificate, host: string): Certificate {
  const names = new GeneralNames({ names: [new GeneralName({ type: DNS_NAME, value: host })] })
  return issueLeaf(authority, root, host, extend('2.5.29.17', names))
}

export function issueClientCertificate(authority: string, root: Certificate, commonName: string): Certificate {
  const usage = new ExtKeyUsage({ keyPurposes: [CLIENT_AUTHENTICATION] })
  return issueLeaf(authority, root, commonName, extend('2.5.29.37', usage))
}

function issueLeaf(authority: string, root: Certificate, subject: string, extension: Extension): Certificate {
  const { publicKey, privateKey } = generateKeys()
  return {
    cert: issue(authority, createPrivateKey(root.key), subject, publicKey, extension),
    key: toPem(privateKey)
  }
}

function generateKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function toPem(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** @param extension what the certificate is for: RFC 5280, 4.2.1 */
function issue(issuer: string, signer: KeyObject, subject: string, publicKey: KeyObject, extension: Extension): string {
  const certificate = new X509({
    version: 2,
    // The first byte keeps the number positive and from having leading zeros.
    serialNumber: new Integer({ valueHex: Buffer.concat([Buffer.from([1]), randomBytes(8)]) }),
    signature: ECDSA_WITH_SHA256,
    signatureAlgorithm: ECDSA_WITH_SHA256,
    issuer: nameOf(issuer),
    notBefore: new Time({ value: new Date(Date.now() - DAY_MS) }),
    notAfter: new Time({ value: new Date(Date.now() + DAY_MS) }),
    subject: nameOf(subject),
    subjectPublicKeyInfo: PublicKeyInfo.fromBER(publicKey.export({ type: 'spki', format: 'der' })),
    extensions: [extension]
  })
  const signature = sign('sha256', Buffer.from(certificate.encodeTBS().toBER()), signer)
  certificate.signatureValue = new BitString({ valueHex: signature })
  return new X509Certificate(Buffer.from(certificate.toSchema(true).toBER())).toString()
}

function nameOf(commonName: string): RelativeDistinguishedNames {
  const value = new Utf8String({ value: commonName })
  return new RelativeDistinguishedNames({ typesAndValues: [new AttributeTypeAndValue({ type: COMMON_NAME, value })] })
}

function extend(extnID: string, value: BasicConstraints | GeneralNames | ExtKeyUsage, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: value.toSchema().toBER() })
}
