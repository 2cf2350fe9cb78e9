import { readRefusal } from '../../../../src/token/refusal.ts'
import { federationRejected } from '../../../../src/token/failures/sts.ts'
import { subjectTokenUnavailable } from '../../../../src/identity/failures/subject-token.ts'
import { answer } from '../../fixtures.ts'
import { HOSTILE, oauthRefusal, testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'

const PROVIDER = 'projects/1/locations/global/workloadIdentityPools/ci/providers/github'

const CLAIMS = { iss: 'https://ghes.example/_services/token', sub: 'repo:a/b:ref:x', aud: 'https://a' }
const IMMUTABLE = { sub: 'repo:a@1/b@2:ref:x', repository_owner_id: '1', repository_id: '2' }

/** STS's error and words, and what they mean. */
const REFUSALS: [string, string, RegExp][] = [
  [
    'unauthorized_client',
    'The given credential is rejected by the attribute condition.',
    /attribute condition is not true.*attributeCondition/
  ],
  [
    'invalid_target',
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    /does not exist, is disabled or was deleted/
  ],
  ['invalid_grant', 'ID Token issued at 1795440000 is stale to sign-in.', /too old/],
  [
    'access_denied',
    'Security Token Service API has not been used in project 123456789012 before or it is disabled.',
    /services enable sts\.googleapis\.com --project=123456789012/
  ],
  [
    'invalid_grant',
    'The issuer in ID Token https://ghes.example/_services/token does not match the expected ones: https://token.actions.githubusercontent.com/',
    /trusts another issuer than https:\/\/ghes.*GitHub Enterprise Server.*issuerUri.*--issuer-uri=https:\/\/ghes\.example\/_services\/token/
  ],
  [
    'invalid_grant',
    'The audience in ID Token [https://a] does not match the expected audience https://b.',
    /allowedAudiences, and https:\/\/a,.*--allowed-audiences=https:\/\/a/
  ],
  [
    'invalid_request',
    'The size of mapped attribute google.subject exceeds the 127 bytes limit.',
    /google\.subject is longer than 127 bytes.*only its entry.*yaml\(attributeMapping\).*--attribute-mapping="google\.subject=[^"]*,EVERY_OTHER/
  ],
  [
    'invalid_request',
    'Invalid value for "audience". This value should be the full resource name of the Identity Provider.',
    /not the full name of a provider(?!.*allowedAudiences)/
  ],
  ['invalid_client', 'The OAuth client was not found.', /client_id or client_secret/],
  [
    'invalid_grant',
    "Error connecting to the given credential's issuer.",
    /cannot get the issuer's keys.*--jwk-json-path/
  ],
  [
    'access_denied',
    "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aB-c_1",
    /perimeter.*UniqueId=\\?"aB-c_1/
  ],
  ['invalid_grant', HOSTILE, /does not accept this token/]
]

testFailures([
  ...REFUSALS.map(([error, words, meaning]): FailureRow => [
    `STS's "${words.slice(0, 60).replaceAll(/\s/g, ' ')}"`,
    federationRejected(oauthRefusal(error, words), `//iam.googleapis.com/${PROVIDER}`, CLAIMS),
    'FEDERATION_REJECTED',
    meaning
  ]),
  [
    'a refusal of STS',
    federationRejected(readRefusal(answer(400)), `//iam.googleapis.com/${PROVIDER}`, { sub: 'repo:a/b' }),
    'FEDERATION_REJECTED',
    /the identity for projects\/1\/.*sub: repo:a\/b/
  ],
  [
    'a condition that knows the older subject only',
    federationRejected(
      oauthRefusal('unauthorized_client', 'The given credential is rejected by the attribute condition.'),
      `//iam.googleapis.com/${PROVIDER}`,
      IMMUTABLE
    ),
    'FEDERATION_REJECTED',
    /immutable form.*"repo:a\/b:".*assertion\.repository_owner_id == '1' && assertion\.repository_id == '2'/
  ],
  [
    'an attribute that is too long and is not the subject',
    federationRejected(
      oauthRefusal('invalid_request', 'The size of mapped attribute attribute.ref exceeds the 127 bytes limit.'),
      `//iam.googleapis.com/${PROVIDER}`,
      undefined
    ),
    'FEDERATION_REJECTED',
    /attribute attribute\.ref is longer/
  ],
  [
    'a tenant of ghe.com',
    federationRejected(
      oauthRefusal('invalid_grant', 'The issuer in ID Token https://x does not match the expected ones: https://y'),
      `//iam.googleapis.com/${PROVIDER}`,
      { iss: 'https://token.actions.octo.ghe.com', sub: 'repo:a/b:ref:x' }
    ),
    'FEDERATION_REJECTED',
    /each tenant of ghe\.com has an issuer of its own.*--issuer-uri=https:\/\/token\.actions\.octo\.ghe\.com/
  ],
  [
    'a fresh token that Google calls stale',
    federationRejected(
      { ...oauthRefusal('invalid_grant', 'ID Token issued at 1 is stale to sign-in.'), googleTime: 1_000_030_000 },
      `//iam.googleapis.com/${PROVIDER}`,
      { iat: 1_000_000 }
    ),
    'FEDERATION_REJECTED',
    /issued 30 s before Google saw it, so that one of the clocks is wrong/
  ],
  [
    'a workforce identity',
    federationRejected(
      oauthRefusal('unauthorized_client', 'The given credential is rejected by the attribute condition.'),
      '//iam.googleapis.com/locations/global/workforcePools/staff/providers/idp',
      { iss: 'https://idp.example', sub: 'jane', aud: 'x' }
    ),
    'FEDERATION_REJECTED',
    /^(?!.*MISSING).*workforce-pools providers describe idp --workforce-pool=staff --location=global/
  ],
  [
    'a token file that is missing',
    subjectTokenUnavailable('the file /x', 'it does not exist', 'file'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /the file \/x: it does not exist/
  ],
  [
    'a token from somewhere hostile',
    subjectTokenUnavailable(HOSTILE, HOSTILE, 'host'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /credential_source/
  ],
  [
    'a program that may not run',
    subjectTokenUnavailable('x', 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is not set to 1', 'program forbidden'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 1/
  ]
])
