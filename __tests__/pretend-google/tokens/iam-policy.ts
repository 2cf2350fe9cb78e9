import type { Principal } from './access-tokens.ts'

/** https://cloud.google.com/iam/docs/roles-permissions: the permissions that matter here. */
const ROLES = {
  'roles/iam.workloadIdentityUser': [
    'iam.serviceAccounts.get',
    'iam.serviceAccounts.getAccessToken',
    'iam.serviceAccounts.getOpenIdToken',
    'iam.serviceAccounts.list'
  ],
  'roles/iam.serviceAccountTokenCreator': [
    'iam.serviceAccounts.get',
    'iam.serviceAccounts.getAccessToken',
    'iam.serviceAccounts.getOpenIdToken',
    'iam.serviceAccounts.implicitDelegation',
    'iam.serviceAccounts.list',
    'iam.serviceAccounts.signBlob',
    'iam.serviceAccounts.signJwt'
  ],
  'roles/iam.serviceAccountOpenIdTokenCreator': ['iam.serviceAccounts.getOpenIdToken'],
  'roles/run.invoker': ['run.routes.invoke'],
  'roles/run.viewer': ['run.services.get'],
  'roles/iap.httpsResourceAccessor': ['iap.webServiceVersions.accessViaIAP']
} as const satisfies Record<string, readonly string[]>

type Role = keyof typeof ROLES

/** A grant takes a while to act: https://cloud.google.com/iam/docs/access-change-propagation */
export interface Propagation {
  /** How often the grant is looked at before it acts. */
  readonly afterRequests?: number
}

export interface Policy {
  /**
   * @param member `principal://…`, `principalSet://…`, `serviceAccount:…`, `user:…` or `allUsers`
   * @param resource a service account's e-mail, a service's host (and `/FUNCTION`), or `projects/NUMBER`
   */
  grant: (member: string, permissions: Role | readonly string[], resource: string, propagation?: Propagation) => void
  allows: (principal: Principal | undefined, permission: string, resource: string) => boolean
}

export function createPolicy(): Policy {
  const bindings: {
    readonly member: string
    readonly permissions: readonly string[]
    readonly resource: string
    requestsLeft: number
  }[] = []

  return {
    grant(member, permissions, resource, { afterRequests = 0 } = {}) {
      bindings.push({
        member,
        permissions: typeof permissions === 'string' ? ROLES[permissions] : permissions,
        resource,
        requestsLeft: afterRequests
      })
    },
    allows(principal, permission, resource) {
      const members = ['allUsers', ...(principal === undefined ? [] : ['allAuthenticatedUsers', ...principal.members])]
      const matching = bindings.filter(
        (binding) =>
          binding.resource === resource && binding.permissions.includes(permission) && members.includes(binding.member)
      )
      // Every binding is looked at, so that each counts the requests it has seen.
      return matching.map((binding) => binding.requestsLeft-- <= 0).includes(true)
    }
  }
}
