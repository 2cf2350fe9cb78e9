import { stsUrl } from '../token/google-hosts.ts'
import type { Step } from '../world/step.ts'
import { federatedPrincipal } from '../token/principal.ts'
import type { Credential } from '../token/credential.ts'
import { createFederatedIdentity } from './federated-identity.ts'
import { stringIn, parseObject, objectIn, secretIn } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import { readSmallFile } from '../guard/small-file.ts'
import { requestWithRetries } from '../world/retried-request.ts'
import { oidcUnavailable, oidcFailed } from './failures/github.ts'

/**
 * The job itself, by workload identity federation.
 *
 * @param provider `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`
 */
export function fromGithub(step: Step, universe: string, provider: string): Credential {
  const audience = `//iam.googleapis.com/${provider}`
  const endpoint = githubEndpoint(step.env)
  const url = stsUrl(universe, 'token')
  return createFederatedIdentity(step, {
    description: `workload identity federation of GitHub Actions (${provider})`,
    principal: federatedPrincipal(audience, step.env['GITHUB_REPOSITORY']),
    endpoints: endpoint === undefined ? [url] : [endpoint, url],
    url,
    audience,
    subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    // Google expects the provider's name as an https URL where the provider names no audiences of its own.
    subjectToken: async () => ({ token: await requestGithubToken(step, `https:${audience}`) })
  })
}

/** Where GitHub's token comes from; undefined where the runner does not say. */
export function githubEndpoint(env: Step['env']): URL | undefined {
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? ''
  return URL.canParse(url) ? new URL(url) : undefined
}

/** @throws {Failure} OIDC_UNAVAILABLE where the job may not ask for a token */
export async function requireGithubPermission(step: Step): Promise<void> {
  const names = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']
  if (names.some((name) => (step.env[name] ?? '') === ''))
    throw oidcUnavailable(step.env, await isForkPullRequest(step))
}

/**
 * GitHub's OIDC token for this job.
 * https://docs.github.com/en/actions/reference/security/oidc
 *
 * @param audience whom the token is for; Google expects the provider's name as an https URL
 * @throws {Failure} OIDC_FAILED where GitHub does not give it
 */
export async function requestGithubToken(step: Step, audience: string): Promise<Secret> {
  const endpoint = githubEndpoint(step.env)
  if (endpoint === undefined) throw oidcFailed(undefined, 'the runner gave no valid request URL')
  const url = `${endpoint.href}${endpoint.search === '' ? '?' : '&'}audience=${encodeURIComponent(audience)}`
  const requestToken = step.masks.keep(step.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '')
  const answer = await requestWithRetries(
    step,
    {
      method: 'GET',
      url: new URL(url),
      headers: { accept: 'application/json', authorization: requestToken.prefixed('Bearer ') },
      holds: { type: 'json', field: 'value' }
    },
    (last, attempts) => oidcFailed(endpoint, last, attempts)
  )
  const token = secretIn(answer.json, 'value')
  if (answer.status !== 200 || token === undefined) throw oidcFailed(endpoint, answer)
  return token
}

/**
 * Whether the run is for a pull request from another repository, whose runs may not write, except on `pull_request_target`:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#how-permissions-are-calculated-for-a-workflow-job
 */
async function isForkPullRequest(step: Step): Promise<boolean> {
  if (step.env['GITHUB_EVENT_NAME'] === 'pull_request_target') return false
  const file = await readSmallFile(step.env['GITHUB_EVENT_PATH'] ?? '')
  const pullRequest = objectIn(parseObject(file.ok ? file.content : ''), 'pull_request')
  const head = stringIn(objectIn(objectIn(pullRequest, 'head'), 'repo'), 'full_name')
  const base = stringIn(objectIn(objectIn(pullRequest, 'base'), 'repo'), 'full_name')
  // Of a fork that was deleted since, there is no repository any more.
  return base !== undefined && head !== base
}
