import type { PretendGoogle } from '../pretend-google/world.ts'
import type { RunOptions } from '../runner/run-action.ts'
import { ACCOUNT, membersOf, SERVICE_URL } from './given.ts'

/** What most scenarios ask for. */
export const FOR_SERVICE: RunOptions = { inputs: { audience: SERVICE_URL } }

/** The two ways in which an external account gets to know its service account. */
export const WAYS = [
  { how: 'which its document names', inputs: {}, impersonates: ACCOUNT },
  { how: 'which the input service_account names', inputs: { service_account: ACCOUNT }, impersonates: undefined }
] as const

/** An identity provider that is neither Google nor GitHub, and somebody whom it knows. */
export const ISSUER = 'https://idp.octo-org.example'
export const SUBJECT = 'nightly-job'

export const impersonationUrl = (account: string, universe = 'googleapis.com'): string =>
  `https://iamcredentials.${universe}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`

interface ExternalAccountOptions {
  readonly impersonates?: string | undefined
  readonly subjectTokenType?: string
  readonly tokenUrl?: string
}

export function externalAccount(
  provider: string,
  credentialSource: object,
  options: ExternalAccountOptions = {}
): Record<string, unknown> {
  const { impersonates, subjectTokenType = 'urn:ietf:params:oauth:token-type:jwt', tokenUrl } = options
  return {
    type: 'external_account',
    audience: `//iam.googleapis.com/${provider}`,
    subject_token_type: subjectTokenType,
    token_url: tokenUrl ?? 'https://sts.googleapis.com/v1/token',
    credential_source: credentialSource,
    ...(impersonates === undefined ? {} : { service_account_impersonation_url: impersonationUrl(impersonates) })
  }
}

/** @param source the document of whoever becomes `account` */
export function impersonatedAccount(account: string, source: object, delegates: readonly string[] = []): object {
  return {
    type: 'impersonated_service_account',
    service_account_impersonation_url: impersonationUrl(account),
    delegates,
    source_credentials: source
  }
}

/** A pool that trusts ISSUER, and ACCOUNT, which SUBJECT may impersonate. */
export async function givenExternalIdentity(
  world: PretendGoogle
): Promise<{ provider: string; subjectToken: string; member: string }> {
  const provider = world.addPool({ pool: 'elsewhere', provider: 'idp', source: { kind: 'oidc', issuer: ISSUER } })
  const member = membersOf(provider).subject(SUBJECT)
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
  const subjectToken = await world.issueOidcToken(ISSUER, {
    sub: SUBJECT,
    aud: `https://iam.googleapis.com/${provider}`
  })
  return { provider, subjectToken, member }
}

/** The document in the input credentials_json. */
export function asInput(document: object): RunOptions {
  return { inputs: { credentials_json: JSON.stringify(document) } }
}

/** The document in a file that GOOGLE_APPLICATION_CREDENTIALS names. */
export function asFile(document: object): RunOptions {
  return {
    files: { 'credentials.json': JSON.stringify(document) },
    env: { GOOGLE_APPLICATION_CREDENTIALS: 'credentials.json' }
  }
}
