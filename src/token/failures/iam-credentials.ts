import { explainBy, Failure, type Cause, type Explanation, type Snippet } from '../../failure/failure.ts'
import { explainInterception } from '../../world/failures/connection.ts'
import { explainPerimeter, isPerimeter } from '../../failure/perimeter.ts'
import {
  accountWord,
  giveMachine,
  inTerminal,
  onRunner,
  projectFlag,
  projectOfAccount,
  shellWord,
  toRead
} from '../../failure/snippets.ts'
import { stringIn } from '../../guard/json.ts'
import { safeText } from '../../guard/safe-text.ts'
import type { Federation, Impersonation, MachineIdentity } from '../credential.ts'
import { describeClaims, oldSubject, whatStandsOut } from '../github-claims.ts'
import {
  federatedPrincipal,
  MACHINE_ACCOUNT,
  narrowPrincipal,
  serviceAccountPrincipal,
  subjectPrincipal,
  UNKNOWN_PERSON
} from '../principal.ts'
import { projectIn, quoteRefusal, quoteWords, type Refusal } from '../refusal.ts'
import { explainDisabledApi, isApiDisabled } from './refusal.ts'

/** Who called IAM, as far as it is known. */
interface Caller {
  /** As IAM names it; a guess for federated identities, because only the provider knows what it maps. */
  readonly principal: string
  readonly federation?: Federation | undefined
  /** Set where the caller is the service account of a machine, which may have said more of itself. */
  readonly machine?: MachineIdentity | undefined
}

interface Facts {
  readonly refusal: Refusal
  readonly url: URL
  readonly caller: Caller
  readonly impersonation: Impersonation
  /** For people. */
  readonly who: string
  /** The same in a word. */
  readonly name: string
  readonly account: string
  readonly method: Method
  readonly permission: string
}

/** What a method of IAM gives, the permission for it, and the least role that contains it. */
interface Method {
  readonly what: string
  readonly permission: string
  readonly role: string
}

const METHODS: Readonly<Record<string, Method>> = {
  generateIdToken: {
    what: 'ID token',
    permission: 'iam.serviceAccounts.getOpenIdToken',
    role: 'roles/iam.serviceAccountOpenIdTokenCreator'
  },
  generateAccessToken: {
    what: 'access token',
    permission: 'iam.serviceAccounts.getAccessToken',
    role: 'roles/iam.serviceAccountTokenCreator'
  },
  signJwt: {
    what: 'signed JWT',
    permission: 'iam.serviceAccounts.signJwt',
    role: 'roles/iam.serviceAccountTokenCreator'
  }
}

/** IAM refused a token for a service account. @param url of the method that was called */
export function impersonationRefused(
  refusal: Refusal,
  url: URL,
  caller: Caller,
  impersonation: Impersonation
): Failure {
  const method = METHODS[url.pathname.replace(/^.*:/, '')]
  if (method === undefined) throw new Error('no method of IAM')
  const facts = {
    refusal,
    url,
    caller,
    impersonation,
    who: describeCaller(caller),
    name: nameCaller(caller),
    account: safeText(impersonation.account),
    method,
    permission: safeText(stringIn(refusal.metadata, 'permission') ?? method.permission)
  }
  return new Failure({ code: 'IMPERSONATION_DENIED', ...explainBy(CAUSES, facts), answer: quoteRefusal(refusal) })
}

const CAUSES: readonly Cause<Facts>[] = [
  { code: 'SERVICE_ACCOUNT_NOT_FOUND', when: ({ refusal }) => refusal.status === 404, explain: noAccount },
  { code: 'API_DISABLED', when: ({ refusal }) => isApiDisabled(refusal), explain: disabledApi },
  { code: 'CREDENTIALS_EXPIRED', when: reasonIs('ACCESS_TOKEN_EXPIRED'), explain: expiredToken },
  {
    when: ({ refusal: { reason, message } }) => reason === 'SECURITY_POLICY_VIOLATED' || isPerimeter(message),
    explain: perimeter
  },
  { when: reasonIs('USER_PROJECT_DENIED'), explain: deniedProject },
  {
    when: ({ refusal: { reason, message } }) =>
      reason === 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' || message.includes('insufficient authentication scopes'),
    explain: narrowScopes
  },
  { when: reasonIs('CREDENTIALS_MISSING'), explain: lostToken },
  { when: ({ refusal }) => refusal.status === 401, explain: unknownToken },
  { when: ({ refusal }) => refusal.status === 400, explain: invalidRequest },
  { when: ({ refusal }) => refusal.status !== 403, explain: otherRefusal },
  { when: ({ impersonation }) => impersonation.delegates.length > 0, explain: missingLink },
  { when: () => true, explain: missingGrant }
]

function reasonIs(reason: string): (facts: Facts) => boolean {
  return ({ refusal }) => refusal.reason === reason
}

function noAccount({ refusal, impersonation, account }: Facts): Explanation {
  return {
    sentence: `There is no service account ${account}: Google answered ${quoteWords(refusal)}.`,
    cause: 'The name is misspelled, or the account was deleted.',
    remedy: `Correct the name ${account} in ${safeText(impersonation.origin)}, or create the account again.`,
    snippets: [
      inTerminal(
        'see the existing accounts',
        `gcloud iam service-accounts list${projectFlag(impersonation.account)} --format="value(email)"`
      )
    ]
  }
}

function disabledApi({ refusal, caller }: Facts): Explanation {
  const pool = /\/projects\/(\d+)\//.exec(caller.principal)?.[1]
  return explainDisabledApi(refusal, 'IAM Service Account Credentials API', 'iamcredentials.googleapis.com', pool)
}

function expiredToken({ who, account }: Facts): Explanation {
  return {
    sentence: `The access token of ${who}, with which ${account} should be impersonated, has expired.`,
    cause: 'It ran out during the step, or the credential source handed out an old one.',
    remedy: 'Run the job again; if the refusal stays, let the credential source hand out fresh tokens.'
  }
}

function perimeter({ refusal, impersonation, who, account }: Facts): Explanation {
  return explainPerimeter(
    `VPC Service Controls keep ${who} from impersonating ${account}`,
    "the account's project",
    refusal.message,
    projectOfAccount(impersonation.account)
  )
}

function deniedProject({ refusal, caller, who, account }: Facts): Explanation {
  const project = projectIn(refusal)
  return {
    sentence: `Google does not let ${who} charge the request for a token of ${account} to project ${project}.`,
    cause: 'The credential names a project for quota and billing that its holder has no role on.',
    remedy: `Grant roles/serviceusage.serviceUsageConsumer on project ${project} to the holder of the credential, or take the project out of the credential.`,
    snippets: [
      inTerminal(
        'grant the role',
        `gcloud projects add-iam-policy-binding ${project} --member=${shellWord(caller.principal)} --role=roles/serviceusage.serviceUsageConsumer`
      ),
      findCaller(caller)
    ]
  }
}

function narrowScopes({ caller, who, account }: Facts): Explanation {
  const isPerson = caller.principal.startsWith('user:')
  const scopes = (caller.machine?.scopes ?? [])
    .map((scope) => safeText(scope.replace(/^.*\/auth\//, ''), 60))
    .join(', ')
  return {
    sentence: `The access token of ${who} cannot be used to impersonate ${account}: its OAuth scopes are too narrow${scopes === '' ? '' : ` (${scopes})`}.`,
    cause: isPerson
      ? 'The person signed in with scopes that leave out IAM.'
      : "The machine's access scopes leave out IAM; roles do not help.",
    remedy: isPerson
      ? 'Sign in again with the scope https://www.googleapis.com/auth/cloud-platform.'
      : 'Give the machine the scope https://www.googleapis.com/auth/cloud-platform; the machine has to be stopped for that.',
    snippets: [
      isPerson
        ? inTerminal('sign in again', 'gcloud auth application-default login')
        : giveMachine('--scopes=https://www.googleapis.com/auth/cloud-platform')
    ]
  }
}

function lostToken({ url, who, account }: Facts): Explanation {
  return {
    ...explainInterception(url),
    sentence: `The access token of ${who}, with which ${account} should be impersonated, did not arrive at ${url.host}.`,
    cause: 'A proxy that opens TLS may have taken the header out.'
  }
}

function unknownToken({ refusal, who, account }: Facts): Explanation {
  return {
    sentence: `Google does not accept the access token of ${who}, with which ${account} should be impersonated: ${quoteWords(refusal)}.`,
    cause:
      'The token was revoked, its account was disabled or deleted meanwhile, or IAM does not take tokens of its kind.',
    remedy: 'Run the job again; if the refusal stays, make the credential again.'
  }
}

function invalidRequest({ refusal, impersonation, account }: Facts): Explanation {
  const { delegates } = impersonation
  const names = [...delegates, impersonation.account]
  return {
    sentence: `Google calls the request for a token of ${account}${through(impersonation)} invalid: ${quoteWords(refusal)}.`,
    cause: 'No role is missing: a service account or the audience is malformed, or a delegate does not exist.',
    remedy: `Check ${delegates.length === 0 ? `the spelling of ${account}` : `that each of ${names.map((name) => safeText(name)).join(', ')} exists`}, and the audience.`,
    snippets: [inTerminal('see whether each exists', ...names.map(describeCommand))]
  }
}

function otherRefusal({ refusal, impersonation, who, account }: Facts): Explanation {
  return {
    sentence: `Google refused ${who} a token of ${account} with status ${refusal.status}: ${quoteWords(refusal)}.`,
    remedy: 'Run the job again; if the refusal stays, search for the words of Google.',
    snippets: [inTerminal('see the account', describeCommand(impersonation.account))]
  }
}

/** A single grant, from the caller to the account. */
function missingGrant({ url, caller, impersonation, who, name, account, method, permission }: Facts): Explanation {
  const claims = caller.federation?.claims ?? {}
  const old = oldSubject(claims)
  // A federated identity may become an account by the role that was made for it.
  const isFederated = caller.principal.startsWith('principal')
  const role =
    isFederated && url.pathname.endsWith(':generateAccessToken') ? 'roles/iam.workloadIdentityUser' : method.role
  const attribute = /\/attribute\.(\w+)\//.exec(caller.principal)?.[1]
  const grantee = attribute === undefined ? name : `this ${attribute}`
  return {
    sentence: `Google gave ${who} no ${method.what} of ${account}: no grant of ${permission} matches${old === undefined ? '' : ` (a binding on subject/${old}… does not match this form of sub)`}, or there is no such account.`,
    cause: [
      `The grant is missing, names another identity, or is only minutes old. Or ${account} does not exist: Google does not tell strangers.`,
      ...(attribute !== undefined && url.pathname.endsWith(':generateIdToken')
        ? ['roles/iam.workloadIdentityUser contains the permission too, and also gives access tokens.']
        : [])
    ].join(' '),
    remedy: [
      `Grant ${role} on ${account} to ${grantee}, and wait some minutes; if there is no such account, correct the name in ${safeText(impersonation.origin)}.`,
      ...(attribute === undefined
        ? []
        : [`If the grant changes nothing, the provider must map attribute.${attribute} from assertion.${attribute}.`])
    ].join(' '),
    snippets: [
      inTerminal('grant the role', binding(impersonation.account, caller.principal, role)),
      findCaller(caller),
      inTerminal(
        'see whether the account exists, and who has which role on it',
        describeCommand(impersonation.account),
        `gcloud iam service-accounts get-iam-policy ${accountWord(impersonation.account)}`
      ),
      compareMembers(caller),
      seeMapping(caller.principal)
    ],
    details: caller.federation?.claims && describeClaims(claims)
  }
}

/** One grant of a chain, from the caller through every delegate to the account. */
function missingLink({ caller, impersonation, who, name, account, method, permission }: Facts): Explanation {
  const chain = [...impersonation.delegates, impersonation.account]
  const links = chain.map((target, index) => {
    const isLast = index === chain.length - 1
    const member = index === 0 ? caller.principal : serviceAccountPrincipal(chain[index - 1] ?? '')
    return {
      target,
      member,
      who: index === 0 ? name : safeText(chain[index - 1] ?? ''),
      role: isLast ? method.role : 'roles/iam.serviceAccountTokenCreator'
    }
  })
  // The permission that is missing tells which link: the last one mints, the others pass the right on.
  const suspects = permission.endsWith('.implicitDelegation') ? links.slice(0, -1) : links.slice(-1)
  const needs = suspects.map((link) => `${link.who} needs ${link.role} on ${safeText(link.target)}`)
  return {
    sentence: `Google gave ${who} no ${method.what} of ${account}${through(impersonation)}: ${permission} is missing, for which ${needs.join(', or ')}.`,
    cause: `Every link of the chain needs a grant: ${links.map((link) => `${link.who} on ${safeText(link.target)}`).join(', ')}. A grant that is only minutes old does not act yet.`,
    remedy: `Grant ${suspects.map((link) => `${link.role} on ${safeText(link.target)} to ${link.who}`).join(', and ')}.`,
    snippets: [
      inTerminal('grant the roles', ...suspects.map(({ target, member, role }) => binding(target, member, role))),
      findCaller(caller),
      inTerminal('see whether the accounts exist', ...suspects.map(({ target }) => describeCommand(target))),
      seeMapping(caller.principal)
    ],
    details: caller.federation?.claims && describeClaims(caller.federation.claims)
  }
}

/** The way of a delegation, between the caller and the account that a sentence names. */
function through({ delegates }: Impersonation): string {
  return delegates.length === 0 ? '' : ` through ${delegates.map((name) => safeText(name)).join(' → ')}`
}

function binding(account: string, member: string, role: string): string {
  return `gcloud iam service-accounts add-iam-policy-binding ${accountWord(account)} --member=${shellWord(narrowPrincipal(member))} --role=${role}`
}

function describeCommand(account: string): string {
  return `gcloud iam service-accounts describe ${accountWord(account)}`
}

/** The caller with what Google was shown of it. */
function describeCaller(caller: Caller): string {
  // The author may have meant another identity.
  if (caller.machine !== undefined)
    return `${nameCaller(caller)} (the identity of this machine, because workload_identity_provider and credentials_json are empty)`
  const { claims = {} } = caller.federation ?? {}
  const sub = stringIn(claims, 'sub')
  return sub === undefined
    ? nameCaller(caller)
    : `${nameCaller(caller)} (${[`sub: ${safeText(sub)}`, ...whatStandsOut(claims)].join(', ')})`
}

function nameCaller({ principal, federation }: Caller): string {
  if (principal === serviceAccountPrincipal(MACHINE_ACCOUNT)) return 'the service account of this machine'
  if (principal.endsWith(UNKNOWN_PERSON)) return 'the person who signed in'
  const { claims = {} } = federation ?? {}
  const issuer = stringIn(claims, 'iss')
  const name = stringIn(claims, 'repository') ?? (issuer === undefined ? undefined : `the identity of ${issuer}`)
  return safeText(name ?? principal.replace(/^(?:serviceAccount|user):/, ''))
}

/** Who a credential stands for, where only the machine or a person can say. */
function findCaller({ principal }: Caller): Snippet | false {
  if (principal === serviceAccountPrincipal(MACHINE_ACCOUNT)) {
    return onRunner(
      `learn what ${MACHINE_ACCOUNT} stands for`,
      'curl -H "Metadata-Flavor: Google" http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/email'
    )
  }
  return (
    principal.endsWith(UNKNOWN_PERSON) &&
    inTerminal(`learn what ${UNKNOWN_PERSON} stands for, where you signed in`, 'gcloud auth list')
  )
}

/** The forms in which a policy may name a federated identity: https://cloud.google.com/iam/docs/principal-identifiers */
function compareMembers({ federation }: Caller): Snippet | undefined {
  const sub = stringIn(federation?.claims, 'sub')
  if (federation === undefined || sub === undefined) return undefined
  const all = safeText(federatedPrincipal(federation.audience))
  const attributes = ['repository', 'repository_id', 'repository_owner', 'repository_owner_id'].flatMap((name) => {
    const value = stringIn(federation.claims, name)
    return value === undefined ? [] : [`${all.slice(0, -1)}attribute.${name}/${safeText(value)}`]
  })
  return toRead(
    'One member of the policy must be exactly one of these; which of them can match, the mapping of the provider decides',
    safeText(subjectPrincipal(federation.audience, sub)),
    ...attributes,
    all
  )
}

/** https://cloud.google.com/iam/docs/workload-identity-federation#mapping */
function seeMapping(principal: string): Snippet | false {
  const [, pool] =
    /\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[\w-]+)\//.exec(principal) ??
    []
  return (
    pool !== undefined &&
    inTerminal(
      'see what the providers of the pool map',
      `gcloud iam workload-identity-pools providers list --workload-identity-pool=${pool} --format="yaml(name, attributeMapping)"`
    )
  )
}
