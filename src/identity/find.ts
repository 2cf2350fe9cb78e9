import { serviceAccountRequired } from '../failures/credentials.ts'
import { stsUrl } from '../google-hosts.ts'
import type { Inputs } from '../inputs.ts'
import type { Job } from '../job.ts'
import { findApplicationDefault } from './application-default.ts'
import { fromAuthorizedUser } from './authorized-user.ts'
import type { Credential, Hop, Identity } from './credential.ts'
import { readDocument } from './document.ts'
import type { CredentialDocument, ExternalAccountDocument } from './document.ts'
import { fromExternalAccount } from './external-account.ts'
import { githubEndpoint, requestGithubToken, requireGithubPermission } from './github.ts'
import { fromMetadataServer } from './metadata-server.ts'
import { federatedPrincipal } from './principal.ts'
import { fromServiceAccountKey } from './service-account-key.ts'
import { readSubjectToken } from './subject-token/read.ts'
import { fromWorkforceUser } from './workforce-user.ts'

type IdentityInputs = Pick<
  Inputs,
  'workloadIdentityProvider' | 'serviceAccount' | 'delegates' | 'credentialsJson' | 'universe'
>

/**
 * Finds out who the job is. Makes no request but to see whether there is a metadata server.
 *
 * @throws {Failure} CREDENTIALS_…, SERVICE_ACCOUNT_REQUIRED, OIDC_UNAVAILABLE
 */
export async function findIdentity(job: Job, inputs: IdentityInputs): Promise<Identity> {
  const start = await findCredential(job, inputs)
  const hops = addHop(start, inputs)
  if (hops.length === 0 && start.credential.idToken === undefined) {
    throw serviceAccountRequired(start.credential)
  }
  if (inputs.workloadIdentityProvider !== undefined) await requireGithubPermission(job)
  return { credential: start.credential, hops }
}

async function findCredential(job: Job, inputs: IdentityInputs): Promise<Identity> {
  const { universe } = inputs
  if (inputs.workloadIdentityProvider !== undefined) {
    return { credential: fromGithub(job, inputs.workloadIdentityProvider, universe), hops: [] }
  }
  if (inputs.credentialsJson !== undefined) {
    return fromDocument(job, readDocument(job.masks, inputs.credentialsJson, 'credentials_json', universe), universe)
  }
  const found = await findApplicationDefault(job, universe)
  return found === 'metadata server'
    ? { credential: fromMetadataServer(job), hops: [] }
    : fromDocument(job, found, universe)
}

/**
 * The hop to the account that the inputs ask for. An account that the credential stands for already is not impersonated
 * twice: that would need a role of the account on itself.
 */
function addHop({ credential, hops }: Identity, inputs: IdentityInputs): readonly Hop[] {
  const account = inputs.serviceAccount
  const last = hops.at(-1)
  if (account === undefined || (last === undefined && isSame(credential.account, account))) return hops
  if (!isSame(last?.account, account) || last === undefined) return [...hops, { account, delegates: inputs.delegates }]
  return inputs.delegates.length === 0 ? hops : [...hops.slice(0, -1), { account, delegates: inputs.delegates }]
}

/** E-mails of service accounts have no upper case, but people write some. */
function isSame(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase()
}

function fromGithub(job: Job, provider: string, universe: string): Credential {
  const audience = `//iam.googleapis.com/${provider}`
  return fromExternalAccount(job, {
    description: `workload identity federation of GitHub Actions (${provider})`,
    principal: federatedPrincipal(audience, job.env['GITHUB_REPOSITORY']),
    endpoints: [githubEndpoint(job.env), stsUrl(universe, 'token')].filter((url) => url !== undefined),
    hasCertificate: false,
    url: stsUrl(universe, 'token'),
    audience,
    subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    subjectToken: async () => ({ token: await requestGithubToken(job, `https:${audience}`) })
  })
}

/** The credential that a document describes, and the accounts that the document itself impersonates. */
function fromDocument(job: Job, document: CredentialDocument, universe: string): Identity {
  switch (document.type) {
    case 'service_account':
      return { credential: fromServiceAccountKey(job, universe, document), hops: [] }
    case 'authorized_user':
      return { credential: fromAuthorizedUser(job, document), hops: [] }
    case 'external_account_authorized_user':
      return { credential: fromWorkforceUser(job, document), hops: [] }
    case 'external_account':
      return {
        credential: fromExternalDocument(job, document),
        hops: document.account === undefined ? [] : [{ account: document.account, delegates: [] }]
      }
    case 'impersonated_service_account': {
      const source = fromDocument(job, document.source, universe)
      return { ...source, hops: [...source.hops, { account: document.account, delegates: document.delegates }] }
    }
  }
}

function fromExternalDocument(job: Job, document: ExternalAccountDocument): Credential {
  // google-github-actions/auth leaves a document whose token comes from GitHub.
  const { source } = document
  const isGithub = source.kind === 'url' && source.url.href.startsWith(job.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '\0')
  return fromExternalAccount(job, {
    description: `external account (${source.kind}) from ${document.origin}`,
    principal: federatedPrincipal(document.audience, isGithub ? job.env['GITHUB_REPOSITORY'] : undefined),
    hasCertificate: source.kind === 'certificate',
    endpoints: source.kind === 'certificate' ? [] : [...(source.kind === 'url' ? [source.url] : []), document.tokenUrl],
    url: document.tokenUrl,
    client: document.client,
    userProject: document.userProject,
    audience: document.audience,
    subjectTokenType: document.subjectTokenType,
    subjectToken: async () => await readSubjectToken(job, document)
  })
}
