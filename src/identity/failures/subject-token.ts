import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import { safeText } from '../../guard/safe-text.ts'
import { inDocument, inWorkflow, onRunner } from '../../failure/snippets.ts'
import { explainConnection } from '../../world/failures/connection.ts'
import { describeOutcome, inAttempts } from '../../world/outcome.ts'
import type { SealedOutcome } from '../../world/outcome.ts'

/** What kind of place should have held the token, and what was wrong there, as far as it decides how to mend it. */
export type SubjectTokenTrouble =
  'file' | 'host' | 'refusal' | 'form' | 'program forbidden' | 'program failed' | 'AWS' | 'certificate'

/** An external account's own token cannot be had. @param problem quotes nothing that could be secret */
export function subjectTokenUnavailable(where: string, problem: string, trouble: SubjectTokenTrouble): Failure {
  return unavailable(where, problem, TROUBLES[trouble])
}

/** The identity provider's host gave no usable answer. */
export function providerUnavailable(url: URL, last: SealedOutcome, attempts: number): Failure {
  const known = last.answered ? undefined : explainConnection(last, url)
  return unavailable(url.origin, `${describeOutcome(last)}${inAttempts(attempts)}`, known ?? TROUBLES.host)
}

function unavailable(where: string, problem: string, explanation: Explanation): Failure {
  return new Failure({
    code: 'SUBJECT_TOKEN_UNAVAILABLE',
    sentence: `The external account's own token cannot be had from ${safeText(where)}: ${safeText(problem)}.`,
    ...explanation
  })
}

const TROUBLES: Readonly<Record<SubjectTokenTrouble, Explanation>> = {
  file: {
    cause: 'Whatever writes the token, such as a sidecar or the cluster, has not done so, or for another user.',
    remedy: 'Check "credential_source" of the document, and that this step runs where the file is written.',
    snippets: [inDocument('"credential_source": { "file": "/path/to/token" }')]
  },
  host: {
    cause: "The identity provider's host is down, or cannot be reached from this machine.",
    remedy: 'Check "credential_source" of the document, and whether this machine may reach the host.',
    snippets: [inDocument('"credential_source": { "url": "https://…" }')]
  },
  refusal: {
    cause:
      'The headers in the document are wrong, or what they hold has expired, for example because the job that made it is over.',
    remedy: 'Make the document in the job that uses it, and check "credential_source" of it.',
    snippets: [inDocument('"credential_source": { "url": "https://…", "headers": { "…": "…" } }')]
  },
  form: {
    cause: 'The place holds the token in another form than the document says, or holds none yet.',
    remedy: 'Let "format" of "credential_source" say where the token is.',
    snippets: [inDocument('"format": { "type": "json", "subject_token_field_name": "…" }')]
  },
  'program forbidden': {
    cause: 'A document may name any program, so that whoever runs the job has to allow it.',
    remedy: 'Set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES to 1 if you trust the document.',
    snippets: [{ place: 'In this step', lines: ['env:', '  GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 1'] }]
  },
  'program failed': {
    cause:
      'The program is missing, took too long, failed, or answered in another form than libraries of Google expect.',
    remedy: 'Run the "command" of "credential_source" by hand on this machine, and mend what it says.',
    snippets: [inDocument('"executable": { "command": "…", "timeout_millis": 30000 }')]
  },
  AWS: {
    cause: 'The machine is not on AWS or has no role, and the environment holds no AWS credentials.',
    remedy: 'Run aws-actions/configure-aws-credentials before this step, or give the machine a role.',
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
    snippets: [onRunner('openssl x509 -noout -in CERTIFICATE -subject -dates')]
  }
}
