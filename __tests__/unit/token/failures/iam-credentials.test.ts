import { impersonationRefused } from '../../../../src/token/failures/iam-credentials.ts'
import { iamCredentialsUrl } from '../../../../src/token/google-hosts.ts'
import { readRefusal } from '../../../../src/token/refusal.ts'
import type { Refusal } from '../../../../src/token/refusal.ts'
import { ACCOUNT, answer } from '../../fixtures.ts'
import { apiRefusal, HOSTILE, testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'

type Caller = Parameters<typeof impersonationRefused>[2]

const MINT = iamCredentialsUrl('googleapis.com', ACCOUNT, 'generateIdToken')
const BECOME = iamCredentialsUrl('googleapis.com', ACCOUNT, 'generateAccessToken')
const POOL = '//iam.googleapis.com/projects/4711/locations/global/workloadIdentityPools/ci'
const SET = `principalSet:${POOL}/*`
const CLAIMS = {
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:octo/app:environment:prod',
  repository: 'octo/app',
  repository_id: '4242',
  environment: 'prod',
  event_name: 'push'
}
const REPOSITORY: Caller = {
  principal: `principalSet:${POOL}/attribute.repository/octo/app`,
  federation: { audience: `${POOL}/providers/github`, claims: CLAIMS }
}
const IMMUTABLE: Caller = {
  ...REPOSITORY,
  federation: { audience: `${POOL}/providers/github`, claims: { ...CLAIMS, sub: 'repo:octo@99/app@4242:ref:x' } }
}
const WORKLOAD: Caller = {
  principal: `principal:${POOL}/subject/jane`,
  federation: { audience: `${POOL}/providers/idp`, claims: { iss: 'https://idp.example', sub: 'jane' } }
}
const SERVICE_ACCOUNT: Caller = { principal: 'serviceAccount:ci@shop.iam.gserviceaccount.com' }
const MACHINE: Caller = { principal: 'serviceAccount:SERVICE_ACCOUNT_OF_THIS_MACHINE', machine: {} }
const KNOWN_MACHINE: Caller = {
  principal: 'serviceAccount:vm@shop.iam.gserviceaccount.com',
  machine: { scopes: ['https://www.googleapis.com/auth/devstorage.read_only'] }
}
const PERSON: Caller = { principal: 'user:jane@shop.example' }
const UNKNOWN_PERSON: Caller = { principal: 'user:YOUR_EMAIL' }

const TARGET = { account: ACCOUNT, delegates: [], origin: 'the input service_account' }
const HOP = { ...TARGET, delegates: ['a@shop.iam.gserviceaccount.com'] }
const CHAIN = { ...TARGET, delegates: ['a@shop.iam.gserviceaccount.com', 'b@shop.iam.gserviceaccount.com'] }

const denied = (permission: string): Refusal =>
  apiRefusal(403, `Permission '${permission}' denied on resource (or it may not exist).`, {
    reason: 'IAM_PERMISSION_DENIED',
    metadata: { permission }
  })
const DENIED = denied('iam.serviceAccounts.getOpenIdToken')
const DELEGATION = denied('iam.serviceAccounts.implicitDelegation')
const DISABLED = 'IAM Service Account Credentials API has not been used in project 4711 before or it is disabled.'

const NO_GRANT = /^(?!.*add-iam-policy-binding)/

const DENIALS: [string, FailureRow[1], RegExp, RegExp?][] = [
  [
    'a repository without a grant',
    impersonationRefused(DENIED, MINT, REPOSITORY, TARGET),
    /gave octo\/app \(sub: repo:octo\/app:environment:prod, environment prod\) no ID token of deployer@shop\S+: no grant of iam\.serviceAccounts\.getOpenIdToken matches, or there is no such account\. Grant roles\/iam\.serviceAccountOpenIdTokenCreator on deployer@shop\S+ to this repository, and wait some minutes; if there is no such account, correct the name in the input service_account\. If the grant changes nothing, the provider must map attribute\.repository from assertion\.repository\. Run `gcloud iam service-accounts add-iam-policy-binding deployer@shop\S+ --project=shop --member=principalSet:\S+\/attribute\.repository\/octo\/app --role=roles\/iam\.serviceAccountOpenIdTokenCreator`/,
    /only minutes old.*roles\/iam\.workloadIdentityUser contains.*get-iam-policy deployer@shop.*"principal:\S+\/subject\/repo:octo\/app:environment:prod","principalSet:\S+\/attribute\.repository\/octo\/app","principalSet:\S+\/attribute\.repository_id\/4242".*providers list .*attributeMapping.*environment: prod/
  ],
  [
    'a repository whose sub has numeric ids',
    impersonationRefused(DENIED, MINT, IMMUTABLE, TARGET),
    /sub: repo:octo@99\/app@4242:ref:x.*a binding on subject\/repo:octo\/app:… does not match this form of sub/
  ],
  [
    'a workload of another provider',
    impersonationRefused(DENIED, MINT, WORKLOAD, TARGET),
    /gave the identity of https:\/\/idp\.example \(sub: jane\).*--member=principal:\S+\/subject\/jane /
  ],
  [
    'a workload of which nothing is known',
    impersonationRefused(DENIED, MINT, { principal: SET }, TARGET),
    /gave principalSet:\S+\/\* no ID token(?!.*Run)/,
    /--member=principal:\S+\/subject\/SUBJECT /
  ],
  [
    'a service account without a grant',
    impersonationRefused(DENIED, MINT, SERVICE_ACCOUNT, TARGET),
    /gave ci@shop\S+ no ID token of deployer@shop.*to ci@shop\S+, and wait .*Run `.*--member=serviceAccount:ci@shop\S+ --role=roles\/iam\.serviceAccountOpenIdTokenCreator`/,
    /^(?!.*workloadIdentityUser)/
  ],
  [
    'a machine without a grant',
    impersonationRefused(DENIED, MINT, MACHINE, TARGET),
    /gave the service account of this machine \(the identity of this machine, because workload_identity_provider and credentials_json are empty\) no ID token(?!.*Run)/,
    /default\/email/
  ],
  [
    'a machine without a grant that says who it is',
    impersonationRefused(DENIED, MINT, KNOWN_MACHINE, TARGET),
    /gave vm@shop\S+ \(the identity of this machine, because workload_identity_provider and credentials_json are empty\) no ID token .*Run `.*--member=serviceAccount:vm@shop/
  ],
  [
    'a person without a grant',
    impersonationRefused(DENIED, MINT, PERSON, TARGET),
    /gave jane@shop\.example no ID token.*Run `.*--member=user:jane@shop\.example/
  ],
  [
    'a person of whom nothing is known',
    impersonationRefused(DENIED, MINT, UNKNOWN_PERSON, TARGET),
    /gave the person who signed in no ID token(?!.*Run)/,
    /--member=user:YOUR_EMAIL/
  ],
  [
    'an account that may not become another',
    impersonationRefused(apiRefusal(403, 'The caller does not have permission'), BECOME, SERVICE_ACCOUNT, TARGET),
    /gave ci@shop\S+ no access token of deployer@shop.*no grant of iam\.serviceAccounts\.getAccessToken.*--role=roles\/iam\.serviceAccountTokenCreator`/
  ],
  [
    'a repository that may not become an account',
    impersonationRefused(denied('iam.serviceAccounts.getAccessToken'), BECOME, REPOSITORY, TARGET),
    /no access token of.*--role=roles\/iam\.workloadIdentityUser`/
  ],
  [
    'the only link before the last',
    impersonationRefused(DELEGATION, MINT, SERVICE_ACCOUNT, HOP),
    /no ID token of deployer@\S+ through a@shop\S+: iam\.serviceAccounts\.implicitDelegation is missing, for which ci@shop\S+ needs roles\/iam\.serviceAccountTokenCreator on a@shop\S+ .*Run `gcloud \S+ service-accounts add-iam-policy-binding a@shop\S+ --project=shop --member=serviceAccount:ci@shop\S+ --role=roles\/iam\.serviceAccountTokenCreator`/,
    /service-accounts describe a@shop/
  ],
  [
    'one of several links',
    impersonationRefused(DELEGATION, MINT, SERVICE_ACCOUNT, CHAIN),
    /ci@shop\S+ needs \S+ on a@shop\S+, or a@shop\S+ needs \S+ on b@shop/,
    /^(?!.*binding deployer@).*binding a@shop.*binding b@shop\S+ --project=shop --member=serviceAccount:a@shop/
  ],
  [
    'the last link',
    impersonationRefused(DENIED, MINT, SERVICE_ACCOUNT, CHAIN),
    /getOpenIdToken is missing, for which b@shop\S+ needs roles\/iam\.serviceAccountOpenIdTokenCreator on deployer@shop.*Run `.*binding deployer@shop\S+ --project=shop --member=serviceAccount:b@shop/,
    /Every link of the chain needs a grant: ci@shop\S+ on a@shop\S+, a@shop\S+ on b@shop\S+, b@shop\S+ on deployer@shop/
  ],
  [
    'a machine without the scope',
    impersonationRefused(
      apiRefusal(403, 'Request had insufficient authentication scopes.', { reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }),
      MINT,
      KNOWN_MACHINE,
      TARGET
    ),
    /access token of vm@shop\S+ \(.*\) cannot be used to impersonate deployer@shop\S+: its OAuth scopes are too narrow \(devstorage\.read_only\)\. Give the machine the scope https:\/\/www\.googleapis\.com\/auth\/cloud-platform/,
    /^(?!.*add-iam-policy-binding).*instances stop/
  ],
  [
    'a person without the scope',
    impersonationRefused(apiRefusal(403, 'Request had insufficient authentication scopes.'), MINT, PERSON, TARGET),
    /scopes are too narrow\. Sign in again .*`gcloud auth application-default login`/,
    NO_GRANT
  ],
  [
    'a perimeter',
    impersonationRefused(
      apiRefusal(403, "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aB-c_1", {
        reason: 'SECURITY_POLICY_VIOLATED'
      }),
      MINT,
      SERVICE_ACCOUNT,
      TARGET
    ),
    /VPC Service Controls keep ci@shop\S+ from impersonating deployer@shop.*refusal aB-c_1.*--project=shop`/,
    NO_GRANT
  ],
  [
    'a project that may not be charged',
    impersonationRefused(
      apiRefusal(403, 'Caller does not have required permission to use project octo.', {
        reason: 'USER_PROJECT_DENIED',
        metadata: { consumer: 'projects/octo' }
      }),
      MINT,
      SERVICE_ACCOUNT,
      TARGET
    ),
    /Google does not let ci@shop\S+ charge .* to project octo\. .*`gcloud projects add-iam-policy-binding octo --member=serviceAccount:ci@shop\S+ --role=roles\/serviceusage\.serviceUsageConsumer`/,
    /^(?!.*service-accounts add-iam)/
  ],
  [
    'an access token that did not arrive',
    impersonationRefused(
      apiRefusal(401, 'Request is missing required authentication credential.', { reason: 'CREDENTIALS_MISSING' }),
      MINT,
      SERVICE_ACCOUNT,
      TARGET
    ),
    /did not arrive at iamcredentials\.googleapis\.com\. .*HTTPS_PROXY/,
    NO_GRANT
  ],
  [
    'an access token that Google does not know',
    impersonationRefused(
      apiRefusal(401, 'Request had invalid authentication credentials.'),
      MINT,
      SERVICE_ACCOUNT,
      TARGET
    ),
    /does not accept the access token of ci@shop.*: "Request had invalid authentication credentials"\. Run the job again/,
    NO_GRANT
  ],
  [
    'another status',
    impersonationRefused(apiRefusal(412, 'Precondition.'), MINT, SERVICE_ACCOUNT, TARGET),
    /with status 412: "Precondition"/
  ],
  [
    'an invalid request',
    impersonationRefused(apiRefusal(400, 'Request contains an invalid argument.'), MINT, SERVICE_ACCOUNT, HOP),
    /through a@shop\S+ invalid: "Request contains an invalid argument"\. Check that each of a@shop\S+, deployer@shop\S+ exists/,
    NO_GRANT
  ],
  [
    'a refusal without words',
    impersonationRefused(readRefusal(answer(403)), MINT, SERVICE_ACCOUNT, TARGET),
    /getOpenIdToken/
  ],
  [
    'a hostile refusal',
    impersonationRefused(
      apiRefusal(403, HOSTILE, { reason: HOSTILE, metadata: { permission: HOSTILE } }),
      MINT,
      SERVICE_ACCOUNT,
      TARGET
    ),
    /no grant of x/
  ]
]

testFailures([
  ...DENIALS.map(([what, failure, ...words]): FailureRow => [what, failure, 'IMPERSONATION_DENIED', ...words]),
  [
    'an account that does not exist',
    impersonationRefused(
      apiRefusal(404, `Not found; Gaia id not found for email ${ACCOUNT}`),
      MINT,
      SERVICE_ACCOUNT,
      TARGET
    ),
    'SERVICE_ACCOUNT_NOT_FOUND',
    /no service account deployer@shop\S+: Google answered "Not found; Gaia id.*Correct the name deployer@shop\S+ in the input service_account, or create the account again\. Run `gcloud iam service-accounts list --project=shop /
  ],
  [
    'an API that is off, by its reason',
    impersonationRefused(
      apiRefusal(403, 'Disabled.', { reason: 'SERVICE_DISABLED', metadata: { consumer: 'projects/815' } }),
      MINT,
      REPOSITORY,
      TARGET
    ),
    'API_DISABLED',
    /Credentials API is disabled in project 815\. .*`gcloud services enable iamcredentials\.googleapis\.com --project=815`/
  ],
  [
    "an API that is off in the pool's project, by its words",
    impersonationRefused(apiRefusal(403, DISABLED), MINT, REPOSITORY, TARGET),
    'API_DISABLED',
    /project 4711, the project of your workload identity pool\./
  ],
  [
    'an access token that has expired',
    impersonationRefused(
      apiRefusal(401, 'Request had invalid authentication credentials.', { reason: 'ACCESS_TOKEN_EXPIRED' }),
      MINT,
      SERVICE_ACCOUNT,
      TARGET
    ),
    'CREDENTIALS_EXPIRED',
    /access token of ci@shop\S+, with which deployer@shop\S+ should be impersonated, has expired/
  ]
])
