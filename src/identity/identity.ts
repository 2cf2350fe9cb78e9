import { serviceAccountRequired, signatureUnsupported } from './failures/credentials.ts'
import { emailRequired } from '../inputs/failures.ts'
import type { IdentityInputs } from '../inputs/identity-inputs.ts'
import { explainWithheld } from '../world/failures/restricted-run.ts'
import { findRestriction } from '../world/restricted-run.ts'
import type { Step } from '../world/step.ts'
import { findApplicationDefault } from './application-default.ts'
import { fromAuthorizedUser } from './authorized-user.ts'
import type { Impersonation, Identity } from '../token/credential.ts'
import { readDocument, type CredentialDocument } from './document.ts'
import { fromExternalAccount } from './external-account.ts'
import { fromGithub, requireGithubPermission } from './github.ts'
import { fromMetadataServer } from './metadata-server.ts'
import { fromServiceAccountKey } from './service-account-key.ts'
import { fromWorkforceUser } from './workforce-user.ts'

/**
 * Finds the identity of the job. Makes no request, except to look for a metadata server.
 *
 * @throws {Failure} CREDENTIALS_…, SERVICE_ACCOUNT_REQUIRED, OIDC_UNAVAILABLE
 */
export async function findIdentity(step: Step, inputs: IdentityInputs): Promise<Identity> {
  const start = await findCredential(step, inputs)
  const identity = { ...start, impersonations: addImpersonation(start, inputs) }
  await checkKind(step, inputs, identity)
  if (inputs.workloadIdentityProvider !== undefined) await requireGithubPermission(step)
  return identity
}

/** Whether the identity can have a token of the kind that is wanted. */
async function checkKind(
  step: Step,
  { token, workloadIdentityProvider }: IdentityInputs,
  { credential, impersonations }: Identity
): Promise<void> {
  const account = impersonations.at(-1)?.account
  // google-github-actions/auth leaves the only documents whose token comes from GitHub.
  const isOfAuth = workloadIdentityProvider === undefined && credential.principal.includes('/attribute.repository/')
  if (account === undefined && credential.idToken === undefined) {
    const withheld = explainWithheld(step.env, await findRestriction(step.env))
    throw serviceAccountRequired(credential, isOfAuth, withheld)
  }
  if (token === 'id_token') return
  if (account === undefined && credential.signJwt === undefined) throw signatureUnsupported(credential)
  if (account !== undefined && !account.includes('@')) throw emailRequired(account)
}

async function findCredential(step: Step, inputs: IdentityInputs): Promise<Identity> {
  const { universe } = inputs
  if (inputs.workloadIdentityProvider !== undefined) {
    return { credential: fromGithub(step, universe, inputs.workloadIdentityProvider), impersonations: [] }
  }
  if (inputs.credentialsJson !== undefined) {
    return fromDocument(step, readDocument(step.masks, inputs.credentialsJson, 'credentials_json', universe), universe)
  }
  const found = await findApplicationDefault(step, universe, inputs.serviceAccount !== undefined)
  return found.kind === 'metadata server'
    ? { credential: fromMetadataServer(step, universe), impersonations: [] }
    : fromDocument(step, found.document, universe)
}

/**
 * The impersonation of the account that the inputs ask for. An account that the credential stands for already is not impersonated
 * twice: that would need a role of the account on itself.
 */
function addImpersonation({ credential, impersonations }: Identity, inputs: IdentityInputs): readonly Impersonation[] {
  const { serviceAccount: account, delegates } = inputs
  if (account === undefined) return impersonations
  const wanted = { account, delegates, origin: 'the input service_account' }
  const last = impersonations.at(-1)
  if (!isSame(last?.account ?? credential.account, account)) return [...impersonations, wanted]
  return last === undefined || delegates.length === 0 ? impersonations : [...impersonations.slice(0, -1), wanted]
}

/** E-mails of service accounts have no upper case, but people write some. */
function isSame(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase()
}

/**
 * The credential that a document describes, and the accounts that the document itself impersonates.
 *
 * @param impersonates the account for which a document around this one was made
 */
function fromDocument(step: Step, document: CredentialDocument, universe: string, impersonates?: string): Identity {
  switch (document.type) {
    case 'service_account':
      return { credential: fromServiceAccountKey(step, universe, document), impersonations: [] }
    case 'authorized_user':
      return { credential: fromAuthorizedUser(step, document, impersonates), impersonations: [] }
    case 'external_account_authorized_user':
      return { credential: fromWorkforceUser(step, document), impersonations: [] }
    case 'external_account': {
      const { account, origin } = document
      const impersonations = account === undefined ? [] : [{ account, delegates: [], origin }]
      return { credential: fromExternalAccount(step, document), impersonations }
    }
    case 'impersonated_service_account': {
      const source = fromDocument(step, document.source, universe, impersonates ?? document.account)
      return { ...source, impersonations: [...source.impersonations, document] }
    }
  }
}
