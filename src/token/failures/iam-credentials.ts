import { Failure } from '../../failure/failure.ts'
import type { Explanation, FailureText, Snippet } from '../../failure/failure.ts'
import type { Impersonation } from '../credential.ts'
import { stringIn } from '../../guard/json.ts'
import { MACHINE_ACCOUNT, serviceAccountPrincipal, UNKNOWN_PERSON } from '../principal.ts'
import { quoteRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { safeText } from '../../guard/safe-text.ts'
import { isPerimeter } from '../../failure/perimeter.ts'
import { explainPerimeter } from '../../failure/perimeter.ts'
import { projectFlag } from '../../failure/snippets.ts'
import { mappingNote } from '../principal.ts'
import { inTerminal, onRunner, RERUN, shellWord, tryConnection } from '../../failure/snippets.ts'

/** IAM refused a token for a service account. @param url of the method that was called */
export function impersonationRefused(
  refusal: Refusal,
  url: URL,
  principal: string,
  impersonation: Impersonation
): Failure {
  const answer = quoteRefusal(refusal)
  const account = safeText(impersonation.account)
  if (refusal.status === 404) {
    return new Failure({
      code: 'SERVICE_ACCOUNT_NOT_FOUND',
      sentence: `There is no service account ${account}.`,
      cause: 'The e-mail is misspelled, or the account was deleted or disabled.',
      remedy: `Check ${impersonation.delegates.length === 0 ? 'the input service_account' : 'the inputs service_account and delegates'}, or whatever else names it.`,
      snippets: [
        inTerminal(
          `gcloud iam service-accounts list${projectFlag(impersonation.account)}   # shows those that there are`
        )
      ],
      answer
    })
  }
  if (refusal.reason === 'SERVICE_DISABLED' || /has not been used in project|it is disabled/.test(refusal.message)) {
    const project = projectIn(refusal)
    return new Failure({
      code: 'API_DISABLED',
      sentence: `The IAM Service Account Credentials API is disabled in project ${project}.`,
      cause: 'Whoever impersonates a service account needs that API; no role replaces it.',
      remedy: 'Enable the API, and wait a few minutes.',
      snippets: [inTerminal(`gcloud services enable iamcredentials.googleapis.com --project=${project}`)],
      answer
    })
  }
  if (refusal.reason === 'ACCESS_TOKEN_EXPIRED') {
    return new Failure({
      code: 'CREDENTIALS_EXPIRED',
      sentence: `The access token with which ${account} should be impersonated has expired.`,
      cause: 'It ran out during the step, or the credential source handed out an old one.',
      remedy: 'Run the job again.',
      snippets: [RERUN],
      answer
    })
  }
  const explanation =
    explainOther(refusal, url, principal, impersonation) ?? explainPermission(refusal, url, principal, impersonation)
  return new Failure({ code: 'IMPERSONATION_DENIED', ...explanation, answer })
}

type Denial = Pick<FailureText, 'sentence'> & Explanation

/** Refusals that no role of the account mends. */
function explainOther(refusal: Refusal, url: URL, principal: string, impersonation: Impersonation): Denial | undefined {
  const { status, reason, message } = refusal
  const caller = safeText(principal)
  const account = safeText(impersonation.account)
  if (reason === 'SECURITY_POLICY_VIOLATED' || isPerimeter(message)) {
    return {
      sentence: `VPC Service Controls keep ${caller} from impersonating ${account}.`,
      ...explainPerimeter("the account's project", message)
    }
  }
  if (reason === 'USER_PROJECT_DENIED') {
    const project = projectIn(refusal)
    return {
      sentence: `${caller} may not charge the call for ${account} to project ${project}.`,
      cause: 'The credential names a project for quota and billing that its holder may not use.',
      remedy: `Grant ${caller} the role roles/serviceusage.serviceUsageConsumer on project ${project}, or take the project out of the credential.`,
      snippets: [
        inTerminal(
          `gcloud projects add-iam-policy-binding ${project} --member=${shellWord(caller)} --role=roles/serviceusage.serviceUsageConsumer`
        )
      ]
    }
  }
  if (reason === 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' || message.includes('insufficient authentication scopes')) {
    return {
      sentence: `The access token of ${caller} may not be used to impersonate ${account}: its scopes do not reach.`,
      cause: "The machine's access scopes, or the scopes with which somebody signed in, leave out IAM.",
      remedy: 'Give the machine the scope https://www.googleapis.com/auth/cloud-platform, and stop it for that.',
      snippets: [
        inTerminal(
          'gcloud compute instances list   # shows INSTANCE and ZONE of each',
          'gcloud compute instances stop INSTANCE --zone=ZONE',
          'gcloud compute instances set-service-account INSTANCE --zone=ZONE --scopes=https://www.googleapis.com/auth/cloud-platform',
          'gcloud compute instances start INSTANCE --zone=ZONE'
        )
      ]
    }
  }
  if (status === 401) {
    return {
      sentence: `Google does not know the access token with which ${caller} wanted to impersonate ${account}.`,
      cause:
        reason === 'CREDENTIALS_MISSING'
          ? 'The token did not arrive; a proxy that opens TLS may have taken the header out.'
          : 'The token was revoked, its account was disabled or deleted meanwhile, or it is of a kind that IAM does not take.',
      remedy: 'Run the job again; if it stays, check the credential and the proxy.',
      snippets: [tryConnection(url), RERUN]
    }
  }
  if (status === 400) {
    return {
      sentence: `Google calls the request for a token of ${account} invalid${describeChain(impersonation)}.`,
      cause: 'The account, a delegate or the audience is malformed, or a delegate does not exist; no role is missing.',
      remedy: 'Check service_account, delegates and audience.',
      snippets: [inTerminal(...[...impersonation.delegates, impersonation.account].map(describeCommand))]
    }
  }
  if (status === 403) return undefined
  return {
    sentence: `Google refused ${caller} a token of ${account} with status ${status}.`,
    cause: 'Google does not say why in words that this action knows.',
    remedy: 'See what it answered, and run the job again.',
    snippets: [inTerminal(describeCommand(impersonation.account))]
  }
}

function explainPermission(refusal: Refusal, url: URL, principal: string, impersonation: Impersonation): Denial {
  const caller = safeText(principal)
  const forIdToken = url.pathname.endsWith(':generateIdToken')
  const permission =
    stringIn(refusal.metadata, 'permission') ??
    (forIdToken ? 'iam.serviceAccounts.getOpenIdToken' : 'iam.serviceAccounts.getAccessToken')
  const last = impersonation.delegates.at(-1)
  return {
    sentence: `${caller} may not impersonate ${safeText(impersonation.account)}${describeChain(impersonation)}: permission ${safeText(permission)} is missing.`,
    cause:
      last === undefined
        ? `Nobody granted it, the grant is for another identity or account, or it is younger than a few minutes; or ${safeText(impersonation.account)} is misspelled: whether an account exists, Google tells only those who may see it.`
        : permission.endsWith('implicitDelegation')
          ? `A link before the last one is missing: ${describeLinks(caller, { ...impersonation, account: last, delegates: impersonation.delegates.slice(0, -1) })}.`
          : `A link of the chain is missing: ${describeLinks(caller, impersonation)}; which one, Google does not say, but the permission belongs to the last.`,
    remedy:
      last === undefined
        ? `Check how ${safeText(impersonation.account)} is spelled, grant the caller roles/iam.${leastRole(caller, true, forIdToken, false)} on it, and wait a few minutes.`
        : 'Grant what is missing of the links of the chain, each account on the next, and wait a few minutes.',
    snippets: [
      ...findCaller(principal),
      inTerminal(
        `${describeCommand(impersonation.account)}   # NOT_FOUND: there is no such account`,
        ...bindings(principal, impersonation, forIdToken)
      )
    ]
  }
}

/** The way of a delegation, between the caller and the account that a sentence names. */
function describeChain({ delegates }: Impersonation): string {
  return delegates.length === 0 ? '' : ` through ${delegates.map((name) => safeText(name)).join(' → ')}`
}

function describeLinks(caller: string, impersonation: Impersonation): string {
  const chain = [caller, ...impersonation.delegates, impersonation.account].map((name) => safeText(name))
  return chain
    .slice(1)
    .map((name, index) => `${chain[index] ?? ''} on ${name}`)
    .join(', ')
}

/** The grants that the chain needs, each with the least role: the last link mints ID tokens only. */
function bindings(principal: string, impersonation: Impersonation, forIdToken: boolean): string[] {
  const chain = [...impersonation.delegates, impersonation.account]
  const lines = chain.flatMap((account, index) => {
    const member = index === 0 ? principal : serviceAccountPrincipal(chain[index - 1] ?? '')
    const isLast = index === chain.length - 1
    return [
      `gcloud iam service-accounts add-iam-policy-binding ${shellWord(account)} --member=${shellWord(member)} --role=roles/iam.${leastRole(member, isLast, forIdToken, chain.length > 1)}`,
      ...(isLast && forIdToken
        ? [
            '# or with --role=roles/iam.workloadIdentityUser, which contains the permission too, and gives access tokens besides'
          ]
        : [])
    ]
  })
  return [...lines, ...mappingNote(principal)]
}

function leastRole(member: string, isLast: boolean, forIdToken: boolean, isChain: boolean): string {
  if (isLast && forIdToken) return 'serviceAccountOpenIdTokenCreator'
  // Delegation needs implicitDelegation, which workloadIdentityUser lacks.
  return member.startsWith('principal') && !isChain ? 'workloadIdentityUser' : 'serviceAccountTokenCreator'
}

/** Who a credential stands for, where only the machine or a person can say. */
function findCaller(principal: string): Snippet[] {
  if (principal === serviceAccountPrincipal(MACHINE_ACCOUNT)) {
    return [
      onRunner(
        `curl -H "Metadata-Flavor: Google" http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/email   # prints ${MACHINE_ACCOUNT}`
      )
    ]
  }
  return principal.endsWith(UNKNOWN_PERSON)
    ? [
        inTerminal(
          `gcloud auth list   # ${UNKNOWN_PERSON} is who signed in with "gcloud auth application-default login"`
        )
      ]
    : []
}

function describeCommand(account: string): string {
  return `gcloud iam service-accounts describe ${shellWord(account)}`
}

function projectIn({ metadata, message }: Refusal): string {
  const name = /projects?[/ ]([\w-]+)/.exec(`${stringIn(metadata, 'consumer') ?? ''} ${message}`)?.[1]
  return safeText(name ?? 'PROJECT')
}
