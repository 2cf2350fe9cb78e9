import { describeOutcome } from '../exchange.ts'
import { Failure } from '../failure.ts'
import type { Outcome } from '../http.ts'
import type { Job } from '../job.ts'
import { quoteRefusal, readRefusal } from '../refusal.ts'

const PERMISSIONS = ['permissions:', '  contents: read', '  id-token: write']

/** The runner offers no OIDC token to this job; why, can only be told from what the runner says about the event. */
export function oidcUnavailable(env: Job['env'], fromFork: boolean): Failure {
  const sentence = 'GitHub gave this job no way to ask for an OIDC token.'
  if (env['GITHUB_ACTIONS'] !== 'true') {
    return new Failure({
      code: 'OIDC_UNAVAILABLE',
      sentence,
      cause: 'This is not a job of GitHub Actions.',
      remedy: 'Leave workload_identity_provider empty and use Application Default Credentials.',
      commands: ['gcloud auth application-default login']
    })
  }
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') {
    return new Failure({
      code: 'OIDC_UNAVAILABLE',
      sentence,
      cause: 'Dependabot started this run, and its runs have read permissions only.',
      remedy: 'Skip the job for Dependabot, or run it on push after the merge.',
      commands: ["if: github.actor != 'dependabot[bot]'"]
    })
  }
  if (fromFork) {
    return new Failure({
      code: 'OIDC_UNAVAILABLE',
      sentence,
      cause: 'The pull request comes from a fork, and such runs have read permissions only.',
      remedy: 'Skip the job for forks, or run it on push after the merge.',
      commands: ['if: github.event.pull_request.head.repo.full_name == github.repository']
    })
  }
  return new Failure({
    code: 'OIDC_UNAVAILABLE',
    sentence,
    cause:
      'The job has no "id-token: write" permission. Where it belongs to a reusable workflow, the workflow that calls it has to grant the permission too.',
    remedy: 'Add "id-token: write" to the permissions of the job, and of the calling job if there is one.',
    commands: PERMISSIONS
  })
}

/** GitHub's endpoint refused, failed, or gave something else than a token. */
export function oidcFailed(what: Outcome | string, attempts = 1): Failure {
  return new Failure({
    code: 'OIDC_FAILED',
    sentence: `GitHub's token endpoint gave no OIDC token: ${describe(what)}${attempts > 1 ? `, after ${attempts} attempts` : ''}.`,
    ...explain(what),
    ...(typeof what !== 'string' && what.answered && what.status >= 400
      ? { answer: quoteRefusal(readRefusal(what)) }
      : {})
  })
}

function explain(what: Outcome | string): { cause: string; remedy: string } {
  if (typeof what === 'string') {
    return {
      cause: 'ACTIONS_ID_TOKEN_REQUEST_URL holds something else than the runner puts there.',
      remedy: 'Leave the variables of the runner as they are, and ask in the job that needs the token.'
    }
  }
  if (what.answered && (what.status === 401 || what.status === 403)) {
    return {
      cause: 'The job is over, or its variables were carried to another job.',
      remedy: 'Ask in the job that needs the token, while it runs.'
    }
  }
  if (what.answered) {
    return {
      cause: 'GitHub Actions may have an incident, or something on the way answered in its place.',
      remedy: 'Run the job again; see https://www.githubstatus.com.'
    }
  }
  return {
    cause: 'The host cannot be reached from this runner, or GitHub Actions has an incident.',
    remedy:
      'Let a self-hosted runner reach *.actions.githubusercontent.com, by HTTPS_PROXY if need be; see https://www.githubstatus.com.'
  }
}

function describe(what: Outcome | string): string {
  if (typeof what === 'string') return what
  return what.answered && what.status === 200 ? 'the answer holds none' : describeOutcome(what)
}
