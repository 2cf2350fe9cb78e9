import { findAudience, isCloudRunUrl } from '../../inputs/service-url.ts'
import type { Response } from '../response.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation, Snippet } from '../../failure/failure.ts'
import { findReservation } from '../../inputs/service-url.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { inAttempts } from '../../world/outcome.ts'
import { isPerimeter } from '../../failure/perimeter.ts'
import { explainPerimeter } from '../../failure/perimeter.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { isPerson, memberOf } from '../../token/principal.ts'
import {
  describeCommands,
  describeFunction,
  describeRunService,
  ownUrl,
  projectNumber,
  updateCommand
} from './gcloud.ts'
import { inStep, inTerminal, onlyWhere, shellWord } from '../../failure/snippets.ts'

/** A 401: the token is not one for this service. */
export function tokenRejected({ call, token }: FailedCall, response: Response): Failure {
  return new Failure({
    code: 'TOKEN_REJECTED',
    sentence: `Google's front end rejected the token for audience ${safeText(token.audience)} at ${safeUrl(call.url)} (401).`,
    ...explainRejection(call.url, token),
    answer: quote(response)
  })
}

function explainRejection(url: URL, { audience, email }: FailedCall['token']): Explanation {
  const suggested = findAudience(url)
  const accepted = inTerminal(...describeCommands(ownUrl(url, audience)), ...listAudiences(url))
  if (isPerson(email) && audience.endsWith('.apps.googleusercontent.com')) {
    return {
      cause: "The token is a person's, for gcloud's OAuth client, and this service does not take such tokens.",
      remedy: 'Set service_account, so that the token is for the service.',
      snippets: [inStep('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
    }
  }
  if (suggested === undefined) {
    return {
      cause:
        'A 401 is about the token, not about permissions: its audience is not one of the service, which a custom domain or load balancer cannot tell.',
      remedy: "Set audience to the service's own *.run.app URL, or to one of its custom audiences, to the letter.",
      snippets: [
        inTerminal('gcloud run services list   # shows SERVICE, REGION and URL of each'),
        inStep('audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app'),
        accepted
      ]
    }
  }
  return suggested === audience
    ? {
        cause:
          'A 401 is about the token, not about permissions: its audience is the one that the URL suggests, so perhaps a second token came along in another header, or no such service is here.',
        remedy: 'Compare url with the URLs of the service, and leave other tokens out of headers.',
        snippets: [accepted]
      }
    : {
        cause: `A 401 is about the token, not about permissions; from its URL, the service expects the audience ${safeText(suggested)}.`,
        remedy: `Leave audience empty, or set it to ${safeText(suggested)}.`,
        snippets: [inStep(`audience: ${safeText(suggested)}`), accepted]
      }
}

/** How to read the description of a Cloud Run service: https://cloud.google.com/run/docs/configuring/custom-audiences */
function listAudiences(url: URL): string[] {
  return describeFunction(url) === undefined
    ? ['# it accepts status.url, and what run.googleapis.com/urls and run.googleapis.com/custom-audiences list']
    : []
}

/** A 403 to a good token: its identity is no invoker, or a perimeter keeps it out. */
export function invokerMissing(failed: FailedCall, response: Response): Failure {
  const { url } = failed.call
  const perimeter = isPerimeter(response.text)
  const sentence = perimeter
    ? `VPC Service Controls keep ${safeText(failed.token.email) || 'the identity'} out of`
    : `${safeText(failed.token.email) || 'The identity'} may not invoke`
  return new Failure({
    code: 'INVOKER_MISSING',
    sentence: `${sentence} ${safeUrl(url)} (403 of Google's front end${inAttempts(failed.attempts)}).`,
    ...(perimeter ? explainPerimeter("the service's project", response.text) : explainRefusal(failed)),
    answer: quote(response)
  })
}

function explainRefusal({ call, token }: FailedCall): Explanation {
  const service = ownUrl(call.url, token.audience)
  if (call.headers.tokenHeader === 'Proxy-Authorization') {
    return {
      cause: 'Cloud Run does not read Proxy-Authorization, which is for Identity-Aware Proxy, so that it saw no token.',
      remedy: 'Set token_header to X-Serverless-Authorization, or leave it empty.',
      snippets: [inStep('token_header: X-Serverless-Authorization')]
    }
  }
  const number = projectNumber(service)
  if (number !== undefined && token.audience.endsWith('.apps.googleusercontent.com') && !isPerson(token.email)) {
    // Cloud Run would answer 401 to such an audience; https://cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run
    const agent = `serviceAccount:service-${number}@gcp-sa-iap.iam.gserviceaccount.com`
    return {
      cause: `Identity-Aware Proxy let the call through, and it is IAP's own account that may not invoke the service.`,
      remedy: `Grant roles/run.invoker on the service ${describeRunService(service).name} to ${agent}; that takes up to some minutes to act.`,
      snippets: [inTerminal(...grantInvoker(service, agent))]
    }
  }
  const named = describeFunction(service)
  const member = memberOf(token.email)
  const role = named === undefined ? 'roles/run.invoker' : "the invoker's role"
  const target = named === undefined ? `service ${describeRunService(service).name}` : `function ${named.name}`
  return {
    cause: `The token is fine, but its identity lacks ${role} on the ${target}, or got it so lately that it does not act yet (iam_wait: ${call.iamWaitMs / 1000} s).`,
    remedy: `Grant ${role} on the ${target} to ${member}; that takes up to some minutes to act.`,
    snippets: [
      inTerminal(...grantInvoker(service, member)),
      inStep('# only where the grant is some minutes old at most:', 'iam_wait: 5m', 'deadline: 7m')
    ]
  }
}

function grantInvoker(service: URL, member: string): string[] {
  const named = describeFunction(service)
  if (named !== undefined) {
    return [
      `gcloud functions add-invoker-policy-binding ${shellWord(named.name)} ${named.flags} --member=${shellWord(member)}`
    ]
  }
  const { name, region, project, search } = describeRunService(service)
  return [
    ...search,
    `gcloud run services add-iam-policy-binding ${name} --region=${region} --member=${shellWord(member)} --role=roles/run.invoker${project}`
  ]
}

/** A 404 that the application never saw. */
export function notReached({ call, token }: FailedCall, response: Response): Failure {
  return new Failure({
    code: 'NOT_REACHED',
    sentence: `Google's front end answered ${safeUrl(call.url)} with 404; the call never reached the application.`,
    ...explainNotReached(call, ownUrl(call.url, token.audience), response.text),
    answer: quote(response)
  })
}

export function explainNotReached(
  { url, tag }: Pick<FailedCall['call'], 'url' | 'tag'>,
  service: URL,
  text: string
): Explanation {
  if (text.startsWith('response 404 (backend NotFound)')) {
    return {
      cause: `The load balancer has no backend for ${safeText(url.host)} and the path ${safeText(url.pathname)}.`,
      remedy: "Give the load balancer's URL map a backend for this host and path.",
      snippets: [
        inTerminal('gcloud compute url-maps list   # shows the URL_MAP', 'gcloud compute url-maps describe URL_MAP')
      ]
    }
  }
  const named = describeFunction(url)
  if (named !== undefined) {
    return {
      cause: `There is no function ${named.name} in this region and project, or it admits internal traffic only (ingress).`,
      remedy: "Check the function's name, region and project in url, and its ingress.",
      snippets: [inTerminal('gcloud functions list', ...describeCommands(url))]
    }
  }
  const look = inTerminal(...describeCommands(service))
  if (!isCloudRunUrl(url)) {
    return {
      cause: `The domain ${safeText(url.host)} leads to no service, or the service admits internal traffic only (ingress).`,
      remedy: 'Check the domain mapping or load balancer, and the ingress of the service behind it.',
      snippets: [look, inTerminal('gcloud beta run domain-mappings list --region=REGION'), openIngress(service)]
    }
  }
  const reservation = findReservation(url)
  if (reservation === 'certain') {
    return {
      cause: `Google's front end keeps the path ${safeText(url.pathname)} for itself on *.run.app.`,
      remedy: 'Serve the check under another path, such as /health.',
      snippets: [inStep(`url: ${safeText(url.origin)}/health`)]
    }
  }
  const others = `${tag === undefined ? '' : `the service has no traffic tag "${safeText(tag)}", `}the service admits internal traffic only (ingress), its run.app URL is disabled, there is no service of that name here, or, where none of these holds, VPC Service Controls keep the call out`
  const mend = [look, ...addTag(url, tag), openIngress(url), enableUrl(url)]
  return reservation === 'possible'
    ? {
        cause: `The path ${safeText(url.pathname)} may be reserved (Google advises against paths that end in z, /eventlog and /_ah/); or ${others}.`,
        remedy: 'Try another path, such as /health; if that fails too, check ingress, URL and tags of the service.',
        snippets: [inStep(`url: ${safeText(url.origin)}/health`), ...mend]
      }
    : {
        cause: `${others.charAt(0).toUpperCase()}${others.slice(1)}.`,
        remedy: 'Check ingress, URL and tags of the service.',
        snippets: mend
      }
}

/** https://cloud.google.com/run/docs/securing/ingress */
export function openIngress(url: URL): Snippet {
  return onlyWhere(
    'run.googleapis.com/ingress says internal, and it need not',
    '# else call it from inside of its network; open or not, the invoker check stays',
    updateCommand(url, '--ingress=all')
  )
}

/** https://cloud.google.com/run/docs/securing/ingress#disable-url */
function enableUrl(url: URL): Snippet {
  return onlyWhere(
    'run.googleapis.com/default-url-disabled says true, and it need not',
    '# else call its custom domain',
    updateCommand(url, '--default-url')
  )
}

/** https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
function addTag(url: URL, tag: string | undefined): Snippet[] {
  if (tag === undefined) return []
  const { name, region, project } = describeRunService(url)
  return [
    onlyWhere(
      `status.traffic has no tag ${safeText(tag)}`,
      `gcloud run revisions list --service=${name} --region=${region}${project}   # shows the REVISION`,
      `gcloud run services update-traffic ${name} --region=${region} --update-tags=${shellWord(tag)}=REVISION${project}`
    )
  ]
}
