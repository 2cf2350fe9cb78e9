import { oidcFailed, oidcUnavailable } from '../../../../src/identity/failures/github.ts'
import { answer } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

const ENDPOINT = new URL('https://oidc.example/token')
const JOB = { GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'octocat' }

testFailures([
  [
    'a missing permission',
    oidcUnavailable(JOB, false),
    'OIDC_UNAVAILABLE',
    /no "id-token: write" permission.*reusable workflow.*" +id-token: write"/
  ],
  ['a pull request from a fork', oidcUnavailable(JOB, true), 'OIDC_UNAVAILABLE', /from a fork.*head\.repo\.full_name/],
  [
    "Dependabot's run",
    oidcUnavailable({ ...JOB, GITHUB_ACTOR: 'dependabot[bot]' }, false),
    'OIDC_UNAVAILABLE',
    /Dependabot.*if: github\.actor/
  ],
  ['a run that is no job', oidcUnavailable({}, false), 'OIDC_UNAVAILABLE', /not a job of GitHub Actions/],
  [
    "a refusal of GitHub's endpoint",
    oidcFailed(ENDPOINT, answer(403, `{"message":"${HOSTILE}"}`)),
    'OIDC_FAILED',
    /status 403/
  ],
  [
    'an answer without token',
    oidcFailed(ENDPOINT, answer(200, '{"value":"s3cr3t"}')),
    'OIDC_FAILED',
    /the answer holds none(?!.*s3cr3t)/
  ],
  [
    'silence',
    oidcFailed(
      ENDPOINT,
      {
        answered: false,
        timedOut: true,
        trouble: 'connection' as const,
        reason: 'no complete answer within 5 ms',
        sent: true,
        milliseconds: 5
      },
      5
    ),
    'OIDC_FAILED',
    /within 5 ms, after 5 attempts/
  ],
  [
    "a private authority of GitHub's host",
    oidcFailed(ENDPOINT, {
      answered: false,
      timedOut: false,
      trouble: 'certificate' as const,
      reason: 'the TLS certificate was not accepted (SELF_SIGNED_CERT_IN_CHAIN)',
      sent: false,
      milliseconds: 5
    }),
    'OIDC_FAILED',
    /^(?!.*(incident|githubstatus)).*NODE_EXTRA_CA_CERTS/
  ],
  [
    'a URL that is none',
    oidcFailed(ENDPOINT, 'the runner gave no valid request URL'),
    'OIDC_FAILED',
    /no valid request URL/
  ]
])
