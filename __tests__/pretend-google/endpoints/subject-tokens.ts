import { X509Certificate } from 'node:crypto'
import type { Clock } from '../tokens/clock.ts'
import { publicKeyOf } from '../tokens/id-tokens.ts'
import { decodeJwt, stringsIn } from '../tokens/jwt.ts'
import type { Claims } from '../tokens/jwt.ts'
import { parseJson } from '../transport/json.ts'
import type { Call } from '../transport/requests.ts'
import type { AwsIdentities } from './aws.ts'
import { refuseGrant } from './errors.ts'
import type { Provider, Source } from './providers.ts'

/** What a subject token is verified with. */
interface Verification {
  readonly provider: Provider
  readonly subjectToken: string
  readonly subjectTokenType: string
  readonly call: Call
  readonly clock: Clock
  readonly aws: AwsIdentities
}

const TOKEN_TYPES: Readonly<Record<Source['kind'], readonly string[]>> = {
  oidc: ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token'],
  aws: ['urn:ietf:params:aws:token-type:aws4_request'],
  x509: ['urn:ietf:params:oauth:token-type:mtls']
}

/** GitHub's token lives five minutes; STS accepts one hour at most, whatever the token says. */
const STALE_SECONDS = 3600

/**
 * What the identity says of itself, after its proof has been verified.
 *
 * @throws {Refusal} where the proof is none
 */
export async function verifySubjectToken(verification: Verification): Promise<Claims> {
  const { source } = verification.provider
  if (!TOKEN_TYPES[source.kind].includes(verification.subjectTokenType)) {
    throw refuseGrant(400, 'invalid_request', 'Invalid value for "subject_token_type" parameter.')
  }
  switch (source.kind) {
    case 'oidc':
      return await verifyOidcToken(verification, source.issuer)
    case 'aws':
      return verification.aws.verify(verification.subjectToken, verification.provider, source.accountId)
    case 'x509':
      return verifyCertificate(verification, source.trustAnchor)
  }
}

async function verifyOidcToken({ provider, subjectToken, clock }: Verification, issuer: string): Promise<Claims> {
  const jwt = decodeJwt(subjectToken)
  if (jwt === undefined) throw refuseGrant(400, 'invalid_request', 'Unable to parse the ID Token.')
  const { claims } = jwt
  if (claims['iss'] !== issuer) {
    throw refuseGrant(
      400,
      'invalid_grant',
      `The issuer in ID Token ${String(claims['iss'])} does not match the expected ones: ${issuer}/`
    )
  }
  if (!jwt.isSignedBy(await publicKeyOf(issuer))) {
    throw refuseGrant(400, 'invalid_grant', 'Error verifying the signature of the ID Token: signature is invalid.')
  }
  const issuedAt = Number(claims['iat'])
  if (clock.seconds() >= Number(claims['exp']) || clock.seconds() > issuedAt + STALE_SECONDS) {
    throw refuseGrant(400, 'invalid_grant', `ID Token issued at ${issuedAt} is stale to sign-in.`)
  }
  const audiences = stringsIn(claims['aud'])
  if (!audiences.some((audience) => provider.allowedAudiences.includes(audience))) {
    const expected = provider.allowedAudiences.join(', ')
    throw refuseGrant(
      400,
      'invalid_grant',
      `The audience in ID Token [${audiences.join(', ')}] does not match the expected audience ${expected}.`
    )
  }
  return claims
}

/** https://cloud.google.com/iam/docs/workload-identity-federation-with-x509-certificates */
function verifyCertificate({ subjectToken, call }: Verification, trustAnchor: string): Claims {
  const presented = call.clientCertificate
  // Only this host takes part in mutual TLS.
  if (!call.host.startsWith('sts.mtls.') || presented === undefined) {
    throw refuseGrant(400, 'invalid_request', 'The request must be made over mTLS.')
  }
  const leaf = readLeaf(subjectToken)
  if (leaf === undefined) throw refuseGrant(400, 'invalid_request', 'Unable to parse the certificate chain.')
  if (!leaf.equals(presented.raw)) {
    throw refuseGrant(
      400,
      'invalid_grant',
      'The leaf certificate does not match the client certificate of the connection.'
    )
  }
  if (!presented.verify(new X509Certificate(trustAnchor).publicKey)) {
    throw refuseGrant(400, 'invalid_grant', 'The certificate chain does not lead to a trust anchor.')
  }
  return { subject: { dn: { cn: presented.subject.replace(/^CN=/, '') } } }
}

/** The first of a JSON array of certificates in base64 DER. */
function readLeaf(subjectToken: string): Buffer | undefined {
  const chain = parseJson(subjectToken)
  const leaf: unknown = Array.isArray(chain) ? chain[0] : undefined
  return typeof leaf === 'string' ? Buffer.from(leaf, 'base64') : undefined
}
