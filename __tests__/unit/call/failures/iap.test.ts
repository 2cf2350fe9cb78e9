import { SERVICE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'
import { failed } from './failed-calls.ts'

const CLIENT = '1-a.apps.googleusercontent.com'
const OTHER_AUDIENCE = 'Invalid IAP credentials: Invalid JWT audience.'
const RESOURCE = String.raw`--resource-type=cloud-run --service=shop --region=europe-west1 --project=\$\(gcloud projects describe \d+ .*\)`

const ROWS: [string, FailureRow[1], RegExp, RegExp?][] = [
  [
    'another audience, with a client id',
    failed('iap', 401, OTHER_AUDIENCE, { clientId: CLIENT }),
    /did not let deployer@shop\S+ through to https:\S+ \(401, "Invalid JWT audience"; the token's audience is https:\S+; IAP's client id is 1-a\.apps\S+\): IAP accepts ID tokens for its own OAuth client only.*\. Set token to iap_jwt, which needs no OAuth client, only roles\/iam\.serviceAccountTokenCreator on deployer@shop\S+ for the identity of this job; or set audience to 1-a\.apps/,
    new RegExp(
      `audience: 1-a\\.apps.*gcloud beta iap settings get ${RESOURCE}.*accessSettings:.*gcloud beta iap settings set iap\\.yaml ${RESOURCE}`
    )
  ],
  [
    'a redirect without a client id',
    failed('iap', 302, ''),
    /\(302; .*Set token to iap_jwt.*set audience to IAP's OAuth client id/,
    /client_id=/
  ],
  [
    'a missing role',
    failed('iap', 403, HOSTILE),
    new RegExp(
      `lacks roles/iap\\.httpsResourceAccessor\\. Grant .* Run \`gcloud beta iap web add-iam-policy-binding ${RESOURCE} --member=serviceAccount:deployer@shop\\S+ --role=roles/iap\\.httpsResourceAccessor\``
    )
  ],
  [
    'a missing role behind a load balancer',
    failed('iap', 403, '', { url: 'https://shop.example' }),
    /lacks roles\/iap\.httpsResourceAccessor(?!.*Run)/,
    /--resource-type=backend-services --service=BACKEND --project=PROJECT/
  ],
  [
    'a missing role of a person',
    failed('iap', 403, '', { email: 'jane@shop.example' }),
    /--member=user:jane@shop\.example /
  ],
  [
    "its own client's id",
    failed('iap', 401, OTHER_AUDIENCE, { clientId: CLIENT, audience: CLIENT }),
    /audience is IAP's own client id.*Set token to iap_jwt, .*put an OAuth client of your own on IAP's list programmaticClients, and set audience to that client instead of 1-a/,
    /programmaticClients:/
  ],
  [
    'no token at all',
    failed('iap', 302, 'Invalid IAP credentials: empty token', { clientId: CLIENT }),
    /IAP saw no token, though one travelled in Authorization\. Set token_header to Proxy-Authorization, and audience to 1-a/
  ],
  [
    'no token in a header of its own',
    failed('iap', 401, 'Invalid IAP credentials: empty token', { tokenHeader: 'X-Serverless-Authorization' }),
    /travelled in X-Serverless-Authorization\. Set token_header to Proxy-Authorization\./
  ],
  [
    'no token in Proxy-Authorization',
    failed('iap', 401, 'Invalid IAP credentials: empty token', { tokenHeader: 'Proxy-Authorization' }),
    /Set token_header to Authorization, and see what stands before IAP/
  ],
  [
    'something else',
    failed('iap', 401, 'Invalid IAP credentials: Unable to parse JWT'),
    /no ID token of Google\. Leave tokens out of headers/
  ],
  [
    'a token without e-mail',
    failed('iap', 401, "Invalid IAP credentials: JWT 'email' claim isn't a string", { clientId: CLIENT }),
    /has no e-mail.*token_header to Proxy-Authorization, and audience to 1-a/
  ],
  [
    'a token that has expired',
    failed('iap', 401, 'OpenID Connect token expired: JWT has expired', { clientId: CLIENT }),
    /had expired by IAP's clock\. .*check the clock of this machine, and set audience to 1-a/,
    /date -u/
  ],
  [
    'a signed JWT for another URL',
    failed('iap', 401, 'Invalid IAP credentials: Invalid bearer token. Invalid JWT audience.', {
      kind: 'iap_jwt',
      audience: 'https://other.example/*',
      clientId: CLIENT
    }),
    /for the URL that IAP saw, which was https:\/\/shop\S+ when it left this machine\. Leave audience empty, which means https:\/\/shop-\S+\/\*/,
    /^(?!.*programmaticClients)/
  ],
  [
    'a signed JWT for the URL that was called',
    failed('iap', 401, 'Invalid IAP credentials: Invalid bearer token. Invalid JWT audience.', {
      kind: 'iap_jwt',
      audience: `${SERVICE}/*`
    }),
    /Set audience to the host that IAP sees/
  ],
  [
    'a signed JWT that is not taken',
    failed('iap', 401, 'Invalid IAP credentials: JWT signature is invalid', { kind: 'iap_jwt' }),
    /did not take the JWT that deployer@shop\S+ signed/
  ],
  [
    'an IAP without a client',
    failed('infrastructure', 502, 'Empty Google Account OAuth client ID(s)/secret(s).'),
    /has no OAuth client\. Configure an OAuth client for IAP/,
    /^(?!.*audience to)/
  ],
  [
    'an IAP without its account',
    failed('application', 500, 'The IAP service account is not provisioned. Please follow the instructions'),
    new RegExp(
      `IAP is not set up completely.*Run \`gcloud beta services identity create --service=iap\\.googleapis\\.com --project=\\$\\(gcloud projects describe 123456789012`
    ),
    /--member=serviceAccount:service-123456789012@gcp-sa-iap/
  ]
]

testFailures(ROWS.map(([what, failure, ...words]) => [what, failure, 'IAP_REJECTED', ...words]))
