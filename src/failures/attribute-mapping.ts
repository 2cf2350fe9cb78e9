import { safeText } from '../safe-text.ts'

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
