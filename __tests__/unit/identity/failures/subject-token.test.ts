import {
  subjectTokenHostSilent,
  subjectTokenRefused,
  subjectTokenUnavailable
} from '../../../../src/identity/failures/subject-token.ts'
import { readRefusal } from '../../../../src/token/refusal.ts'
import { answer, SILENCE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

const PROVIDER = new URL('https://idp.example/token')
const GITHUB = new URL('https://run-actions-1.actions.githubusercontent.com/token')

testFailures([
  [
    'a token file that is missing',
    subjectTokenUnavailable('the file /x', 'it does not exist', 'file'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /could not be read from the file \/x: it does not exist\. Write the file before this step.*correct "file" under "credential_source"/
  ],
  [
    'a token in another form',
    subjectTokenUnavailable(HOSTILE, HOSTILE, 'form'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /Let "format" under "credential_source"/
  ],
  [
    'a program that may not run',
    subjectTokenUnavailable('x', 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is not set to 1', 'program forbidden'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /Set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES to 1 for this step/
  ],
  [
    'a program that fails',
    subjectTokenUnavailable('the program x', 'exit code 3', 'program failed'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /the program x: exit code 3\. Run the "command"/
  ],
  [
    'a machine that is not on AWS',
    subjectTokenUnavailable('AWS', 'no credentials', 'AWS'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /Run aws-actions\/configure-aws-credentials before this step/
  ],
  [
    'a certificate that is out of reach',
    subjectTokenUnavailable('the certificate configuration', 'cannot be read', 'certificate'),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /certificate and key belong together/
  ],
  [
    'a host that is silent',
    subjectTokenHostSilent(PROVIDER, { ...SILENCE, sent: false, reason: 'connection refused (ECONNREFUSED)' }, 5),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /from https:\/\/idp\.example: connection refused \(ECONNREFUSED\), after 5 attempts\. Let this machine reach idp\.example/,
    /^(?!.*(githubstatus|status\.cloud))/
  ],
  [
    'a host that fails',
    subjectTokenHostSilent(PROVIDER, answer(503), 5),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /status 503, after 5 attempts\. Run the job again/
  ],
  [
    'a host that refuses',
    subjectTokenRefused(PROVIDER, readRefusal(answer(401, '{"error":"bad_header","error_description":"no."}'))),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /from https:\/\/idp\.example: 401 bad_header no\. Check url and headers/
  ],
  [
    'the file of google-github-actions/auth after its job',
    subjectTokenRefused(
      GITHUB,
      readRefusal(answer(400, `{"message":"Can't issue ID_TOKEN for job in 'Completed' state."}`))
    ),
    'SUBJECT_TOKEN_UNAVAILABLE',
    /file of google-github-actions\/auth asks GitHub .* a job that is over: "Can't issue ID_TOKEN for job in 'Completed' state" .*Run google-github-actions\/auth in this job, or set workload_identity_provider/,
    /^(?!.*credential_source)/
  ]
])
