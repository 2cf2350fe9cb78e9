import assert from 'node:assert/strict'
import { test } from 'node:test'
import { federatedPrincipal } from '../../../src/token/principal.ts'

const POOL = 'iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci'

const PRINCIPALS: [string, string, string | undefined, string][] = [
  ['a pool', `//${POOL}/providers/github`, undefined, `principalSet://${POOL}/*`],
  ['a repository', `//${POOL}/providers/github`, 'shop/web', `principalSet://${POOL}/attribute.repository/shop/web`],
  ['a pool named by a URL', `https://${POOL}/providers/github`, undefined, `principalSet://${POOL}/*`],
  [
    'a workforce pool',
    '//iam.googleapis.com/locations/global/workforcePools/staff/providers/okta',
    undefined,
    'principalSet://iam.googleapis.com/locations/global/workforcePools/staff/*'
  ]
]

for (const [what, audience, repository, principal] of PRINCIPALS) {
  test(`IAM's name for the identities of ${what} is ${principal}.`, () => {
    assert.equal(federatedPrincipal(audience, repository), principal)
  })
}
