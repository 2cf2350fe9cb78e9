import type { Step } from '../world/step.ts'
import { federatedPrincipal } from '../token/principal.ts'
import type { Credential } from '../token/credential.ts'
import type { ExternalAccountDocument } from './document.ts'
import { createFederatedIdentity } from './federated-identity.ts'
import { githubEndpoint } from './github.ts'
import { readSubjectToken } from './subject-token/subject-token.ts'

/** Workload or workforce identity federation as a document describes it (`external_account`): https://google.aip.dev/auth/4117 */
export function fromExternalAccount(step: Step, document: ExternalAccountDocument): Credential {
  const { source, audience, tokenUrl, origin } = document
  // google-github-actions/auth leaves a document whose token comes from GitHub.
  const isGithub = source.kind === 'url' && source.url.host === githubEndpoint(step.env)?.host
  return createFederatedIdentity(step, {
    ...document,
    description: `external account (${source.kind}) from ${origin}`,
    principal: federatedPrincipal(audience, isGithub ? step.env['GITHUB_REPOSITORY'] : undefined),
    endpoints: source.kind === 'url' ? [source.url, tokenUrl] : [tokenUrl],
    hasCertificate: source.kind === 'certificate',
    subjectToken: async () => await readSubjectToken(step, document)
  })
}
