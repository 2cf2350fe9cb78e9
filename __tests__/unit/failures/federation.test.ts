import { readRefusal } from '../../../src/refusal.ts'
import { federationRejected, subjectTokenUnavailable } from '../../../src/failures/federation.ts'
import { answer } from '../fixtures.ts'
import { HOSTILE, oauthRefusal, testFailures } from './rows.ts'
import type { FailureRow } from './rows.ts'

const PROVIDER = 'projects/1/locations/global/workloadIdentityPools/ci/providers/github'

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
    'invalid_grant',
    'The issuer in ID Token https://ghes.example/_services/token does not match the expected ones: https://token.actions.githubusercontent.com/',
    /trusts another issuer.*issuerUri/
  ],
  [
    'invalid_grant',
    'The audience in ID Token [https://a] does not match the expected audience https://b.',
    /other audiences.*allowedAudiences/
  ],
  [
    'invalid_request',
    'The size of mapped attribute google.subject exceeds the 127 bytes limit.',
    /longer than 127 bytes.*attribute-mapping/
  ],
  [
    'invalid_request',
    'Invalid value for "audience". This value should be the full resource name of the Identity Provider.',
    /audience/
  ],
  ['invalid_grant', HOSTILE, /does not accept this token/]
]

testFailures([
  ...REFUSALS.map(([error, words, meaning]): FailureRow => [
    `STS's "${words.slice(0, 60).replaceAll(/\s/g, ' ')}"`,
    federationRejected(oauthRefusal(error, words), `//iam.googleapis.com/${PROVIDER}`, [
      'sub: repo:a/b',
      'aud: MISSING'
    ]),
    'FEDERATION_REJECTED',
    meaning
  ]),
  [
    'a refusal of STS',
    federationRejected(readRefusal(answer(400)), `//iam.googleapis.com/${PROVIDER}`, ['sub: repo:a/b']),
    'FEDERATION_REJECTED',
    /the identity for projects\/1\/.*sub: repo:a\/b/
  ],
  [
    'a token file that is missing',
    subjectTokenUnavailable('the file /x', 'it does not exist'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /the file \/x: it does not exist/
  ],
  [
    'a token from somewhere hostile',
    subjectTokenUnavailable(HOSTILE, HOSTILE),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /credential_source/
  ],
  [
    'a program that may not run',
    subjectTokenUnavailable('x', 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is not set to 1'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 1/
  ]
])
