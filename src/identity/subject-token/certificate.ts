import { Agent } from 'node:https'
import { subjectTokenUnavailable } from '../failures/subject-token.ts'
import type { Step } from '../../world/step.ts'
import type { JsonObject } from '../../guard/json.ts'
import type { ExternalAccountDocument } from '../document.ts'
import type { SubjectToken } from '../../token/credential.ts'

/**
 * An X.509 identity: the token is the certificate chain, and the proof is the TLS connection on which it travels.
 * https://cloud.google.com/iam/docs/workload-identity-federation-with-x509-certificates. google-auth-library finds and reads
 * the files; it leaves them in an https agent, from which they are taken because its own requests bypass the proxy.
 */
export async function readCertificate(
  step: Step,
  document: ExternalAccountDocument,
  credentialSource: JsonObject
): Promise<SubjectToken> {
  const { IdentityPoolClient } = await import('google-auth-library')
  try {
    const client = new IdentityPoolClient({
      type: 'external_account',
      audience: document.audience,
      subject_token_type: document.subjectTokenType,
      token_url: document.tokenUrl.href,
      credential_source: credentialSource
    })
    const token = await client.retrieveSubjectToken()
    const { agent } = client.transporter.defaults
    if (!(agent instanceof Agent)) throw new Error('no agent')
    const { cert, key } = agent.options
    if (!Buffer.isBuffer(cert) || !Buffer.isBuffer(key)) throw new Error('no certificate')
    return { token, clientCertificate: { cert, key: step.masks.keep(key.toString('utf8')) } }
  } catch {
    // The library's message may quote a file, and a file named by mistake may be the key.
    throw subjectTokenUnavailable(
      'the certificate configuration',
      'the configuration, the certificate, its key or its trust chain cannot be read',
      'certificate'
    )
  }
}
