import { readRefusal } from '../../../../src/token/refusal.ts'
import {
  credentialsInvalid,
  credentialsNotFound,
  credentialsUnsupported,
  serviceAccountRequired
} from '../../../../src/identity/failures/credentials.ts'
import { keyRefused } from '../../../../src/identity/failures/service-account-key.ts'
import { userRefused } from '../../../../src/identity/failures/authorized-user.ts'
import { ACCOUNT, answer, NOW } from '../../fixtures.ts'
import { HOSTILE, oauthRefusal, testFailures } from '../../rows.ts'

const CREDENTIAL = { description: 'external account (file)', principal: 'principalSet://iam.googleapis.com/x/*' }
const SKEW =
  '{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}'
const date = (seconds: number): { date: string } => ({ date: new Date(NOW + seconds * 1000).toUTCString() })

testFailures([
  [
    'no credential in a job',
    credentialsNotFound(['A: not set', HOSTILE], { GITHUB_ACTIONS: 'true' }),
    'CREDENTIALS_NOT_FOUND',
    /A: not set;.*id-token: write/
  ],
  [
    'no credential elsewhere',
    credentialsNotFound(['A: not set'], {}),
    'CREDENTIALS_NOT_FOUND',
    /gcloud auth application-default login/
  ],
  [
    'a broken document',
    credentialsInvalid('credentials_json', '"type" is missing'),
    'CREDENTIALS_INVALID',
    /credentials_json.*"type" is missing/
  ],
  [
    'a document of another universe',
    credentialsInvalid(HOSTILE, 'it is for the universe "a.b"', { universe: 'a.b' }),
    'CREDENTIALS_INVALID',
    /Set the input universe to a\.b,.*"universe: a\.b"/
  ],
  [
    'a document with a foreign host',
    credentialsInvalid('x', '"token_uri" points to https://a.b', 'foreign host'),
    'CREDENTIALS_INVALID',
    /tampered.*Do not use the document/
  ],
  [
    'a file that is not there',
    credentialsInvalid('the file x', 'it does not exist', 'missing file'),
    'CREDENTIALS_INVALID',
    /^(?!.*checkout).*is misspelled.*name a file that exists/
  ],
  [
    'a file that a checkout removed',
    credentialsInvalid('the file x', 'it does not exist', 'removed file'),
    'CREDENTIALS_INVALID',
    /checkout after google-github-actions\/auth removed.*Put actions\/checkout before/
  ],
  [
    'a file that nobody may read',
    credentialsInvalid('the file x', 'it cannot be read (EACCES)', 'unreadable file'),
    'CREDENTIALS_INVALID',
    /EACCES.*let the user of the job read it/
  ],
  [
    'a source over plain http',
    credentialsInvalid('x', '"url" is not https', 'plain http'),
    'CREDENTIALS_INVALID',
    /https URL/
  ],
  [
    'a key that was spoilt on its way',
    credentialsInvalid('x', '"private_key" is not a private key in PEM', 'private key'),
    'CREDENTIALS_INVALID',
    /line breaks.*base64 < key/
  ],
  [
    'a document whose text speaks of a universe, and is merely broken',
    credentialsInvalid('x', '"universe points to" is missing'),
    'CREDENTIALS_INVALID',
    /was cut or quoted(?!.*tampered)/
  ],
  ['an API key', credentialsUnsupported('x', 'an API key'), 'CREDENTIALS_UNSUPPORTED', /is an API key/],
  [
    'an identity without account',
    serviceAccountRequired(CREDENTIAL),
    'SERVICE_ACCOUNT_REQUIRED',
    /--member='principalSet:\/\/iam.*serviceAccountOpenIdTokenCreator.*workloadIdentityUser/
  ],
  [
    'the key of a deleted account',
    keyRefused(oauthRefusal('invalid_grant', 'Invalid grant: account not found'), ACCOUNT, NOW),
    'SERVICE_ACCOUNT_NOT_FOUND',
    /deployer@shop.*undelete/
  ],
  [
    'a deleted key',
    keyRefused(oauthRefusal('invalid_grant', 'Invalid JWT Signature.'), ACCOUNT, NOW),
    'CREDENTIALS_EXPIRED',
    /key was deleted.*keys list --iam-account=deployer@shop/
  ],
  [
    'the key of a disabled account',
    keyRefused(oauthRefusal('disabled_client', HOSTILE), ACCOUNT, NOW),
    'CREDENTIALS_EXPIRED',
    /account is disabled/
  ],
  [
    'a clock that is ahead',
    keyRefused(readRefusal(answer(400, SKEW, date(-600))), ACCOUNT, NOW),
    'CREDENTIALS_EXPIRED',
    /600 s ahead of Google/
  ],
  [
    'a clock that is behind',
    keyRefused(readRefusal(answer(400, SKEW, date(600))), ACCOUNT, NOW),
    'CREDENTIALS_EXPIRED',
    /600 s behind Google/
  ],
  [
    'a clock of which nothing is known',
    keyRefused(readRefusal(answer(400, SKEW)), ACCOUNT, NOW),
    'CREDENTIALS_EXPIRED',
    /clock of this machine differs from Google's(?!.*\d s )/
  ],
  [
    'a workforce user who has to sign in again',
    userRefused(
      oauthRefusal('invalid_grant', 'Token has been expired or revoked.'),
      '//iam.googleapis.com/locations/global/workforcePools/staff'
    ),
    'CREDENTIALS_EXPIRED',
    /create-login-config locations\/global\/workforcePools\/staff\/providers.*login --login-config=/
  ],
  [
    'a revoked refresh token',
    userRefused(oauthRefusal('invalid_grant', 'Token has been expired or revoked.')),
    'CREDENTIALS_EXPIRED',
    /was revoked or has expired/
  ],
  [
    'a demand to sign in again',
    userRefused(
      oauthRefusal('invalid_grant', 'reauth related error (invalid_rapt)', { error_subtype: 'invalid_rapt' })
    ),
    'CREDENTIALS_EXPIRED',
    /re-authentication/
  ],
  [
    'a deleted OAuth client',
    userRefused(oauthRefusal('invalid_client', 'The OAuth client was not found.')),
    'CREDENTIALS_EXPIRED',
    /OAuth client in the document was deleted/
  ],
  [
    'a refusal without words',
    userRefused(readRefusal(answer(400))),
    'CREDENTIALS_EXPIRED',
    /auth application-default login/
  ]
])
