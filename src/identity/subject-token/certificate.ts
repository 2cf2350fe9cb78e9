import { createPrivateKey, X509Certificate } from 'node:crypto'
import { Failure } from '../../failure/failure.ts'
import { subjectTokenUnavailable } from '../failures/subject-token.ts'
import { gcloudFile } from '../application-default.ts'
import type { Step } from '../../world/step.ts'
import { objectIn, parseObject, stringIn, type JsonObject } from '../../guard/json.ts'
import { readSmallFile } from '../../guard/small-file.ts'
import type { SubjectToken } from '../../token/credential.ts'

/**
 * An X.509 identity: the token is the certificate chain, and the proof is the TLS connection on which it travels. The files are
 * those that gcloud writes: https://cloud.google.com/iam/docs/workload-identity-federation-with-x509-certificates
 */
export async function readCertificate(step: Step, credentialSource: JsonObject): Promise<SubjectToken> {
  const source = objectIn(credentialSource, 'certificate')
  const location = stringIn(source, 'certificate_config_location')
  if ((location === undefined) !== (source['use_default_certificate_config'] === true)) {
    throw unavailable('"certificate" needs either "certificate_config_location" or "use_default_certificate_config"')
  }
  const configured = location ?? step.env['GOOGLE_API_CERTIFICATE_CONFIG'] ?? ''
  const configPath = configured === '' ? gcloudFile(step.env, 'certificate_config.json') : configured
  const config = parseObject(await readFile(configPath, 'the configuration'))
  const workload = objectIn(objectIn(config, 'cert_configs'), 'workload')
  const cert = await readFile(stringIn(workload, 'cert_path'), 'the certificate')
  const key = await readFile(stringIn(workload, 'key_path'), 'its key')
  const chainPath = stringIn(source, 'trust_chain_path')
  const chain = chainPath === undefined ? '' : await readFile(chainPath, 'the trust chain')
  return {
    token: buildChain(cert, key, chain),
    clientCertificate: { cert: Buffer.from(cert), key: step.masks.keep(key) }
  }
}

async function readFile(path: string | undefined, what: string): Promise<string> {
  if (path === undefined) throw unavailable(`no path is given for ${what}`)
  const file = await readSmallFile(path)
  if (file.ok) return file.content.replace(/^\uFEFF/, '')
  throw unavailable(`${what} cannot be used: ${file.reason}`)
}

/** The subject token: a JSON array of the certificates in base64, the client's own first. */
function buildChain(cert: string, key: string, chain: string): string {
  try {
    const leaf = new X509Certificate(cert)
    if (!leaf.checkPrivateKey(createPrivateKey(key))) throw unavailable('certificate and key do not belong together')
    const pems = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    const [first, ...others] = pems.map((pem) => new X509Certificate(pem))
    if (others.some(({ raw }) => raw.equals(leaf.raw)))
      throw unavailable('the trust chain begins with another certificate')
    const above = first === undefined || first.raw.equals(leaf.raw) ? others : [first, ...others]
    return JSON.stringify([leaf, ...above].map(({ raw }) => raw.toString('base64')))
  } catch (error) {
    if (error instanceof Failure) throw error
    // OpenSSL's message is dropped: a file that is named by mistake may be the key.
    throw unavailable('the certificate, its key or its trust chain is not in PEM')
  }
}

function unavailable(problem: string): Failure {
  return subjectTokenUnavailable('the certificate configuration', problem, 'certificate')
}
