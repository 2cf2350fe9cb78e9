import { describeOutcome, inAttempts } from '../../world/outcome.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import type { SealedOutcome } from '../../world/outcome.ts'
import type { Step } from '../../world/step.ts'
import { quoteRefusal, readRefusal } from '../../token/refusal.ts'
import { safeText } from '../../guard/safe-text.ts'
import { inWorkflow, onRunner, RERUN, tryConnection } from '../../failure/snippets.ts'
import { explainConnection } from '../../world/failures/connection.ts'

/** The runner offers no OIDC token to this job; why, can only be told from what the runner says about the event. */
export function oidcUnavailable(env: Step['env'], fromFork: boolean): Failure {
  return new Failure({
    code: 'OIDC_UNAVAILABLE',
    sentence: 'GitHub gave this job no way to ask for an OIDC token.',
    ...explainAbsence(env, fromFork)
  })
}

const PERMISSIONS = [
  '    permissions: # whatever is not named here, the job may not do',
  '      contents: read',
  '      id-token: write'
]

function explainAbsence(env: Step['env'], fromFork: boolean): Explanation {
  const job = safeText(env['GITHUB_JOB'] ?? 'JOB')
  if (env['GITHUB_ACTIONS'] !== 'true') {
    return {
      cause: 'This is not a job of GitHub Actions.',
      remedy: 'Leave workload_identity_provider empty and use Application Default Credentials.',
      snippets: [onRunner('gcloud auth application-default login')]
    }
  }
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') {
    return {
      // https://docs.github.com/en/code-security/dependabot/working-with-dependabot/automating-dependabot-with-github-actions
      cause: 'Dependabot started this run, and its runs have read permissions where the workflow does not name more.',
      remedy:
        'Skip the job for Dependabot and run it on push after the merge, or name "id-token: write" in the permissions of the job.',
      snippets: [
        inWorkflow('jobs:', `  ${job}:`, "    if: github.actor != 'dependabot[bot]'"),
        inWorkflow('jobs:', `  ${job}:`, ...PERMISSIONS)
      ]
    }
  }
  if (fromFork) {
    return {
      cause: 'The pull request comes from a fork, and such runs have read permissions only.',
      remedy: 'Skip the job for forks, or run it on push after the merge.',
      snippets: [
        inWorkflow(
          'jobs:',
          `  ${job}:`,
          "    if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository"
        )
      ]
    }
  }
  return {
    cause:
      'The job has no "id-token: write" permission. Where it belongs to a reusable workflow, the workflow that calls it has to grant the permission too.',
    remedy: 'Add "id-token: write" to the permissions of the job, and of the calling job if there is one.',
    snippets: [
      inWorkflow('jobs:', `  ${job}:`, ...PERMISSIONS),
      {
        place: 'Where the job is in a reusable workflow, in the workflow that calls it too',
        lines: [
          'jobs:',
          '  CALLING_JOB:',
          '    uses: OWNER/REPOSITORY/.github/workflows/REUSABLE.yml@main',
          ...PERMISSIONS
        ]
      }
    ]
  }
}

/**
 * GitHub's endpoint refused, failed, or gave something else than a token.
 *
 * @param endpoint undefined where the runner gave none that is valid
 */
export function oidcFailed(endpoint: URL | undefined, what: SealedOutcome | string, attempts = 1): Failure {
  return new Failure({
    code: 'OIDC_FAILED',
    sentence: `GitHub's token endpoint${endpoint === undefined ? '' : ` ${safeText(endpoint.host)}`} gave no OIDC token: ${describe(what)}${inAttempts(attempts)}.`,
    ...explainFailure(endpoint, what),
    ...(typeof what !== 'string' && what.answered && what.status >= 400
      ? { answer: quoteRefusal(readRefusal(what)) }
      : {})
  })
}

const JOB_OVER = 'The job is over, or its variables were carried to another job.'

/** Whether GitHub no longer gives tokens to this job. */
export function isJobOver({ text }: Failure): boolean {
  return text.cause === JOB_OVER
}

function explainFailure(endpoint: URL | undefined, what: SealedOutcome | string): Explanation {
  if (typeof what === 'string' || endpoint === undefined) {
    return {
      cause: 'ACTIONS_ID_TOKEN_REQUEST_URL holds something else than the runner puts there.',
      remedy: 'Leave the variables of the runner as they are, and ask in the job that needs the token.',
      snippets: [onRunner('env | grep ACTIONS_ID_TOKEN_REQUEST_URL')]
    }
  }
  if (what.answered && (what.status === 401 || what.status === 403)) {
    return {
      cause: JOB_OVER,
      remedy: 'Ask in the job that needs the token, while it runs.',
      snippets: [RERUN]
    }
  }
  if (what.answered) {
    return {
      cause: 'GitHub Actions may have an incident, or something on the way answered in its place.',
      remedy: 'Run the job again; see https://www.githubstatus.com.',
      snippets: [RERUN]
    }
  }
  const known = explainConnection(what, endpoint)
  if (known !== undefined) return known
  return {
    cause: 'The host cannot be reached from this runner, or GitHub Actions has an incident.',
    remedy: `Let a self-hosted runner reach ${safeText(endpoint.host)}, by HTTPS_PROXY if need be; see https://www.githubstatus.com.`,
    snippets: [tryConnection(endpoint)]
  }
}

function describe(what: SealedOutcome | string): string {
  if (typeof what === 'string') return what
  return what.answered && what.status === 200 ? 'the answer holds none' : describeOutcome(what)
}
