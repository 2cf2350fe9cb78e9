import { oidcFailed, oidcUnavailable } from '../../../../src/identity/failures/github.ts'
import { answer, SILENCE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

const ENDPOINT = new URL('https://run-actions-1.actions.githubusercontent.com/token')
const JOB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_JOB: 'deploy',
  GITHUB_WORKFLOW_REF: 'octo/app/.github/workflows/deploy.yml@refs/heads/main'
}

testFailures([
  [
    'a missing permission',
    oidcUnavailable(JOB, undefined),
    'OIDC_UNAVAILABLE',
    /Job deploy \(workflow \.github\/workflows\/deploy\.yml\) has no permission id-token: write\. Add id-token: write under permissions of job deploy/,
    /reusable workflow.*" {2}deploy:"," {4}permissions:"/
  ],
  [
    'a pull request from a fork',
    oidcUnavailable(JOB, { kind: 'fork', repository: 'mallory/app' }),
    'OIDC_UNAVAILABLE',
    /comes from the fork mallory\/app, .* no OIDC token\. Skip job deploy/,
    /!github\.event\.pull_request \|\| github\.event\.pull_request\.head\.repo\.full_name == github\.repository/
  ],
  [
    "Dependabot's run",
    oidcUnavailable({ GITHUB_ACTIONS: 'true', GITHUB_JOB: HOSTILE }, { kind: 'Dependabot' }),
    'OIDC_UNAVAILABLE',
    /Dependabot started this run.*Skip job JOB for Dependabot, or add id-token: write/,
    /pull_request\.user\.login != 'dependabot\[bot\]'.*Or in the workflow/
  ],
  [
    'a run that is no job',
    oidcUnavailable({}, undefined),
    'OIDC_UNAVAILABLE',
    /not a job of GitHub Actions.*Leave workload_identity_provider empty/
  ],
  [
    'a job that is over',
    oidcFailed(ENDPOINT, answer(400, `{"message":"Can't issue ID_TOKEN for job in 'Completed' state."}`)),
    'OIDC_FAILED',
    /gives no OIDC token any more: "Can't issue ID_TOKEN for job in 'Completed' state" \(run-actions-1\S+, status 400\)\. ACTIONS_ID_TOKEN_REQUEST_TOKEN belongs to a job that is over: remove the variable from env:/,
    /^(?!.*githubstatus)/
  ],
  [
    "a refusal of GitHub's endpoint",
    oidcFailed(ENDPOINT, answer(403, JSON.stringify({ message: HOSTILE }))),
    'OIDC_FAILED',
    /status 403, "x .*Run this step in the job that needs the token/
  ],
  [
    'an incident',
    oidcFailed(ENDPOINT, answer(503, '{}'), 5),
    'OIDC_FAILED',
    /status 503 without a reason, after 5 attempts\. .*githubstatus/
  ],
  [
    'an answer without token',
    oidcFailed(ENDPOINT, answer(200, '{"value":"s3cr3t"}')),
    'OIDC_FAILED',
    /answered with status 200, but without an OIDC token \(content type: none that is known\)\. .*HTTPS_PROXY/,
    /^(?!.*s3cr3t)/
  ],
  [
    "a proxy's page",
    oidcFailed(ENDPOINT, answer(403, '<p>blocked', { 'content-type': 'text/html' })),
    'OIDC_FAILED',
    /status 403, but without an OIDC token \(content type: text\/html\)\. .*HTTPS_PROXY/
  ],
  [
    'silence',
    oidcFailed(ENDPOINT, { ...SILENCE, timedOut: true, reason: 'no complete answer within 5 ms' }, 5),
    'OIDC_FAILED',
    /within 5 ms, after 5 attempts\. Let this machine reach .*githubstatus/
  ],
  [
    'a private certificate authority',
    oidcFailed(new URL('https://ghes.example/_services/token'), {
      ...SILENCE,
      trouble: 'certificate',
      reason: 'the TLS certificate was not accepted (UNABLE_TO_GET_ISSUER_CERT_LOCALLY)'
    }),
    'OIDC_FAILED',
    /UNABLE_TO_GET_ISSUER_CERT_LOCALLY\)\. Set NODE_EXTRA_CA_CERTS.* ghes\.example here/,
    /^(?!.*githubstatus)/
  ],
  [
    'a URL that is none',
    oidcFailed(undefined, undefined),
    'OIDC_FAILED',
    /ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL/
  ]
])
