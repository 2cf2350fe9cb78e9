import { exchange } from '../exchange.ts'
import { oidcFailed, oidcUnavailable } from '../failures/github.ts'
import type { Job } from '../job.ts'
import { objectIn, parseObject, stringIn } from '../json.ts'
import { readSmallFile } from '../small-file.ts'

/**
 * GitHub's OIDC token for this job.
 * https://docs.github.com/en/actions/reference/security/oidc
 *
 * @param audience whom the token is for; Google expects the provider's name as an https URL
 * @throws {Failure} OIDC_UNAVAILABLE where the job may not have one, OIDC_FAILED where GitHub does not give it
 */
export async function requestGithubToken(job: Job, audience: string): Promise<string> {
  const requestUrl = job.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? ''
  const requestToken = job.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''
  if (requestUrl === '' || requestToken === '') throw oidcUnavailable(job.env, await isForkPullRequest(job))

  const url = `${requestUrl}${requestUrl.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`
  if (!URL.canParse(url)) throw oidcFailed('the runner gave no valid request URL')
  const answer = await exchange(
    job,
    {
      method: 'GET',
      url: new URL(url),
      headers: { accept: 'application/json', authorization: `Bearer ${requestToken}` }
    },
    (last, attempts) => oidcFailed(last, attempts)
  )
  const token = stringIn(parseObject(answer.body.toString('utf8')), 'value')
  if (token !== undefined) job.masks.addJwt(token)
  if (answer.status !== 200 || token === undefined) throw oidcFailed(answer, 1)
  return token
}

/** Whether the run is for a pull request from another repository, whose runs may not write. */
async function isForkPullRequest(job: Job): Promise<boolean> {
  const file = await readSmallFile(job.env['GITHUB_EVENT_PATH'] ?? '')
  const pullRequest = objectIn(parseObject(file.ok ? file.content : ''), 'pull_request')
  const head = stringIn(objectIn(objectIn(pullRequest, 'head'), 'repo'), 'full_name')
  const base = stringIn(objectIn(objectIn(pullRequest, 'base'), 'repo'), 'full_name')
  return base !== undefined && head !== base
}
