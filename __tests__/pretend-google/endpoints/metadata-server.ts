import { ACCESS_TOKEN_SECONDS } from '../tokens/access-tokens.ts'
import type { AccessTokens, Principal } from '../tokens/access-tokens.ts'
import { DEFAULT_PROJECT_ID, DEFAULT_PROJECT_NUMBER } from '../tokens/accounts.ts'
import type { Accounts, ServiceAccount } from '../tokens/accounts.ts'
import type { IdTokens } from '../tokens/id-tokens.ts'
import { answerJson } from '../transport/answer.ts'
import type { Answer } from '../transport/answer.ts'
import type { Call, Handler } from '../transport/requests.ts'
import { answerNotFound } from './errors.ts'
import { describePrincipal } from './providers.ts'

export interface MetadataSettings {
  /** The service account of the machine; without it none is attached. */
  readonly email?: string
  readonly scopes?: readonly string[]
  /** `gke not annotated`: the Kubernetes service account of the pod stands for no service account of Google's. */
  readonly kind?: 'gce' | 'gke' | 'gke not annotated'
  /** From now on; until then connections are refused, as in a pod that has just started. */
  readonly listensAfterMs?: number
}

export interface MetadataServer {
  readonly handler: Handler
  /** Until it is enabled, the machine is none of Google's. */
  enable: (settings?: MetadataSettings) => void
  readonly enabled: () => boolean
}

interface MetadataWorld {
  readonly accessTokens: AccessTokens
  readonly accounts: Accounts
  readonly idTokens: IdTokens
  readonly universe: string
}

/** What a path leads to: a directory, a value, or a list of values, one per line. */
type Entry = string | readonly string[] | Directory

interface Directory {
  readonly [name: string]: Entry
}

const ROOT = '/computeMetadata/v1/'
const SERVER_NAMES = {
  gce: 'Metadata Server for VM',
  gke: 'GKE Metadata Server',
  'gke not annotated': 'GKE Metadata Server'
} as const
const CLOUD_PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const ZONE = 'europe-west1-b'
const INSTANCE = { id: '4152180462173925362', name: 'runner-1' }

/** https://cloud.google.com/compute/docs/metadata/querying-metadata */
export function createMetadataServer(world: MetadataWorld): MetadataServer {
  let settings: MetadataSettings | undefined
  return {
    enable(wanted = {}) {
      settings = wanted
    },
    enabled: () => settings !== undefined,
    async handler(call) {
      if (settings === undefined) return { status: 404 }
      const answer = await answerMetadata(world, settings, call)
      const server = SERVER_NAMES[settings.kind ?? 'gce']
      return { ...answer, headers: { 'metadata-flavor': 'Google', server, ...answer.headers } }
    }
  }
}

async function answerMetadata(world: MetadataWorld, settings: MetadataSettings, call: Call): Promise<Answer> {
  const { headers, url, path } = call
  if (url.pathname === '/') return answerText(200, 'computeMetadata/\n')
  if (headers['metadata-flavor'] !== 'Google')
    return answerText(403, 'Missing required header "Metadata-Flavor": "Google"')
  if (headers['x-forwarded-for'] !== undefined) return answerText(403, 'Forbidden: X-Forwarded-For')
  if (!url.pathname.startsWith(ROOT)) return answerNotFound(path)

  const identity = findIdentity(world, settings)
  const names = decodeURIComponent(url.pathname).slice(ROOT.length).split('/').filter(Boolean)
  const [, , account = '', property = ''] = names
  if (identity !== undefined && ['default', identity.email].includes(account) && names.length === 4) {
    if (property === 'token') return answerAccessToken(world, settings, identity.principal, url.searchParams)
    if (property === 'identity') return await answerIdentity(world, settings, identity.account, url.searchParams)
  }
  const entry = lookUp(describeMachine(world, settings, identity?.email), names)
  if (entry === undefined) return answerNotFound(path)
  if (url.searchParams.get('recursive') === 'true') return answerJson(200, nameInCamelCase(entry))
  return answerText(200, writeEntry(entry))
}

interface Identity {
  readonly email: string
  readonly principal: Principal
  /** Undefined where the identity is the pod's alone. */
  readonly account: ServiceAccount | undefined
}

/** @returns undefined where no service account is attached */
function findIdentity({ accounts }: MetadataWorld, { kind, email = '' }: MetadataSettings): Identity | undefined {
  if (kind === 'gke not annotated') {
    const pool = `${DEFAULT_PROJECT_ID}.svc.id.goog`
    const poolName = `projects/${DEFAULT_PROJECT_NUMBER}/locations/global/workloadIdentityPools/${pool}`
    const principal = describePrincipal(poolName, 'ns/default/sa/runner', [], DEFAULT_PROJECT_NUMBER)
    return { email: pool, principal, account: undefined }
  }
  const account = accounts.findServiceAccount(email)
  return account === undefined ? undefined : { email: account.email, principal: account, account }
}

function describeMachine({ universe }: MetadataWorld, settings: MetadataSettings, email: string | undefined): Entry {
  const account = { aliases: ['default'], email: email ?? '', scopes: settings.scopes ?? [CLOUD_PLATFORM_SCOPE] }
  return {
    instance: {
      attributes: {},
      ...INSTANCE,
      'service-accounts': email === undefined ? {} : { default: account, [email]: account },
      zone: `projects/${DEFAULT_PROJECT_NUMBER}/zones/${ZONE}`
    },
    project: {
      attributes: {},
      'numeric-project-id': DEFAULT_PROJECT_NUMBER,
      'project-id': DEFAULT_PROJECT_ID
    },
    universe: { 'universe-domain': universe }
  }
}

function isDirectory(entry: Entry | undefined): entry is Directory {
  return typeof entry === 'object' && !Array.isArray(entry)
}

function lookUp(entry: Entry, names: readonly string[]): Entry | undefined {
  let found: Entry | undefined = entry
  for (const name of names) {
    found = isDirectory(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return found
}

function writeEntry(entry: Entry): string {
  if (typeof entry === 'string') return entry
  const lines = isDirectory(entry)
    ? Object.entries(entry).map(([name, value]) => (isDirectory(value) ? `${name}/` : name))
    : entry
  return lines.map((line) => `${line}\n`).join('')
}

/** In JSON, names such as `service-accounts` are in camel case; e-mails stay as they are. */
function nameInCamelCase(entry: Entry): unknown {
  if (!isDirectory(entry)) return entry
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [
      name.includes('@') ? name : name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      nameInCamelCase(value)
    ])
  )
}

/** The scopes of a machine are fixed; where they are not, as in GKE and Cloud Run, a client may ask for some. */
function answerAccessToken(
  { accessTokens }: MetadataWorld,
  settings: MetadataSettings,
  principal: Principal,
  query: URLSearchParams
): Answer {
  const wanted = query.get('scopes')?.split(',') ?? [CLOUD_PLATFORM_SCOPE]
  return answerJson(200, {
    access_token: accessTokens.issue(principal, settings.scopes ?? wanted),
    expires_in: ACCESS_TOKEN_SECONDS,
    token_type: 'Bearer'
  })
}

/** https://cloud.google.com/compute/docs/instances/verifying-instance-identity */
async function answerIdentity(
  { idTokens }: MetadataWorld,
  { kind = 'gce' }: MetadataSettings,
  account: ServiceAccount | undefined,
  query: URLSearchParams
): Promise<Answer> {
  const audience = query.get('audience') ?? ''
  if (audience === '') return answerText(400, 'non-empty audience parameter required')
  if (account === undefined) {
    return answerText(
      404,
      'Your Kubernetes service account (default/runner) is not annotated with a target Google service account, which is a requirement for retrieving Identity Tokens using Workload Identity.\n' +
        'Please add the iam.gke.io/gcp-service-account=[GSA_NAME]@[PROJECT_ID] annotation to your Kubernetes service account.\n' +
        'Refer to https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity\n'
    )
  }
  const { email, uniqueId, projectNumber } = account
  const isFull = query.get('format') === 'full'
  const instance = {
    project_id: DEFAULT_PROJECT_ID,
    project_number: Number(projectNumber),
    zone: ZONE,
    instance_id: INSTANCE.id,
    instance_name: INSTANCE.name,
    instance_creation_timestamp: 1760000000,
    instance_confidentiality: 0,
    ...(query.get('licenses') === 'TRUE' ? { license_id: ['1001000'] } : {})
  }
  const claims = {
    aud: audience,
    azp: uniqueId,
    sub: uniqueId,
    // The standard format has no e-mail on Compute Engine.
    ...(isFull || kind === 'gke' ? { email, email_verified: true } : {}),
    ...(isFull && kind === 'gce' ? { google: { compute_engine: instance } } : {})
  }
  return { status: 200, headers: { 'content-type': 'text/html' }, body: await idTokens.issue(claims) }
}

function answerText(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'application/text' }, body }
}
