import { objectIn, parseObject, stringIn } from '../guard/json.ts'
import { readSmallFile } from '../guard/small-file.ts'
import type { Step } from './step.ts'

/** A run that GitHub gives neither secrets nor permissions to write. */
export type Restriction = { readonly kind: 'fork'; readonly repository: string } | { readonly kind: 'Dependabot' }

/**
 * Why a run is restricted; undefined where it is not.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#how-permissions-are-calculated-for-a-workflow-job
 * https://docs.github.com/en/code-security/dependabot/working-with-dependabot/automating-dependabot-with-github-actions
 */
export async function findRestriction(env: Step['env']): Promise<Restriction | undefined> {
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') return { kind: 'Dependabot' }
  if (env['GITHUB_EVENT_NAME'] === 'pull_request_target') return undefined
  const file = await readSmallFile(env['GITHUB_EVENT_PATH'] ?? '')
  const pullRequest = objectIn(parseObject(file.ok ? file.content : ''), 'pull_request')
  const head = stringIn(objectIn(objectIn(pullRequest, 'head'), 'repo'), 'full_name')
  const base = stringIn(objectIn(objectIn(pullRequest, 'base'), 'repo'), 'full_name')
  if (base === undefined || head === base) return undefined
  // Of a fork that was deleted since, there is no repository any more.
  return { kind: 'fork', repository: head ?? 'that was deleted' }
}
