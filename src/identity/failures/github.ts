import { Failure, type Explanation } from '../../failure/failure.ts'
import { explainInterception, explainNoAnswer } from '../../world/failures/connection.ts'
import { describeJob, inJob, skipDependabot, skipForks } from '../../world/failures/restricted-run.ts'
import { inTerminal, inYaml, onRunner } from '../../failure/snippets.ts'
import { contentType, safeText } from '../../guard/safe-text.ts'
import { quoteRefusal, quoteWords, readRefusal } from '../../token/refusal.ts'
import { describeOutcome, inAttempts, type SealedAnswer, type SealedOutcome } from '../../world/outcome.ts'
import type { Restriction } from '../../world/restricted-run.ts'
import type { Step } from '../../world/step.ts'

/** The runner offers no OIDC token to this job; why, can only be told from what the runner says about the event. */
export function oidcUnavailable(env: Step['env'], restriction: Restriction | undefined): Failure {
  return new Failure({ code: 'OIDC_UNAVAILABLE', ...explainAbsence(env, restriction) })
}

const PERMISSIONS = ['    permissions:', '      contents: read', '      id-token: write']

function explainAbsence(env: Step['env'], restriction: Restriction | undefined): Explanation {
  if (env['GITHUB_ACTIONS'] !== 'true') {
    return {
      sentence:
        'workload_identity_provider is set, and this is not a job of GitHub Actions, so that there is no OIDC token.',
      remedy: 'Leave workload_identity_provider empty, and use Application Default Credentials.',
      snippets: [inTerminal('sign in on this machine', 'gcloud auth application-default login')]
    }
  }
  const { id, named } = describeJob(env)
  switch (restriction?.kind) {
    case 'Dependabot':
      return {
        sentence:
          'Dependabot started this run, and GitHub gives such a run no OIDC token unless the job asks for id-token: write.',
        remedy: `Skip job ${id} for Dependabot, or add id-token: write to the permissions of job ${id}.`,
        snippets: [
          skipDependabot(id),
          { ...inJob(id, ...PERMISSIONS), place: 'Or in the workflow, so that the job runs for Dependabot too' }
        ]
      }
    case 'fork':
      return {
        sentence: `This pull request comes from the fork ${safeText(restriction.repository)}, and GitHub gives jobs of forks no OIDC token.`,
        remedy: `Skip job ${id} for pull requests from forks; on push after the merge the same job gets a token.`,
        snippets: [skipForks(id)]
      }
    case undefined:
      return {
        sentence: `${named} has no permission id-token: write.`,
        cause: 'What permissions of a job or workflow do not name, the job is not allowed to do.',
        remedy: `Add id-token: write under permissions of job ${id} (with contents: read, which actions/checkout needs); if ${id} is in a reusable workflow, also under permissions of the job that calls the workflow.`,
        snippets: [
          inJob(id, ...PERMISSIONS),
          inYaml(
            'Where the job is in a reusable workflow, in the workflow that calls it too',
            'jobs:',
            '  CALLING_JOB:',
            '    uses: OWNER/REPOSITORY/.github/workflows/REUSABLE.yml@main',
            ...PERMISSIONS
          )
        ]
      }
  }
}

/**
 * GitHub's endpoint refused, failed, or gave something else than a token.
 *
 * @param endpoint undefined where the runner gave none that is valid
 */
export function oidcFailed(endpoint: URL | undefined, what: SealedOutcome | undefined, attempts = 1): Failure {
  return new Failure({
    code: 'OIDC_FAILED',
    ...explainFailure(endpoint, what, inAttempts(attempts)),
    answer: what?.answered === true && what.status >= 400 ? quoteRefusal(readRefusal(what)) : undefined
  })
}

const JOB_OVER = 'The job is over, or its variables were carried to another job.'

/** Whether GitHub no longer gives tokens to this job. */
export function isJobOver({ text }: Failure): boolean {
  return text.cause === JOB_OVER
}

function explainFailure(endpoint: URL | undefined, what: SealedOutcome | undefined, attempts: string): Explanation {
  if (endpoint === undefined || what === undefined) {
    return {
      sentence: 'GitHub cannot be asked for an OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL.',
      cause: 'A step or the workflow overwrote what the runner puts there.',
      remedy: 'Leave ACTIONS_ID_TOKEN_REQUEST_URL as the runner sets this variable.',
      snippets: [onRunner('see the variable', 'env | grep ACTIONS_ID_TOKEN_REQUEST_URL')]
    }
  }
  const host = safeText(endpoint.host)
  if (!what.answered) {
    return {
      ...explainNoAnswer(what, endpoint, 'GitHub'),
      sentence: `GitHub's token endpoint ${host} gave no OIDC token: ${describeOutcome(what)}${attempts}.`
    }
  }
  if ((what.headers['content-type'] ?? '').startsWith('text/html') || what.status < 400)
    return explainOddAnswer(endpoint, what)
  const words = quoteWords(readRefusal(what))
  const sentence = `GitHub's token endpoint ${host} gave no OIDC token: ${words.startsWith('"') ? `status ${what.status}, ` : ''}${words}${attempts}.`
  // https://github.com/google-github-actions/auth/issues/325
  if (/Completed|Cancell?ed/.test(words)) {
    return {
      sentence: `GitHub gives no OIDC token any more: ${words} (${host}, status ${what.status}).`,
      cause: JOB_OVER,
      remedy:
        'ACTIONS_ID_TOKEN_REQUEST_TOKEN belongs to a job that is over: remove the variable from env: and outputs of the workflow, and from .env of a self-hosted runner; end background processes of that job.'
    }
  }
  return what.status === 401 || what.status === 403
    ? {
        sentence,
        cause: JOB_OVER,
        remedy: 'Run this step in the job that needs the token, without setting ACTIONS_ID_TOKEN_REQUEST_TOKEN or _URL.'
      }
    : {
        sentence,
        cause: 'GitHub Actions may have an incident.',
        remedy: 'Run the job again; https://www.githubstatus.com shows incidents of GitHub.'
      }
}

function explainOddAnswer(endpoint: URL, { status, headers }: SealedAnswer): Explanation {
  return {
    ...explainInterception(endpoint),
    sentence: `${safeText(endpoint.host)} answered with status ${status}, but without an OIDC token (content type: ${contentType(headers)}).`
  }
}
