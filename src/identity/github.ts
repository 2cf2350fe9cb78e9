import { stsUrl } from '../token/google-hosts.ts'
import type { Step } from '../world/step.ts'
import { federatedPrincipal } from '../token/principal.ts'
import type { Credential } from '../token/credential.ts'
import { createFederatedIdentity } from './federated-identity.ts'
import { secretIn } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import { isLoopbackUrl } from '../world/request.ts'
import { requestWithRetries } from '../world/retried-request.ts'
import { findRestriction } from '../world/restricted-run.ts'
import { oidcUnavailable, oidcFailed } from './failures/github.ts'

/**
 * The job itself, by workload identity federation.
 *
 * @param provider `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`
 */
export function fromGithub(step: Step, universe: string, provider: string): Credential {
  const audience = `//iam.googleapis.com/${provider}`
  const endpoint = githubEndpoint(step.env)
  const tokenUrl = stsUrl(universe, 'token')
  return createFederatedIdentity(step, {
    description: `workload identity federation of GitHub Actions (${provider})`,
    principal: federatedPrincipal(audience, step.env['GITHUB_REPOSITORY']),
    endpoints: endpoint === undefined ? [tokenUrl] : [endpoint, tokenUrl],
    tokenUrl,
    audience,
    subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    // Google expects the provider's name as an https URL where the provider names no audiences of its own.
    subjectToken: async () => ({ token: await requestGithubToken(step, `https:${audience}`) })
  })
}

/**
 * Where GitHub's token comes from; undefined where the runner does not say. The request token goes there, so that it has to be
 * `https`, or a loopback address.
 */
export function githubEndpoint(env: Step['env']): URL | undefined {
  const value = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? ''
  const url = URL.canParse(value) ? new URL(value) : undefined
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackUrl(url)) ? url : undefined
}

/** @throws {Failure} OIDC_UNAVAILABLE where the job is not allowed to ask for a token */
export async function requireGithubPermission(step: Step): Promise<void> {
  const names = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']
  if (names.some((name) => (step.env[name] ?? '') === ''))
    throw oidcUnavailable(step.env, await findRestriction(step.env))
}

/**
 * GitHub's OIDC token for this job.
 * https://docs.github.com/en/actions/reference/security/oidc
 *
 * @param audience of the token; Google expects the provider's name as an https URL
 * @throws {Failure} OIDC_FAILED where GitHub does not give it
 */
export async function requestGithubToken(step: Step, audience: string): Promise<Secret> {
  const endpoint = githubEndpoint(step.env)
  if (endpoint === undefined) throw oidcFailed(undefined, undefined)
  const url = `${endpoint.href}${endpoint.search === '' ? '?' : '&'}audience=${encodeURIComponent(audience.toWellFormed())}`
  const requestToken = step.masks.keep(step.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '')
  const answer = await requestWithRetries(
    step,
    {
      method: 'GET',
      url: new URL(url),
      headers: { accept: 'application/json', authorization: requestToken.asBearer() },
      holds: { type: 'json', field: 'value' }
    },
    oidcFailed
  )
  const token = secretIn(answer.json, 'value')
  if (answer.status !== 200 || token === undefined) throw oidcFailed(endpoint, answer)
  return token
}
