import { stsUrl } from '../google-hosts.ts'
import type { Job } from '../job.ts'
import { federatedPrincipal } from '../principal.ts'
import type { Credential } from './credential.ts'
import { createFederatedIdentity } from './federated-identity.ts'
import { githubEndpoint, requestGithubToken } from './github-oidc.ts'

/**
 * The job itself, by workload identity federation.
 *
 * @param provider `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`
 */
export function fromGithub(job: Job, universe: string, provider: string): Credential {
  const audience = `//iam.googleapis.com/${provider}`
  const endpoint = githubEndpoint(job.env)
  const url = stsUrl(universe, 'token')
  return createFederatedIdentity(job, {
    description: `workload identity federation of GitHub Actions (${provider})`,
    principal: federatedPrincipal(audience, job.env['GITHUB_REPOSITORY']),
    endpoints: endpoint === undefined ? [url] : [endpoint, url],
    url,
    audience,
    subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    // Google expects the provider's name as an https URL where the provider names no audiences of its own.
    subjectToken: async () => ({ token: await requestGithubToken(job, `https:${audience}`) })
  })
}
