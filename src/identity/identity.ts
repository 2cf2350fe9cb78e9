import { serviceAccountRequired } from './failures/credentials.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Job } from '../world/job.ts'
import { findApplicationDefault } from './application-default.ts'
import { fromAuthorizedUser } from './authorized-user.ts'
import type { Hop, Identity } from '../token/credential.ts'
import { readDocument } from './document.ts'
import type { CredentialDocument } from './document.ts'
import { fromExternalAccount } from './external-account.ts'
import { fromGithub } from './github.ts'
import { requireGithubPermission } from './github.ts'
import { fromMetadataServer } from './metadata-server.ts'
import { fromServiceAccountKey } from './service-account-key.ts'
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
    return { credential: fromGithub(job, universe, inputs.workloadIdentityProvider), hops: [] }
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
        credential: fromExternalAccount(job, document),
        hops: document.account === undefined ? [] : [{ account: document.account, delegates: [] }]
      }
    case 'impersonated_service_account': {
      const source = fromDocument(job, document.source, universe)
      return { ...source, hops: [...source.hops, { account: document.account, delegates: document.delegates }] }
    }
  }
}
