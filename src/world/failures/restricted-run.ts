import type { Advice, Snippet } from '../../failure/failure.ts'
import { inWorkflow } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import type { Restriction } from '../restricted-run.ts'
import type { Step } from '../step.ts'

/** What GitHub withholds from a restricted run, and how to leave the job out of such runs. */
export interface Withheld extends Pick<Advice, 'remedy'> {
  /** Part of a sentence: `this pull request comes from the fork mallory/app, and GitHub gives such a run no secrets`. */
  readonly because: string
  readonly snippets: readonly Snippet[]
}

/** A run that GitHub gives no secrets, for an input that is empty. @returns undefined where nothing restricts the run */
export function explainWithheld(env: Step['env'], restriction: Restriction | undefined): Withheld | undefined {
  if (restriction === undefined) return undefined
  const { id } = describeJob(env)
  const isFork = restriction.kind === 'fork'
  const who = isFork
    ? `this pull request comes from the fork ${safeText(restriction.repository)}`
    : 'Dependabot started this run'
  return {
    because: `${who}, and GitHub gives such a run no secrets`,
    remedy: `Skip job ${id} for ${isFork ? 'pull requests from forks' : 'Dependabot'}; on push after the merge the same job gets secrets.`,
    snippets: [isFork ? skipForks(id) : skipDependabot(id)]
  }
}

/** Skips a job where a pull request comes from a fork, whatever the event: a review of it, for example. */
export function skipForks(job: string): Snippet {
  return inJob(
    job,
    '    if: ${{ !github.event.pull_request || github.event.pull_request.head.repo.full_name == github.repository }}'
  )
}

/** The actor would be the person who runs the job again. */
export function skipDependabot(job: string): Snippet {
  return inJob(job, "    if: ${{ github.event.pull_request.user.login != 'dependabot[bot]' }}")
}

export function inJob(job: string, ...lines: readonly string[]): Snippet {
  return inWorkflow('jobs:', `  ${job}:`, ...lines)
}

/** The job by its id, and with the workflow that was started, which may call the one of the job. */
export function describeJob(env: Step['env']): { id: string; named: string } {
  const id = /^[A-Za-z_][\w-]*$/.exec(env['GITHUB_JOB'] ?? '')?.[0] ?? 'JOB'
  const file = /^[^/]+\/[^/]+\/(.+\.ya?ml)@/.exec(env['GITHUB_WORKFLOW_REF'] ?? '')?.[1]
  return { id, named: `Job ${id}${file === undefined ? '' : ` (workflow ${safeText(file)})`}` }
}
