import { federationRejected } from '../../../../src/token/failures/sts.ts'
import { readRefusal } from '../../../../src/token/refusal.ts'
import type { Refusal } from '../../../../src/token/refusal.ts'
import { answer } from '../../fixtures.ts'
import { HOSTILE, oauthRefusal, testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'

const PROVIDER = 'projects/4711/locations/global/workloadIdentityPools/ci/providers/github'
const AUDIENCE = `//iam.googleapis.com/${PROVIDER}`
const GITHUB = {
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:octo/app:ref:refs/heads/main',
  aud: `https:${AUDIENCE}`,
  repository: 'octo/app',
  repository_id: '4242',
  repository_owner_id: '99',
  event_name: 'push'
}
const IMMUTABLE = { ...GITHUB, sub: 'repo:octo@99/app@4242:ref:refs/heads/main' }
const GHES = { ...GITHUB, iss: 'https://ghes.example/_services/token' }
const OTHER = { iss: 'https://idp.example', sub: 'jane', aud: 'https://a' }

const CONDITION = oauthRefusal('unauthorized_client', 'The given credential is rejected by the attribute condition.')
const TOO_LONG = oauthRefusal(
  'invalid_request',
  'The size of mapped attribute google.subject exceeds the 127 bytes limit.'
)
const STALE = oauthRefusal('invalid_grant', 'ID Token issued at 1700000000 is stale to sign-in.')
const ISSUER = oauthRefusal(
  'invalid_grant',
  'The issuer in ID Token https://x does not match the expected ones: https://github.corp.example/_services/token/'
)

type Claims = Parameters<typeof federationRejected>[2]

const rejected = (refusal: Refusal, claims: Claims = GITHUB, audience = AUDIENCE, keyId?: string): FailureRow[1] =>
  federationRejected(refusal, audience, claims, keyId)

/** Google saw a token that was issued then, this many seconds later by its own clock. */
const stale = (seconds: number): Refusal => ({ ...STALE, googleTime: (1_700_000_000 + seconds) * 1000 })

const ROWS: [string, FailureRow[1], RegExp, RegExp?][] = [
  [
    'a condition',
    rejected(CONDITION),
    /condition of provider github in pool ci does not admit this job: sub repo:octo\/app:ref:refs\/heads\/main, event push\. .*`gcloud .* describe projects\/4711\/\S+ --format="value\(attributeCondition\)"`/,
    /--attribute-condition="\(\$\(gcloud .*'value\(attributeCondition\)'\)\) \|\| \(assertion\.repository_owner_id == '99' && assertion\.repository_id == '4242'\)".*environment: MISSING.*event_name: push/
  ],
  [
    'a condition that forgets environment, event and reusable workflow',
    rejected(CONDITION, {
      ...GITHUB,
      repository: 'Octo/app',
      environment: 'prod',
      event_name: 'pull_request',
      job_workflow_ref: 'octo/ci/.github/workflows/x.yml@main'
    }),
    /event pull_request, environment prod, reusable workflow octo\/ci\/\S+@main, capitals in Octo\/app\./
  ],
  [
    'a condition that knows the older subject only',
    rejected(CONDITION, IMMUTABLE),
    /sub repo:octo@99\/app@4242:ref:refs\/heads\/main has the immutable form .* "repo:octo\/app:" does not match\. Let the condition test assertion\.repository_owner_id == '99' && assertion\.repository_id == '4242' instead of sub\./
  ],
  [
    'a condition on a token that is no JWT',
    federationRejected(CONDITION, AUDIENCE, undefined),
    /does not admit this identity\. Compare the condition with the claims of this identity; change the condition\./
  ],
  [
    'a provider that is gone',
    rejected(
      oauthRefusal(
        'invalid_target',
        'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.'
      )
    ),
    /no active provider github in pool ci of project 4711: .*does not exist, is disabled or was deleted\. .*NOT_FOUND.*`gcloud .*yaml\(name, state, disabled\)"`/
  ],
  [
    "an old token of GitHub's",
    rejected(stale(412)),
    /stale: issued at 2023-11-14 22:13:20 UTC, 412 s before Google saw the token\. Run the job again/,
    /^(?!.*the clock of)/i
  ],
  [
    'a token that Google saw in the place of another',
    rejected(stale(412), { ...GITHUB, iat: 1_700_000_400 }),
    /issued at 2023-11-14 22:13:20 UTC.*while the token of this step was issued at 2023-11-14 22:20:00 UTC\. .*proxy/
  ],
  [
    'a server whose clock is behind',
    rejected(stale(412), GHES),
    /412 s before Google saw.*Set the clock of https:\/\/ghes\.example\/_services\/token/
  ],
  [
    'a server whose clock is ahead',
    rejected(stale(-300), GHES),
    /300 s after Google saw.*Set the clock of https:\/\/ghes/
  ],
  [
    'a token that lives too short, as clocks agree',
    rejected(stale(1), GHES),
    /stale: issued at .*, 1 s before Google saw the token, so that the life of the token \(exp\) is too short\. Let https:\/\/ghes\S+ issue tokens that live/,
    /^(?!.*set the clock)/i
  ],
  [
    'an old token from elsewhere',
    rejected(stale(900), OTHER),
    /900 s before.*Let the credential source hand out a token/
  ],
  [
    'an old token without any time',
    rejected(oauthRefusal('invalid_grant', 'Token is expired.'), { iss: 'https://idp.example' }),
    /token of https:\/\/idp\.example stale\. /
  ],
  [
    'an API that is off',
    rejected(
      oauthRefusal(
        'access_denied',
        'Security Token Service API has not been used in project 4711 before or it is disabled.'
      )
    ),
    /disabled in project 4711, the project of your workload identity pool\. .*`gcloud services enable sts\.googleapis\.com --project=4711`/
  ],
  [
    'another issuer',
    rejected(ISSUER),
    /trusts the issuer https:\/\/github\.corp\.example\/_services\/token, and the token of this job is of https:\/\/token\.actions\.githubusercontent\.com\. .*`gcloud .* providers list --workload-identity-pool=projects\/4711\/\S+\/ci --format="table\(name, oidc\.issuerUri\)"`/,
    /ghe\.com.*ENTERPRISE.*--issuer-uri=https:\/\/token\.actions\.githubusercontent\.com/
  ],
  [
    'an issuer that Google cannot find',
    rejected(
      oauthRefusal(
        'invalid_grant',
        'Specified identity issuer https://x not found in the configured identity providers.'
      )
    ),
    /trusts another issuer/
  ],
  [
    'another audience',
    rejected(
      oauthRefusal(
        'invalid_grant',
        'The audience in ID Token [https://a] does not match the expected audience https://corp.example.'
      )
    ),
    /accepts the audience https:\/\/corp\.example only, and the token of this job is for https:\/\/iam\.googleapis\.com\/projects\/4711\/\S+\. .*`gcloud .* update-oidc .* --allowed-audiences="\$\(.*'value\(oidc\.allowedAudiences\.list\(\)\)'\),https:\/\/iam\.googleapis\.com\/projects\S+"`/
  ],
  [
    'an audience that no shell should read',
    rejected(oauthRefusal('invalid_grant', 'The audience in ID Token does not match.'), { ...GITHUB, aud: '$(id)' }),
    /is for \$\(id\)\. .*`gcloud .*describe/,
    /^(?!.*--allowed-audiences)/
  ],
  [
    'a long branch',
    rejected(TOO_LONG, { ...GITHUB, sub: `repo:octo/app:ref:refs/heads/${'long-'.repeat(27)}` }),
    /google\.subject is 164 bytes long, and Google takes 127 at most: repo:octo\/app:ref:.*Give the branch a shorter name/,
    /--attribute-mapping="\^~\^\$\(.*separator=~\)\)'\)~google\.subject=assertion\.repository_id \+ ':' \+ assertion\.ref"/
  ],
  [
    'a long environment',
    rejected(TOO_LONG, { ...GITHUB, sub: `repo:octo/app:environment:${'long-'.repeat(27)}` }),
    /Give the environment a shorter name/
  ],
  [
    'a long attribute',
    rejected(
      oauthRefusal('invalid_request', 'The size of mapped attribute attribute.ref exceeds the 127 bytes limit.'),
      OTHER
    ),
    /mapped attribute attribute\.ref of this token is longer than the 127 bytes/
  ],
  [
    'an audience that is no provider',
    rejected(
      oauthRefusal('invalid_request', 'Invalid value for "audience". This value should be…'),
      OTHER,
      '//iam.googleapis.com/x'
    ),
    /"x" in the credential document is not the full name of a provider/,
    /^(?!.*allowedAudiences).*"audience": "\/\/iam\.googleapis\.com\/projects\/NUMBER/
  ],
  [
    'a provider of another universe',
    rejected(oauthRefusal('invalid_request', 'Invalid value for "audience". This value should be…')),
    /does not take projects\/4711\/\S+ as the name of a provider.*Set the input universe/
  ],
  [
    'a client that is wrong',
    rejected(oauthRefusal('invalid_client', 'The OAuth client was not found.')),
    /client_id and client_secret of the credential document: "The OAuth client was not found"\. Make the credential document again/
  ],
  [
    'keys that Google cannot fetch',
    rejected(oauthRefusal('invalid_grant', "Error connecting to the given credential's issuer."), GHES),
    /cannot fetch the keys of the issuer https:\/\/ghes\.example\/_services\/token.*Upload the keys/,
    /jwks \| jq .*x5c.*--jwk-json-path=jwks\.json/
  ],
  [
    'keys that are old',
    rejected(
      oauthRefusal('invalid_grant', 'The ID Token could not be verified: bad signature.'),
      GHES,
      AUDIENCE,
      'c0ffee'
    ),
    /could not verify the token of \S+ \(signed with the key c0ffee\) .*: "The ID Token could not be verified: bad signature"\. Upload the present keys of https:\/\/ghes.*`gcloud .*value\(oidc\.jwksJson\)"`/
  ],
  [
    'a perimeter',
    rejected(
      oauthRefusal(
        'access_denied',
        "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aB-c_1"
      )
    ),
    /VPC Service Controls keep the identity from provider github in pool ci.*refusal aB-c_1.*ingress rule.*`gcloud logging read .*--project=\$\(gcloud projects describe 4711/
  ],
  [
    'hostile words',
    rejected(oauthRefusal('invalid_grant', HOSTILE)),
    /refused the identity for provider github in pool ci: "x/
  ],
  ['a refusal without words', rejected(readRefusal(answer(400))), /refused the identity/],
  [
    'a workforce identity',
    rejected(CONDITION, OTHER, '//iam.googleapis.com/locations/global/workforcePools/staff/providers/idp'),
    /provider idp in pool staff.*sub jane\. .*`gcloud iam workforce-pools providers describe idp --workforce-pool=staff --location=global/,
    /^(?!.*MISSING)/
  ]
]

testFailures(ROWS.map(([what, failure, ...words]) => [what, failure, 'FEDERATION_REJECTED', ...words]))
