import { ACCESS_TOKEN_SECONDS } from '../tokens/access-tokens.ts'
import type { AccessTokens } from '../tokens/access-tokens.ts'
import { DEFAULT_PROJECT_ID } from '../tokens/accounts.ts'
import type { Accounts, ServiceAccount } from '../tokens/accounts.ts'
import type { IdTokens } from '../tokens/id-tokens.ts'
import { answerJson } from '../transport/answer.ts'
import type { Answer } from '../transport/answer.ts'
import type { Call, Handler } from '../transport/requests.ts'
import { answerNotFound } from './errors.ts'

export interface MetadataSettings {
  /** The service account of the machine; without it none is attached. */
  readonly email?: string
  readonly scopes?: readonly string[]
  readonly kind?: 'gce' | 'gke'
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

const ROOT = '/computeMetadata/v1/'
const SERVER_NAMES = { gce: 'Metadata Server for VM', gke: 'GKE Metadata Server' }

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

async function answerMetadata(
  world: MetadataWorld,
  settings: MetadataSettings,
  { headers, url, path }: Call
): Promise<Answer> {
  if (url.pathname === '/') return answerText(200, 'computeMetadata/\n')
  if (headers['metadata-flavor'] !== 'Google')
    return answerText(403, 'Missing required header "Metadata-Flavor": "Google"')
  if (headers['x-forwarded-for'] !== undefined) return answerText(403, 'Forbidden: X-Forwarded-For')
  const resource = url.pathname.startsWith(ROOT) ? url.pathname.slice(ROOT.length).replace(/\/$/, '') : ''
  switch (resource) {
    case 'instance':
      return answerText(200, 'attributes/\nid\nservice-accounts/\nzone\n')
    case 'project/project-id':
      return answerText(200, DEFAULT_PROJECT_ID)
    case 'universe/universe-domain':
      return answerText(200, world.universe)
  }
  const [, name, property = ''] = /^instance\/service-accounts\/([^/]+)\/(\w+)$/.exec(resource) ?? []
  const account = world.accounts.findServiceAccount(settings.email ?? '')
  const isAttached = account !== undefined && (name === 'default' || name === account.email)
  if (!isAttached) return answerNotFound(path)
  switch (property) {
    case 'email':
      return answerText(200, account.email)
    case 'token':
      return answerJson(200, {
        access_token: world.accessTokens.issue(
          account,
          settings.scopes ?? ['https://www.googleapis.com/auth/cloud-platform']
        ),
        expires_in: ACCESS_TOKEN_SECONDS,
        token_type: 'Bearer'
      })
    case 'identity':
      return await answerIdentity(world, settings, account, url.searchParams)
    default:
      return answerNotFound(path)
  }
}

/** https://cloud.google.com/compute/docs/instances/verifying-instance-identity */
async function answerIdentity(
  { idTokens }: MetadataWorld,
  { kind = 'gce' }: MetadataSettings,
  { email, uniqueId, projectNumber }: ServiceAccount,
  query: URLSearchParams
): Promise<Answer> {
  const audience = query.get('audience') ?? ''
  if (audience === '') return answerText(400, 'non-empty audience parameter required')
  const isFull = query.get('format') === 'full'
  const instance = {
    project_id: DEFAULT_PROJECT_ID,
    project_number: Number(projectNumber),
    zone: 'europe-west1-b',
    instance_id: '4152180462173925362',
    instance_name: 'runner-1',
    instance_creation_timestamp: 1760000000,
    instance_confidentiality: 0
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
