import { explainBy, Failure, type Cause, type Explanation, type Snippet } from '../../failure/failure.ts'
import { explainPerimeter, isPerimeter } from '../../failure/perimeter.ts'
import { inStep, inTerminal, inYaml, LIST_SERVICES, onlyWhere, projectById, shellWord } from '../../failure/snippets.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { findAudience } from '../../inputs/audience.ts'
import { isOAuthClient } from '../../inputs/request-headers.ts'
import { findReservation, isCloudRunUrl, isFunctionUrl, placeOfFunction } from '../../inputs/service-url.ts'
import { isPerson, memberOf } from '../../token/principal.ts'
import { inAttempts } from '../../world/outcome.ts'
import type { Response } from '../response.ts'
import { quote, type FailedCall } from './failed-call.ts'
import { nameRunService } from '../cloud-run-service.ts'
import { describeService, describeTarget, ownUrl, updateInvokers, updateCommand } from './gcloud.ts'

/** A 401: the token is not one for this service. */
export function tokenRejected({ call, token }: FailedCall, response: Response): Failure {
  const rejected = `Google's front end rejected the token for audience ${safeText(token.audience)} at ${safeUrl(call.url)} (401)`
  return new Failure({
    code: 'TOKEN_REJECTED',
    happened: `${rejected}.`,
    ...explainRejection(rejected, call.url, token),
    answer: quote(response)
  })
}

const WHAT_401_MEANS = 'A 401 means that the token was rejected; a missing role gives 403.'

function explainRejection(rejected: string, url: URL, { audience, email }: FailedCall['token']): Explanation {
  const suggested = findAudience(url)
  const accepted = describeService(ownUrl(url, audience))
  if (isPerson(email) && isOAuthClient(audience)) {
    return {
      sentence: `${rejected}: the token is a person's (${safeText(email)}), and this service does not take such tokens.`,
      remedy: 'Set service_account, so that the token is for the service.',
      snippets: [inStep('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
    }
  }
  if (suggested === undefined) {
    return {
      sentence: `${rejected}: that is not an audience of the service, which a custom domain or load balancer does not tell.`,
      cause: WHAT_401_MEANS,
      remedy: `Set audience to the *.run.app URL of the service behind ${safeText(url.host)}, or to a custom audience of that service, exactly.`,
      snippets: [
        inTerminal('see the URL of each service', LIST_SERVICES),
        inStep('audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app'),
        accepted
      ]
    }
  }
  if (suggested === audience) {
    return {
      sentence: `${rejected}, although the URL suggests this audience.`,
      cause: `A second token came along in another header, or there is no such service. ${WHAT_401_MEANS}`,
      remedy: 'Compare url with the URLs of the service, and leave other tokens out of headers.',
      snippets: accepted
    }
  }
  return {
    sentence: `${rejected}; going by its URL, the service expects the audience ${safeText(suggested)}.`,
    cause: WHAT_401_MEANS,
    remedy: `Leave audience empty, or set audience to ${safeText(suggested)}.`,
    snippets: [inStep(`audience: ${safeText(suggested)}`), accepted]
  }
}

/** A 403 to a good token: its identity is no invoker, or a perimeter keeps it out. */
export function invokerMissing(failed: FailedCall, response: Response): Failure {
  return new Failure({ code: 'INVOKER_MISSING', ...explainRefusal(failed, response), answer: quote(response) })
}

function explainRefusal({ call, token, attempts }: FailedCall, response: Response): Explanation {
  const who = safeText(token.email) || 'The identity'
  const refused = `403 of Google's front end${inAttempts(attempts)}`
  const service = ownUrl(call.url, token.audience)
  const { kind, name, flags } = describeTarget(service)
  const number = nameRunService(service)?.project
  if (isPerimeter(response.text)) {
    return explainPerimeter(
      `VPC Service Controls keep ${safeText(token.email) || 'the identity'} out of ${safeUrl(call.url)} (${refused})`,
      "the service's project",
      response.text,
      number === undefined ? undefined : projectById(number)
    )
  }
  if (call.headers.tokenHeader === 'Proxy-Authorization') {
    return {
      sentence: `${safeUrl(call.url)} saw no token (${refused}): Cloud Run does not read Proxy-Authorization, which is for Identity-Aware Proxy.`,
      remedy: 'Set token_header to X-Serverless-Authorization, or leave token_header empty.',
      snippets: [inStep('token_header: X-Serverless-Authorization')]
    }
  }
  if (number !== undefined && isOAuthClient(token.audience) && !isPerson(token.email)) {
    // Cloud Run would answer 401 to such an audience; https://cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run
    const agent = `serviceAccount:service-${number}@gcp-sa-iap.iam.gserviceaccount.com`
    return {
      sentence: `Identity-Aware Proxy let ${who} through, but IAP's own account is not allowed to invoke ${safeUrl(call.url)} (${refused}).`,
      remedy: `Grant roles/run.invoker on the service ${name} to ${agent}, and wait some minutes.`,
      snippets: grantInvoker(service, agent)
    }
  }
  const member = memberOf(token.email)
  const role = kind === 'service' ? 'roles/run.invoker' : "the invoker's role"
  return {
    sentence: `${who} is not allowed to invoke ${safeUrl(call.url)} (${refused}).`,
    cause: `The token is fine, but its identity lacks ${role} on the ${kind} ${name}, or got the role so lately that it does not act yet (iam_wait: ${call.iamWaitMs / 1000} s), or a condition of the grant does not match this host or path.`,
    remedy: `Grant ${role} on the ${kind} ${name} to ${member}, and wait some minutes.`,
    snippets: [
      grantInvoker(service, member),
      kind === 'service' &&
        inTerminal('see who may invoke, and on which conditions', `gcloud run services get-iam-policy ${name}${flags}`),
      inYaml(
        'Only where the grant is some minutes old at most, in this step under "with"',
        'iam_wait: 5m',
        'deadline: 7m'
      )
    ]
  }
}

function grantInvoker(service: URL, member: string): readonly Snippet[] {
  return [inTerminal('grant the role', updateInvokers(service, 'add', member)), ...describeTarget(service).search]
}

interface Missing {
  readonly url: URL
  readonly tag: string | undefined
  /** The URL that names the service, where another one is called. */
  readonly service: URL
  readonly text: string
  /** Whether the service itself answers at its root without the tag; undefined where that is not known. */
  readonly exists: boolean | undefined
  /** `Google's front end answered URL with 404` */
  readonly answered: string
}

/** A 404 that the application never saw. */
export function notReached({ call, token, exists }: FailedCall, response: Response): Failure {
  const answered = `Google's front end answered ${safeUrl(call.url)} with 404, before the application`
  const service = ownUrl(call.url, token.audience)
  return new Failure({
    code: 'NOT_REACHED',
    ...explainNotReached({ ...call, service, text: response.text, exists, answered }),
    answer: quote(response)
  })
}

export function explainNotReached(facts: Missing): Explanation {
  return explainBy(NOT_REACHED, facts)
}

const NOT_REACHED: readonly Cause<Missing>[] = [
  { when: ({ text }) => text.startsWith('response 404 (backend NotFound)'), explain: noBackend },
  { when: ({ url }) => isFunctionUrl(url), explain: noFunction },
  { when: ({ url }) => !isCloudRunUrl(url), explain: domainLeadsNowhere },
  { when: ({ url }) => findReservation(url) === 'certain', explain: reservedPath },
  { when: ({ tag, exists }) => tag !== undefined && exists !== false, explain: noTag },
  { when: ({ exists }) => exists === true, explain: probablyReservedPath },
  {
    when: ({ url, exists }) => exists === undefined && findReservation(url) === 'possible',
    explain: probablyReservedPath
  },
  { when: () => true, explain: unreachableService }
]

function noBackend({ url, answered }: Missing): Explanation {
  return {
    sentence: `${answered}: the load balancer has no backend for ${safeText(url.host)} and the path ${safeText(url.pathname)}.`,
    remedy: `Give the URL map of the load balancer a backend for ${safeText(url.host)}${safeText(url.pathname)}.`,
    snippets: [
      inTerminal(
        'see the URL map; the first command shows URL_MAP',
        'gcloud compute url-maps list --project=PROJECT',
        'gcloud compute url-maps describe URL_MAP --global --project=PROJECT'
      )
    ]
  }
}

function noFunction({ url, answered }: Missing): Explanation {
  const { region, project } = placeOfFunction(url)
  return {
    sentence: `${answered}: there is no function ${describeTarget(url).name} in ${region} of project ${project}, or its ingress admits internal traffic only.`,
    remedy: 'Check the name of the function, region and project in url; NOT_FOUND means that a name is wrong.',
    snippets: [
      describeService(url),
      inTerminal('see the functions of the project', `gcloud functions list --project=${project}`)
    ]
  }
}

function domainLeadsNowhere({ url, service, answered }: Missing): Explanation {
  return {
    sentence: `${answered}: the domain ${safeText(url.host)} leads to no service, or the ingress of the service admits internal traffic only.`,
    remedy: `Check the domain mapping or load balancer of ${safeText(url.host)}, and the ingress of the service behind the domain.`,
    snippets: [
      describeService(service),
      inTerminal('see the domain mappings', 'gcloud beta run domain-mappings list --region=REGION --project=PROJECT'),
      openIngress(service)
    ]
  }
}

function reservedPath({ url, answered }: Missing): Explanation {
  return {
    sentence: `${answered}: the path ${safeText(url.pathname)} is reserved by Google on *.run.app.`,
    ...adviseOtherPath(url)
  }
}

/** What to do about a path that Google keeps to itself. */
export function adviseOtherPath(url: URL): { readonly remedy: string; readonly snippets: readonly Snippet[] } {
  return {
    remedy: 'Serve the check under another path, such as /health, and set url to that.',
    snippets: [inStep(`url: ${safeText(url.origin)}/health`)]
  }
}

function noTag({ url, tag = '', exists, answered }: Missing): Explanation {
  const { name, flags } = describeTarget(url)
  const certain = exists === true && findReservation(url) === undefined
  return {
    sentence: `${answered}: ${exists === true ? 'the service itself exists, and ' : ''}${certain ? '' : 'most likely '}${name === 'SERVICE' ? 'the service' : name} has no traffic tag ${safeText(tag)}.`,
    cause: certain
      ? 'A call of the service without the tag was refused for the missing token, as it has to be.'
      : 'Other causes: a reserved path, ingress for internal traffic only, a disabled run.app URL, or no such service here.',
    remedy: `Deploy with the tag ${safeText(tag)}, or set tag to one that the service has.`,
    snippets: [
      describeService(url),
      onlyWhere(
        `status.traffic has no tag ${safeText(tag)}; the first command shows REVISION`,
        `gcloud run revisions list --service=${name}${flags}`,
        `gcloud run services update-traffic ${name}${flags} --update-tags=${shellWord(`${tag}=REVISION`)}`
      )
    ]
  }
}

function probablyReservedPath({ url, exists, answered }: Missing): Explanation {
  const { remedy, snippets } = adviseOtherPath(url)
  return {
    sentence: `${answered}: ${exists === true ? 'the service itself exists, and' : 'most likely'} the path ${safeText(url.pathname)} is reserved by Google on *.run.app.`,
    cause:
      'Google advises against paths that end in z, /eventlog and /_ah/. Where another path fails too, look at ingress, URL and traffic tags of the service.',
    remedy,
    snippets: [snippets, describeService(url)]
  }
}

function unreachableService({ url, tag, answered }: Missing): Explanation {
  const { name } = describeTarget(url)
  const region = /\.([a-z0-9-]+)\.run\.app$/.exec(url.hostname)?.[1]
  const where = region === undefined || region === 'a' ? 'here' : `in ${region}`
  return {
    sentence: `${answered}: most likely its ingress admits internal traffic only, its run.app URL is disabled, or there is no service ${name === 'SERVICE' ? 'of that name' : name} ${where}.`,
    cause: `Where none of these holds, VPC Service Controls keep the call out${tag === undefined ? '' : ', or the tag does not exist'}.`,
    remedy: 'See ingress and URLs of the service; NOT_FOUND means that url names no service.',
    snippets: [describeService(url), openIngress(url), enableUrl(url)]
  }
}

/** https://cloud.google.com/run/docs/securing/ingress */
export function openIngress(url: URL): Snippet {
  return onlyWhere(
    'run.googleapis.com/ingress says internal, and need not (open or not, the invoker check stays)',
    updateCommand(url, '--ingress=all')
  )
}

/** https://cloud.google.com/run/docs/securing/ingress#disable-url; stable gcloud took the flag later than beta. */
function enableUrl(url: URL): Snippet {
  return onlyWhere(
    'run.googleapis.com/default-url-disabled says true, and need not (else call its custom domain)',
    updateCommand(url, '--default-url', 'beta ')
  )
}
