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

/** `iam.googleapis.com/…/workloadIdentityPools/POOL` */
function poolOf(audience: string): string {
  return audience.replace(/^(https:)?\/\//, '').replace(/\/providers\/[^/]*$/, '')
}

/** A service account as IAM names it. */
export function serviceAccountPrincipal(account: string): string {
  return `serviceAccount:${account}`
}

/** Stands for the account of a machine, which its metadata server knows. */
export const MACHINE_ACCOUNT = 'SERVICE_ACCOUNT_OF_THIS_MACHINE'

/** Stands for somebody whose credentials do not say the e-mail. */
export const UNKNOWN_PERSON = 'YOUR_EMAIL'

/** Stands in a command where nobody knows the account. */
const UNKNOWN_ACCOUNT = 'NAME@PROJECT.iam.gserviceaccount.com'

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

/**
 * What has to be so before a binding to `principalSet://…/attribute.NAME/VALUE` can act, as lines below the command: the
 * provider maps the attribute. https://cloud.google.com/iam/docs/workload-identity-federation#mapping
 */
export function mappingNote(principal: string): string[] {
  const [, project, pool, attribute] =
    /\/projects\/(\w+)\/locations\/global\/workloadIdentityPools\/([\w-]+)\/attribute\.(\w+)\//.exec(principal) ?? []
  if (project === undefined || pool === undefined || attribute === undefined) return []
  const name = `attribute.${safeText(attribute)}`
  return [
    `# principalSet://… stands for every identity of the pool ${pool} with this ${safeText(attribute)}.`,
    `# The provider must map ${name} (${name}=assertion.${safeText(attribute)}), or nobody is in this principalSet; see whether it does:`,
    `gcloud iam workload-identity-pools providers list --workload-identity-pool=projects/${project}/locations/global/workloadIdentityPools/${pool} --format="yaml(name, attributeMapping)"`
  ]
}
