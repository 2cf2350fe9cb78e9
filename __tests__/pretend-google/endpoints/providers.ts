import type { Principal } from '../tokens/access-tokens.ts'
import { DEFAULT_PROJECT_NUMBER } from '../tokens/accounts.ts'
import type { Claims } from '../tokens/jwt.ts'
import { refuseGrant } from './errors.ts'
import { GITHUB_ISSUER } from './github-oidc.ts'

/** Who vouches for the identities of a provider. */
export type Source =
  | { readonly kind: 'oidc'; readonly issuer: string }
  | { readonly kind: 'aws'; readonly accountId: string }
  /** `trustAnchor` is the certificate, in PEM, that client certificates must be signed with. */
  | { readonly kind: 'x509'; readonly trustAnchor: string }

interface ProviderSettings {
  readonly pool?: string
  readonly provider?: string
  /** GitHub's OIDC issuer where nothing else is said. */
  readonly source?: Source
  /** The provider's own name, as an https URL or beginning with `//`, where nothing else is said. */
  readonly allowedAudiences?: readonly string[]
  readonly attributeCondition?: (assertion: Claims) => boolean
  /** From `google.subject` or `attribute.NAME` to a path such as `assertion.sub`. */
  readonly attributeMapping?: Readonly<Record<string, string>>
  readonly enabled?: boolean
}

export interface Provider extends Required<ProviderSettings> {
  /** `projects/…/providers/X`, or `locations/…/providers/X` of a workforce pool. */
  readonly name: string
  /** The resource name of the pool. */
  readonly poolName: string
  readonly projectNumber: string | undefined
}

export interface Providers {
  /** @returns the provider's full name */
  addPool: (settings?: ProviderSettings & { readonly projectNumber?: string }) => string
  /** @returns the provider's full name */
  addWorkforcePool: (settings?: ProviderSettings) => string
  find: (name: string) => Provider | undefined
}

const DEFAULT_MAPPINGS: Readonly<Record<Source['kind'], Readonly<Record<string, string>>>> = {
  oidc: { 'google.subject': 'assertion.sub', 'attribute.repository': 'assertion.repository' },
  aws: { 'google.subject': 'assertion.arn', 'attribute.account': 'assertion.account' },
  x509: { 'google.subject': 'assertion.subject.dn.cn' }
}

export function createProviders(): Providers {
  const providers = new Map<string, Provider>()

  function add(parent: string, pools: string, settings: ProviderSettings, projectNumber?: string): string {
    const { pool = 'github', provider = 'my-repo', source = { kind: 'oidc', issuer: GITHUB_ISSUER } } = settings
    const poolName = `${parent}locations/global/${pools}/${pool}`
    const name = `${poolName}/providers/${provider}`
    providers.set(name, {
      allowedAudiences: [`https://iam.googleapis.com/${name}`, `//iam.googleapis.com/${name}`],
      attributeCondition: () => true,
      attributeMapping: DEFAULT_MAPPINGS[source.kind],
      enabled: true,
      ...settings,
      ...{ pool, provider, source, name, poolName, projectNumber }
    })
    return name
  }

  return {
    addPool: ({ projectNumber = DEFAULT_PROJECT_NUMBER, ...settings } = {}) =>
      add(`projects/${projectNumber}/`, 'workloadIdentityPools', settings, projectNumber),
    addWorkforcePool: (settings = {}) => add('', 'workforcePools', settings),
    find: (name) => providers.get(name)
  }
}

/** https://cloud.google.com/iam/docs/workload-identity-federation#mapping */
const SUBJECT_LIMIT_BYTES = 127

/**
 * Applies the attribute mapping and condition of a provider to what the identity says of itself.
 *
 * @param userProject the project that is charged for a workforce identity
 * @throws {Refusal} where the provider does not let it in
 */
export function mapAttributes(provider: Provider, assertion: Claims, userProject?: string): Principal {
  const attributes = Object.entries(provider.attributeMapping).map(([name, path]) => ({
    name,
    value: lookUp(assertion, path)
  }))
  const subject = attributes.find(({ name }) => name === 'google.subject')?.value ?? ''
  if (Buffer.byteLength(subject) > SUBJECT_LIMIT_BYTES) {
    throw refuseGrant(
      400,
      'invalid_request',
      `The size of mapped attribute google.subject exceeds the ${SUBJECT_LIMIT_BYTES} bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than ${SUBJECT_LIMIT_BYTES} bytes.`
    )
  }
  if (!provider.attributeCondition(assertion)) {
    throw refuseGrant(401, 'unauthorized_client', 'The given credential is rejected by the attribute condition.')
  }
  return describePrincipal(provider.poolName, subject, attributes, provider.projectNumber ?? userProject ?? '')
}

/** The members that a federated identity is: https://cloud.google.com/iam/docs/principal-identifiers */
export function describePrincipal(
  poolName: string,
  subject: string,
  attributes: readonly { readonly name: string; readonly value: string | undefined }[],
  projectNumber: string
): Principal {
  const pool = `iam.googleapis.com/${poolName}`
  const sets = attributes
    .filter(({ name, value }) => name.startsWith('attribute.') && value !== undefined)
    .map(({ name, value }) => `principalSet://${pool}/${name}/${String(value)}`)
  return { members: [`principal://${pool}/subject/${subject}`, `principalSet://${pool}/*`, ...sets], projectNumber }
}

/** The string at a path such as `assertion.subject.dn.cn`. */
function lookUp(assertion: Claims, path: string): string | undefined {
  let value: unknown = assertion
  for (const name of path.split('.').slice(1)) {
    value = typeof value === 'object' && value !== null ? (value as Claims)[name] : undefined
  }
  return typeof value === 'string' ? value : undefined
}
