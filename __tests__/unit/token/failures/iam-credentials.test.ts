import { impersonationRefused } from '../../../../src/token/failures/iam-credentials.ts'
import { iamCredentialsUrl } from '../../../../src/token/google-hosts.ts'
import { readRefusal } from '../../../../src/token/refusal.ts'
import { ACCOUNT, answer } from '../../fixtures.ts'
import { apiRefusal, HOSTILE, testFailures } from '../../rows.ts'

const MINT = iamCredentialsUrl('googleapis.com', ACCOUNT, 'generateIdToken')
const BECOME = iamCredentialsUrl('googleapis.com', ACCOUNT, 'generateAccessToken')
const POOL = 'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*'
const OTHER = 'serviceAccount:ci@shop.iam.gserviceaccount.com'
const HOP = { account: ACCOUNT, delegates: [] }
const CHAIN = { account: ACCOUNT, delegates: ['a@shop.iam.gserviceaccount.com', 'b@shop.iam.gserviceaccount.com'] }

const DENIED = apiRefusal(
  403,
  "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).",
  { reason: 'IAM_PERMISSION_DENIED', metadata: { permission: 'iam.serviceAccounts.getOpenIdToken' } }
)
const DISABLED =
  'IAM Service Account Credentials API has not been used in project 4711 before or it is disabled. Enable it by visiting https://console.developers.google.com/ then retry.'

testFailures([
  [
    'a pool that may not mint',
    impersonationRefused(DENIED, MINT, POOL, HOP),
    'IMPERSONATION_DENIED',
    /^(?=.*principalSet:\/\/.* may not impersonate deployer@shop)(?=.*getOpenIdToken)(?=.*add-iam-policy-binding deployer@shop).*--member=.principalSet:.*roles\/iam\.serviceAccountOpenIdTokenCreator.*roles\/iam\.workloadIdentityUser/
  ],
  [
    'an account that may not mint',
    impersonationRefused(DENIED, MINT, OTHER, HOP),
    'IMPERSONATION_DENIED',
    /--member=serviceAccount:ci@shop.*roles\/iam\.serviceAccountOpenIdTokenCreator/
  ],
  [
    'an account that may not become another',
    impersonationRefused(apiRefusal(403, 'The caller does not have permission'), BECOME, OTHER, HOP),
    'IMPERSONATION_DENIED',
    /getAccessToken.*roles\/iam\.serviceAccountTokenCreator/
  ],
  [
    'a broken chain',
    impersonationRefused(DENIED, MINT, OTHER, CHAIN),
    'IMPERSONATION_DENIED',
    /binding a@shop.*ci@shop.*binding b@shop.*serviceAccount:a@shop.*binding deployer@shop.*serviceAccount:b@shop/
  ],
  [
    'a machine without the scope',
    impersonationRefused(
      apiRefusal(403, 'Request had insufficient authentication scopes.', { reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }),
      MINT,
      OTHER,
      HOP
    ),
    'IMPERSONATION_DENIED',
    /^(?!.*add-iam-policy-binding)(?!.*permission).*scope https:\/\/www\.googleapis\.com\/auth\/cloud-platform/
  ],
  [
    'a pool that may not mint for its repository',
    impersonationRefused(DENIED, MINT, POOL.replace(/\*$/, 'attribute.repository/a/b'), HOP),
    'IMPERSONATION_DENIED',
    /provider must map attribute\.repository \(attribute\.repository=assertion\.repository\).*--workload-identity-pool=projects\/1\/locations\/global\/workloadIdentityPools\/ci /
  ],
  [
    'a pool that may not become an account',
    impersonationRefused(apiRefusal(403, 'The caller does not have permission'), BECOME, POOL, HOP),
    'IMPERSONATION_DENIED',
    /role=roles\/iam\.workloadIdentityUser/
  ],
  [
    'a chain with a link missing in the middle',
    impersonationRefused(
      apiRefusal(403, 'Permission denied.', {
        reason: 'IAM_PERMISSION_DENIED',
        metadata: { permission: 'iam.serviceAccounts.implicitDelegation' }
      }),
      MINT,
      OTHER,
      CHAIN
    ),
    'IMPERSONATION_DENIED',
    /A link before the last one is missing: serviceAccount:ci@shop\S* on a@shop\S*, a@shop\S* on b@shop/
  ],
  [
    'a perimeter',
    impersonationRefused(
      apiRefusal(403, "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: Xy-1", {
        reason: 'SECURITY_POLICY_VIOLATED'
      }),
      MINT,
      OTHER,
      HOP
    ),
    'IMPERSONATION_DENIED',
    /^(?!.*permission)(?!.*add-iam-policy-binding).*VPC Service Controls keep serviceAccount:ci@shop.*Xy-1/
  ],
  [
    'a project that may not be charged',
    impersonationRefused(
      apiRefusal(403, 'Caller does not have required permission to use project octo.', {
        reason: 'USER_PROJECT_DENIED',
        metadata: { consumer: 'projects/octo' }
      }),
      MINT,
      OTHER,
      HOP
    ),
    'IMPERSONATION_DENIED',
    /^(?!.*service-accounts add-iam).*serviceusage\.serviceUsageConsumer on project octo.*gcloud projects add-iam-policy-binding octo/
  ],
  [
    'an access token that did not arrive',
    impersonationRefused(
      apiRefusal(401, 'Request is missing required authentication credential.', { reason: 'CREDENTIALS_MISSING' }),
      MINT,
      OTHER,
      HOP
    ),
    'IMPERSONATION_DENIED',
    /^(?!.*add-iam-policy-binding)(?!.*is missing:).*does not know the access token.*did not arrive/
  ],
  [
    'an access token that Google does not know',
    impersonationRefused(apiRefusal(401, 'Request had invalid authentication credentials.'), MINT, OTHER, HOP),
    'IMPERSONATION_DENIED',
    /^(?!.*add-iam-policy-binding).*was revoked/
  ],
  [
    'another status',
    impersonationRefused(apiRefusal(412, 'Precondition.'), MINT, OTHER, HOP),
    'IMPERSONATION_DENIED',
    /with status 412/
  ],
  [
    'an invalid request',
    impersonationRefused(apiRefusal(400, 'Request contains an invalid argument.'), MINT, OTHER, HOP),
    'IMPERSONATION_DENIED',
    /^(?!.*add-iam-policy-binding).*calls the request.*invalid.*delegates and audience/
  ],
  [
    'a refusal without words',
    impersonationRefused(readRefusal(answer(403)), MINT, OTHER, HOP),
    'IMPERSONATION_DENIED',
    /getOpenIdToken/
  ],
  [
    'a hostile refusal',
    impersonationRefused(
      apiRefusal(403, HOSTILE, { reason: HOSTILE, metadata: { permission: HOSTILE } }),
      MINT,
      OTHER,
      HOP
    ),
    'IMPERSONATION_DENIED',
    /may not impersonate/
  ],
  [
    'an account that does not exist',
    impersonationRefused(apiRefusal(404, `Not found; Gaia id not found for email ${ACCOUNT}`), MINT, OTHER, HOP),
    'SERVICE_ACCOUNT_NOT_FOUND',
    /no service account deployer@shop.*service-accounts list --project=shop/
  ],
  [
    'an API that is off, by its reason',
    impersonationRefused(
      apiRefusal(403, 'Disabled.', { reason: 'SERVICE_DISABLED', metadata: { consumer: 'projects/4711' } }),
      MINT,
      OTHER,
      HOP
    ),
    'API_DISABLED',
    /services enable iamcredentials\.googleapis\.com --project=4711/
  ],
  [
    'an API that is off, by its words',
    impersonationRefused(apiRefusal(403, DISABLED), MINT, OTHER, HOP),
    'API_DISABLED',
    /--project=4711/
  ],
  [
    'an access token that has expired',
    impersonationRefused(
      apiRefusal(401, 'Request had invalid authentication credentials.', { reason: 'ACCESS_TOKEN_EXPIRED' }),
      MINT,
      OTHER,
      HOP
    ),
    'CREDENTIALS_EXPIRED',
    /has expired/
  ]
])
