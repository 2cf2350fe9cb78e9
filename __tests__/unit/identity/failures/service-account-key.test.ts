import { keyRefused } from '../../../../src/identity/failures/service-account-key.ts'
import { readRefusal } from '../../../../src/token/refusal.ts'
import { ACCOUNT, answer, NOW } from '../../fixtures.ts'
import { HOSTILE, oauthRefusal, testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'

const KEY = { email: ACCOUNT, keyId: 'dff69993' }
const SKEW =
  '{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}'

/** Google refuses the time of an assertion, while its own clock differs by this many seconds. */
const outOfTime = (seconds: number): FailureRow[1] =>
  keyRefused(readRefusal(answer(400, SKEW, { date: new Date(NOW + seconds * 1000).toUTCString() })), KEY, NOW)

testFailures([
  [
    'the key of a deleted account',
    keyRefused(oauthRefusal('invalid_grant', 'Invalid grant: account not found'), KEY, NOW),
    'SERVICE_ACCOUNT_NOT_FOUND',
    /service account deployer@shop\S+, to which key dff69993 of \S+ belongs, does not exist any more\. Use another account.*`gcloud logging read "protoPayload\.methodName=google\.iam\.admin\.v1\.DeleteServiceAccount AND resource\.labels\.email_id:deployer" .*--project=shop`/,
    /undelete UNIQUE_ID --project=shop/
  ],
  [
    'a deleted key',
    keyRefused(oauthRefusal('invalid_grant', 'Invalid JWT Signature.'), KEY, NOW),
    'CREDENTIALS_EXPIRED',
    /no longer accepts key dff69993 of deployer@shop\S+: .*deleted, disabled or has expired \("Invalid JWT Signature"\)\. Set workload_identity_provider.*iam\.disableServiceAccountKeyCreation.*`gcloud iam service-accounts keys list --iam-account=deployer@shop/
  ],
  [
    'a key without id',
    keyRefused(oauthRefusal('invalid_grant', 'Invalid JWT Signature.'), { ...KEY, keyId: undefined }, NOW),
    'CREDENTIALS_EXPIRED',
    /no longer accepts the key of deployer@shop/
  ],
  [
    'the key of a disabled account',
    keyRefused(oauthRefusal('disabled_client', HOSTILE), KEY, NOW),
    'CREDENTIALS_EXPIRED',
    /the service account is disabled \(disabled_client\)\. .*`gcloud iam service-accounts enable deployer@shop/
  ],
  [
    'a clock that is ahead',
    outOfTime(-412),
    'CREDENTIALS_EXPIRED',
    /key dff69993 .* because this machine's clock is 412 s ahead of Google's\. Set the clock/
  ],
  ['a clock that is behind', outOfTime(600), 'CREDENTIALS_EXPIRED', /clock is 600 s behind Google's/],
  [
    'an assertion that is out of time although the clocks agree',
    outOfTime(-1),
    'CREDENTIALS_EXPIRED',
    /although the clocks .* agree \(1 s apart\)\. Run the job again/,
    /^(?!.*set the clock)/i
  ],
  [
    'a clock of which nothing is known',
    keyRefused(readRefusal(answer(400, SKEW)), KEY, NOW),
    'CREDENTIALS_EXPIRED',
    /because this machine's clock differs from Google's\./
  ],
  [
    'an audience that Google does not take',
    keyRefused(oauthRefusal('invalid_scope', 'Invalid OAuth scope or ID token audience provided.'), KEY, NOW, 'no/url'),
    'INPUT_INVALID',
    /does not accept the audience no\/url, .*: "Invalid OAuth scope or ID token audience provided"\. Set the input audience/
  ]
])
