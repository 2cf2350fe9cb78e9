import { UNKNOWN_ACCOUNT } from '../failure/snippets.ts'
import { safeText } from '../guard/safe-text.ts'

/**
 * How IAM names the identities of a pool, for the commands that grant them something
 * (https://cloud.google.com/iam/docs/principal-identifiers): those of one GitHub repository, where it is known, else all.
 *
 * @param audience `//iam.googleapis.com/…/workloadIdentityPools/POOL/providers/PROVIDER`, or of a workforce pool
 * @param repository `OWNER/REPOSITORY`
 */
export function federatedPrincipal(audience: string, repository?: string): string {
  return `principalSet://${poolOf(audience)}/${repository === undefined ? '*' : `attribute.repository/${repository}`}`
}

/** The same for one of them. Its subject is what the provider maps to `google.subject`, mostly the claim `sub`. */
export function subjectPrincipal(audience: string, subject: string): string {
  return `principal://${poolOf(audience)}/subject/${subject}`
}

/** The name of a provider taken apart; every part can stand in a command as it is. */
export interface Provider {
  readonly kind: 'workload-identity' | 'workforce'
  /** The number of the project in which a workload identity pool is. */
  readonly project?: string
  readonly pool: string
  readonly provider: string
}

/** @param audience `//iam.googleapis.com/…/providers/PROVIDER`; undefined where it has another form */
export function parseProvider(audience: string): Provider | undefined {
  const name = audience.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, '')
  const [, project, pool, provider] =
    /^projects\/(\d+)\/locations\/global\/workloadIdentityPools\/(\w[\w-]*)\/providers\/(\w[\w-]*)$/.exec(name) ?? []
  if (project !== undefined && pool !== undefined && provider !== undefined)
    return { kind: 'workload-identity', project, pool, provider }
  const [, staff, idp] = /^locations\/global\/workforcePools\/(\w[\w-]*)\/providers\/(\w[\w-]*)$/.exec(name) ?? []
  return staff === undefined || idp === undefined ? undefined : { kind: 'workforce', pool: staff, provider: idp }
}

/** `iam.googleapis.com/…/workloadIdentityPools/POOL` */
function poolOf(audience: string): string {
  return audience.replace(/^(https:)?\/\//, '').replace(/\/providers\/[^/]*$/, '')
}

/** One of a pool where all of them would be too many to grant something to: the reader fills in SUBJECT. */
export function narrowPrincipal(principal: string): string {
  return principal.endsWith('/*')
    ? `${principal.replace(/^principalSet:/, 'principal:').slice(0, -1)}subject/SUBJECT`
    : principal
}

/** A service account as IAM names it. */
export function serviceAccountPrincipal(account: string): string {
  return `serviceAccount:${account}`
}

/** Stands for the account of a machine, which its metadata server knows. */
export const MACHINE_ACCOUNT = 'SERVICE_ACCOUNT_OF_THIS_MACHINE'

/** Stands for a person whose credentials do not have the e-mail. */
export const UNKNOWN_PERSON = 'YOUR_EMAIL'

/** Whether a token with this e-mail is a person's. */
export function isPerson(email: string): boolean {
  return email !== '' && !email.toLowerCase().endsWith('.gserviceaccount.com')
}

/** How IAM names the holder of a token (https://cloud.google.com/iam/docs/principal-identifiers), for commands that grant something. */
export function memberOf(email: string): string {
  const known = safeText(email)
  if (known === '') return serviceAccountPrincipal(UNKNOWN_ACCOUNT)
  return isPerson(known) ? `user:${known}` : serviceAccountPrincipal(known)
}
