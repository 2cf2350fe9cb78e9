import {
  credentialsInvalid,
  credentialsNotFound,
  credentialsUnsupported,
  serviceAccountRequired
} from '../../../../src/identity/failures/credentials.ts'
import { explainWithheld } from '../../../../src/world/failures/restricted-run.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

const JOB = { GITHUB_ACTIONS: 'true', GITHUB_JOB: 'deploy' }
const LOOKED = ['A: not set', HOSTILE]
const POOL = 'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci'

testFailures([
  [
    'no credential in a job',
    credentialsNotFound(LOOKED, JOB, false, undefined),
    'CREDENTIALS_NOT_FOUND',
    /No Google credential was found; looked in: A: not set; x.*Set workload_identity_provider and service_account/,
    /id-token: write/
  ],
  [
    'an account without a provider',
    credentialsNotFound(LOOKED, JOB, true, undefined),
    'CREDENTIALS_NOT_FOUND',
    /service_account is set, but workload_identity_provider is empty \(absent, or its expression gave nothing\), and no Google credential.*Write the full name of the provider, projects\/NUMBER\S+, into workload_identity_provider/
  ],
  [
    'no credential in a pull request from a fork',
    credentialsNotFound(LOOKED, JOB, true, { kind: 'fork', repository: 'mallory/app' }),
    'CREDENTIALS_NOT_FOUND',
    /workload_identity_provider is empty, because this pull request comes from the fork mallory\/app, .*no secrets.*Skip job deploy for pull requests from forks/
  ],
  [
    "no credential in Dependabot's run",
    credentialsNotFound(LOOKED, JOB, false, { kind: 'Dependabot' }),
    'CREDENTIALS_NOT_FOUND',
    /are empty, because Dependabot started this run.*Skip job deploy for Dependabot/
  ],
  [
    'no credential elsewhere',
    credentialsNotFound(['A: not set'], {}, false, undefined),
    'CREDENTIALS_NOT_FOUND',
    /looked in: A: not set\. Sign in for programs.*`gcloud auth application-default login`/
  ],
  [
    'a broken document',
    credentialsInvalid('credentials_json', '"type" is missing'),
    'CREDENTIALS_INVALID',
    /credential in credentials_json cannot be used: "type" is missing\. Store the whole/,
    /cat credentials\.json \| gh secret set/
  ],
  [
    'a document of another universe',
    credentialsInvalid(HOSTILE, 'it is for the universe "a.b"', { universe: 'a.b' }),
    'CREDENTIALS_INVALID',
    /Set the input universe to a\.b,/,
    /"universe: a\.b"/
  ],
  [
    'a document with a foreign host',
    credentialsInvalid('x', '"token_uri" points to https://a.b', 'foreign host'),
    'CREDENTIALS_INVALID',
    /points to https:\/\/a\.b\. Do not use the document/
  ],
  [
    'a file that is not there',
    credentialsInvalid('the file x', 'it does not exist', 'missing file'),
    'CREDENTIALS_INVALID',
    /the file x .*: it does not exist\. Let GOOGLE_APPLICATION_CREDENTIALS name a file that exists/,
    /^(?!.*checkout)/
  ],
  [
    'a file that a checkout removed',
    credentialsInvalid('the file x', 'it does not exist', 'removed file'),
    'CREDENTIALS_INVALID',
    /Put actions\/checkout before google-github-actions\/auth/
  ],
  [
    'a file that is out of reach',
    credentialsInvalid('the file x', 'it cannot be read (EACCES)', { unreadable: 'C:\\Users\\jane doe\\adc.json' }),
    'CREDENTIALS_INVALID',
    /EACCES.*let the user of the job read the file/,
    /ls -l 'C:\\+Users\\+jane doe\\+adc\.json'/
  ],
  [
    'a misspelled account',
    credentialsInvalid('x', '"client_email" names "ci@p.iam.gserviceacount.com"', 'misspelled'),
    'CREDENTIALS_INVALID',
    /Correct the e-mail in the document/
  ],
  [
    'a source over plain http',
    credentialsInvalid('x', '"url" is not https', 'plain http'),
    'CREDENTIALS_INVALID',
    /name an https URL/
  ],
  [
    'a key that was spoilt on its way',
    credentialsInvalid('x', '"private_key" is not an RSA private key in PEM', 'private key'),
    'CREDENTIALS_INVALID',
    /not an RSA private key in PEM\. Store the file of the key unchanged/,
    /line breaks/
  ],
  [
    'an API key',
    credentialsUnsupported('x', 'an API key'),
    'CREDENTIALS_UNSUPPORTED',
    /is an API key, which can never.*Set workload_identity_provider and service_account instead/
  ],
  [
    'an identity without account',
    serviceAccountRequired({ description: 'external account (file)', principal: `${POOL}/attribute.repository/a/b` }),
    'SERVICE_ACCOUNT_REQUIRED',
    /no service_account is set for external account \(file\)\. Set the input service_account/,
    /^(?!.*google-github-actions).*map the attribute.*--member=principalSet:\S+\/attribute\.repository\/a\/b --role=roles\/iam\.serviceAccountOpenIdTokenCreator/
  ],
  [
    "an account that is empty in Dependabot's run",
    serviceAccountRequired(
      { description: 'workload identity federation', principal: `${POOL}/attribute.repository/a/b` },
      false,
      explainWithheld(JOB, { kind: 'Dependabot' })
    ),
    'SERVICE_ACCOUNT_REQUIRED',
    /no service_account is set for workload identity federation: Dependabot started this run, and GitHub gives such a run no secrets\. Skip job deploy for Dependabot/,
    /^(?!.*add-iam-policy-binding)/
  ],
  [
    'a workforce without account',
    serviceAccountRequired({
      description: 'workforce identity',
      principal: 'principalSet://iam.googleapis.com/locations/global/workforcePools/staff/*'
    }),
    'SERVICE_ACCOUNT_REQUIRED',
    /for workforce identity\./,
    /--member=principal:\S+\/workforcePools\/staff\/subject\/SUBJECT /
  ],
  [
    'the file of google-github-actions/auth without account',
    serviceAccountRequired(
      { description: 'external account (url)', principal: `${POOL}/attribute.repository/a/b` },
      true
    ),
    'SERVICE_ACCOUNT_REQUIRED',
    /external account \(url\)/,
    /step with google-github-actions\/auth/
  ]
])
