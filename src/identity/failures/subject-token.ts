import { Failure, type Advice } from '../../failure/failure.ts'
import { explainNoAnswer } from '../../world/failures/connection.ts'
import { inDocument, inStep, inStepEnv, inWorkflow, onRunner } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import { quoteRefusal, quoteWords, type Refusal } from '../../token/refusal.ts'
import { describeOutcome, inAttempts, type SealedOutcome } from '../../world/outcome.ts'
import { FEDERATION, RUN_AUTH } from './credentials.ts'

/** What kind of place should have held the token, and what was wrong there, as far as it decides how to fix it. */
export type SubjectTokenTrouble = keyof typeof TROUBLES

/** An external account's own token is not there. @param problem quotes nothing that could be secret */
export function subjectTokenUnavailable(where: string, problem: string, trouble: SubjectTokenTrouble): Failure {
  return fail(where, problem, TROUBLES[trouble])
}

/** The host that should give the token did not answer. */
export function subjectTokenHostSilent(url: URL, last: SealedOutcome, attempts: number): Failure {
  const advice: Advice = last.answered
    ? { remedy: `Run the job again; if the error stays, look for incidents of ${safeText(url.host)}.` }
    : explainNoAnswer(last, url, isGithub(url) ? 'GitHub' : undefined)
  return fail(url.origin, `${describeOutcome(last)}${inAttempts(attempts)}`, advice)
}

/** The host that should give the token refused. */
export function subjectTokenRefused(url: URL, refusal: Refusal): Failure {
  if (isGithub(url)) {
    return new Failure({
      code: 'SUBJECT_TOKEN_UNAVAILABLE',
      sentence: `The file of google-github-actions/auth asks GitHub for a token in the name of a job that is over: ${quoteWords(refusal)} (${safeText(url.host)}, status ${refusal.status}).`,
      cause: 'The file holds a token of the job that made it, and was carried to another job.',
      remedy: 'Run google-github-actions/auth in this job, or set workload_identity_provider in this step.',
      snippets: [RUN_AUTH, inStep(...FEDERATION)],
      answer: quoteRefusal(refusal)
    })
  }
  return fail(url.origin, quoteRefusal(refusal).replace(/\.+$/, ''), {
    cause: 'The headers in the document are wrong, or what they hold has expired.',
    remedy:
      'Check url and headers under "credential_source" of the document, and make the document again if a header has expired.',
    snippets: [inDocument('"credential_source": { "url": "https://…", "headers": { "…": "…" } }')]
  })
}

/** GitHub's OIDC endpoint: google-github-actions/auth alone makes documents that name it. */
function isGithub(url: URL): boolean {
  return /(?:^|\.)actions\.githubusercontent\.com$/.test(url.hostname)
}

function fail(where: string, problem: string, advice: Advice): Failure {
  return new Failure({
    code: 'SUBJECT_TOKEN_UNAVAILABLE',
    sentence: `The external account's subject token could not be read from ${safeText(where)}: ${safeText(problem)}.`,
    ...advice
  })
}

const TROUBLES = {
  file: {
    cause:
      'What writes the token, such as a sidecar or the cluster, has not done so, or has written it for another user.',
    remedy:
      'Write the file before this step, on the same machine and readable by the user of the job; or correct "file" under "credential_source" of the credential document.',
    snippets: [inDocument('"credential_source": { "file": "/path/to/token" }')]
  },
  form: {
    cause: 'The place holds the token in another form than the document says, or holds none yet.',
    remedy: 'Let "format" under "credential_source" of the document say where the token is.',
    snippets: [inDocument('"format": { "type": "json", "subject_token_field_name": "…" }')]
  },
  'program forbidden': {
    cause: 'A document may name any program, so that the job has to allow running one.',
    remedy: 'Set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES to 1 for this step if you trust the document.',
    snippets: [inStepEnv('', 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 1')]
  },
  'program failed': {
    cause:
      'The program is missing, took too long, failed, or answered in another form than libraries of Google expect.',
    remedy: 'Run the "command" of "credential_source" by hand on this machine, and fix what the program reports.',
    snippets: [inDocument('"executable": { "command": "…", "timeout_millis": 30000 }')]
  },
  AWS: {
    cause: 'The machine is not on AWS or has no role, and the environment holds no AWS credentials.',
    remedy: 'Run aws-actions/configure-aws-credentials before this step, or give the machine a role of AWS.',
    snippets: [
      inWorkflow(
        'steps:',
        '  - uses: aws-actions/configure-aws-credentials@v5',
        '    with:',
        '      role-to-assume: arn:aws:iam::ACCOUNT:role/ROLE',
        '      aws-region: REGION'
      )
    ]
  },
  certificate: {
    cause: 'A file that the certificate configuration names is missing, not in PEM, or belongs to another key.',
    remedy: 'Check the paths in the certificate configuration, and that certificate and key belong together.',
    snippets: [onRunner('see the certificate', 'openssl x509 -noout -in CERTIFICATE -subject -dates')]
  }
} satisfies Readonly<Record<string, Advice>>
