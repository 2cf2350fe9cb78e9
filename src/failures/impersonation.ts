import { Failure } from '../failure.ts'
import type { Hop } from '../identity/credential.ts'
import { stringIn } from '../json.ts'
import { quoteRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { safeText } from '../safe-text.ts'

/** IAM refused a token for a service account. @param url of the method that was called */
export function impersonationRefused(refusal: Refusal, url: URL, principal: string, hop: Hop): Failure {
  const answer = quoteRefusal(refusal)
  const account = safeText(hop.account)
  if (refusal.status === 404) {
    return new Failure({
      code: 'SERVICE_ACCOUNT_NOT_FOUND',
      sentence: `There is no service account ${account}.`,
      cause: 'The e-mail is misspelled, or the account was deleted.',
      remedy: 'Check the input service_account.',
      commands: [`gcloud iam service-accounts describe ${account}`],
      answer
    })
  }
  if (refusal.reason === 'SERVICE_DISABLED' || /has not been used in project|it is disabled/.test(refusal.message)) {
    const project =
      /projects?[/ ]([\w-]+)/.exec(`${stringIn(refusal.metadata, 'consumer') ?? ''} ${refusal.message}`)?.[1] ??
      'PROJECT'
    return new Failure({
      code: 'API_DISABLED',
      sentence: `The IAM Service Account Credentials API is disabled in project ${safeText(project)}.`,
      cause: 'Whoever impersonates a service account needs that API; no role replaces it.',
      remedy: 'Enable the API, and wait a few minutes.',
      commands: [`gcloud services enable iamcredentials.googleapis.com --project=${safeText(project)}`],
      answer
    })
  }
  if (refusal.reason === 'ACCESS_TOKEN_EXPIRED') {
    return new Failure({
      code: 'CREDENTIALS_EXPIRED',
      sentence: `The access token with which ${account} should be impersonated has expired.`,
      remedy: 'Run the job again.',
      answer
    })
  }
  const forIdToken = url.pathname.endsWith(':generateIdToken')
  const permission =
    stringIn(refusal.metadata, 'permission') ??
    (forIdToken ? 'iam.serviceAccounts.getOpenIdToken' : 'iam.serviceAccounts.getAccessToken')
  return new Failure({
    code: 'IMPERSONATION_DENIED',
    sentence: `${principal} may not impersonate ${account}: permission ${safeText(permission)} is missing.`,
    ...explain(refusal, hop),
    commands: bindings(principal, hop, forIdToken),
    answer
  })
}

function explain(refusal: Refusal, hop: Hop): { cause: string; remedy: string } {
  if (refusal.reason === 'ACCESS_TOKEN_SCOPE_INSUFFICIENT') {
    return {
      cause: "The machine's access scopes do not allow it to call IAM.",
      remedy: 'Give the machine the scope https://www.googleapis.com/auth/cloud-platform.'
    }
  }
  if (refusal.status === 400) {
    return {
      cause: 'Google calls the request invalid: the account, a delegate or the audience is malformed.',
      remedy: 'Check service_account, delegates and audience.'
    }
  }
  return {
    cause:
      hop.delegates.length === 0
        ? 'Nobody granted it, the grant is for another identity or account, or it is younger than a few minutes.'
        : 'Each member of the chain must be allowed to impersonate the next one.',
    remedy: `Grant the role on ${safeText(hop.account)}, and wait a few minutes.`
  }
}

/** The grants that the chain needs, smallest role first in mind: the last one mints ID tokens only. */
function bindings(principal: string, hop: Hop, forIdToken: boolean): string[] {
  const chain = [...hop.delegates, hop.account]
  return chain.flatMap((account, index) => {
    const member = index === 0 ? principal : `serviceAccount:${chain[index - 1] ?? ''}`
    const isLast = index === chain.length - 1
    const role =
      isLast && forIdToken
        ? member.startsWith('principal')
          ? 'workloadIdentityUser'
          : 'serviceAccountOpenIdTokenCreator'
        : 'serviceAccountTokenCreator'
    return [
      `gcloud iam service-accounts add-iam-policy-binding ${safeText(account)} \\`,
      `  --member="${safeText(member)}" \\`,
      `  --role=roles/iam.${role}`
    ]
  })
}
