import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto'
import type { Claims } from '../tokens/jwt.ts'
import type { SecretBook } from '../tokens/secrets.ts'
import type { Clock } from '../tokens/clock.ts'
import { refuseGrant } from './errors.ts'
import type { Provider } from './providers.ts'

interface AwsIdentitySettings {
  readonly accountId: string
  readonly arn?: string
  /** Temporary credentials, with a session token. */
  readonly temporary?: boolean
}

export interface AwsIdentities {
  /** @returns the variables in which AWS tools expect the credentials */
  add: (settings: AwsIdentitySettings) => Record<string, string>
  /**
   * Verifies a signed request for AWS's GetCallerIdentity, and answers it in AWS's place.
   *
   * @throws {Refusal} where AWS would not accept the request, or Google would not send it
   */
  verify: (subjectToken: string, provider: Provider, accountId: string) => Claims
}

interface Identity extends Required<AwsIdentitySettings> {
  readonly secretKey: string
  readonly sessionToken: string | undefined
}

interface SignedRequest {
  readonly url: URL
  readonly method: string
  readonly headers: ReadonlyMap<string, string>
}

/** How far a signature's time may be off: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
const SIGNATURE_AGE_MS = 15 * 60 * 1000

export function createAwsIdentities(clock: Clock, secrets: SecretBook): AwsIdentities {
  const identities = new Map<string, Identity>()

  return {
    add({ accountId, arn = `arn:aws:sts::${accountId}:assumed-role/deployer/i-0123`, temporary = false }) {
      const keyId = `${temporary ? 'ASIA' : 'AKIA'}${Array.from({ length: 16 }, () => randomInt(36).toString(36))
        .join('')
        .toUpperCase()}`
      const secretKey = secrets.note('AWS secret', randomBytes(30).toString('base64'))
      const sessionToken = temporary ? secrets.create('AWS secret', 'IQoJb3JpZ2lu') : undefined
      identities.set(keyId, { accountId, arn, temporary, secretKey, sessionToken })
      return {
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: keyId,
        AWS_SECRET_ACCESS_KEY: secretKey,
        ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken })
      }
    },
    verify(subjectToken, provider, accountId) {
      const request = readRequest(subjectToken)
      secrets.note('AWS signature', request.headers.get('authorization')?.replace(/^.*Signature=/, '') ?? '')
      if (!isGetCallerIdentity(request)) throw refuse('The request is not one for GetCallerIdentity.')
      const target = request.headers.get('x-goog-cloud-target-resource')?.replace(/^https:/, '')
      if (target !== `//iam.googleapis.com/${provider.name}`) {
        throw refuse('The header x-goog-cloud-target-resource does not name the provider.')
      }
      const identity = findSigner(request, identities, clock)
      if (identity === undefined) throw refuse('AWS rejected the signature of the request.')
      if (identity.accountId !== accountId) throw refuse('The AWS account is not the one of the provider.')
      return { arn: identity.arn, account: identity.accountId, userid: 'AROA:i-0123' }
    }
  }
}

const refuse = (why: string): ReturnType<typeof refuseGrant> => refuseGrant(400, 'invalid_grant', why)

/** https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token describes the form for AWS. */
function readRequest(subjectToken: string): SignedRequest {
  try {
    const { url, method, headers } = JSON.parse(decodeURIComponent(subjectToken)) as {
      url: string
      method: string
      headers: { key: string; value: string }[]
    }
    return { url: new URL(url), method, headers: new Map(headers.map(({ key, value }) => [key.toLowerCase(), value])) }
  } catch {
    throw refuseGrant(400, 'invalid_request', 'Unable to parse the AWS request.')
  }
}

function isGetCallerIdentity({ url, method, headers }: SignedRequest): boolean {
  return (
    method === 'POST' &&
    /^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(url.host) &&
    headers.get('host') === url.host &&
    url.searchParams.get('Action') === 'GetCallerIdentity' &&
    url.searchParams.get('Version') === '2011-06-15'
  )
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/sts\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/** The identity whose secret key made the signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function findSigner(
  request: SignedRequest,
  identities: ReadonlyMap<string, Identity>,
  clock: Clock
): Identity | undefined {
  const { url, method, headers } = request
  const [, keyId = '', day = '', region = '', signedHeaders = '', signature] =
    AUTHORIZATION.exec(headers.get('authorization') ?? '') ?? []
  const identity = identities.get(keyId)
  const date = headers.get('x-amz-date') ?? ''
  const names = signedHeaders.split(';')
  if (identity === undefined || headers.get('x-amz-security-token') !== identity.sessionToken) return undefined
  // Google recommends to sign x-goog-cloud-target-resource as well; its own library for Node does not.
  if (!['host', 'x-amz-date'].every((name) => names.includes(name))) return undefined
  if (!date.startsWith(day) || Math.abs(clock.now() - parseDate(date)) > SIGNATURE_AGE_MS) return undefined

  const canonical = [
    method,
    url.pathname,
    [...url.searchParams]
      .map((pair) => pair.map(encodeURIComponent).join('='))
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${headers.get(name)?.trim() ?? ''}`),
    '',
    signedHeaders,
    sha256('')
  ].join('\n')
  const scope = `${day}/${region}/sts/aws4_request`
  const key = [day, region, 'sts', 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${identity.secretKey}`))
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex')
  return expected === signature ? identity : undefined
}

/** 20261123T120000Z */
function parseDate(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
