/**
 * How IAM names the identities of a pool, for the commands that grant them something
 * (https://cloud.google.com/iam/docs/principal-identifiers): those of one GitHub repository, where it is known, else all.
 *
 * @param audience `//iam.googleapis.com/…/workloadIdentityPools/POOL/providers/PROVIDER`, or of a workforce pool
 * @param repository `OWNER/REPOSITORY`
 */
export function federatedPrincipal(audience: string, repository?: string): string {
  const pool = audience.replace(/^(https:)?\/\//, '').replace(/\/providers\/[^/]*$/, '')
  return `principalSet://${pool}/${repository === undefined ? '*' : `attribute.repository/${repository}`}`
}
