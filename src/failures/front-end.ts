import { findAudience, isCloudRunUrl } from '../audience.ts'
import type { Response } from '../call/response.ts'
import { Failure } from '../failure.ts'
import type { Explanation } from '../failure.ts'
import { findReservation } from '../reserved-path.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { inAttempts } from '../outcome.ts'
import { isPerimeter } from '../perimeter.ts'
import { explainPerimeter } from './perimeter.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { memberOf } from '../principal.ts'
import { describeCommands, describeFunction, describeRunService, updateCommand } from './run-service.ts'
import { inStep, inTerminal, shellWord } from './snippets.ts'

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
  // https://cloud.google.com/run/docs/configuring/custom-audiences
  const accepted = inTerminal(
    ...describeCommands(url),
    '# accepted audiences: status.url, and what run.googleapis.com/urls and run.googleapis.com/custom-audiences list'
  )
  if (memberOf(email).startsWith('user:') && audience.endsWith('.apps.googleusercontent.com')) {
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
        inTerminal(
          'gcloud run services list   # shows SERVICE, REGION and URL of each',
          `gcloud run services update SERVICE --region=REGION --add-custom-audiences=${url.origin}   # lets it accept ${url.origin} too`
        ),
        accepted,
        inStep('audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app')
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

/** A 403 to a good token: its identity is no invoker, or a perimeter keeps it out. */
export function invokerMissing({ call, token, attempts }: FailedCall, response: Response): Failure {
  const { url, iamWaitMs } = call
  const who = safeText(token.email) || 'The identity'
  if (isPerimeter(response.text)) {
    return new Failure({
      code: 'INVOKER_MISSING',
      sentence: `VPC Service Controls keep ${safeText(token.email) || 'the identity'} out of ${safeUrl(url)} (403 of Google's front end${inAttempts(attempts)}).`,
      ...explainPerimeter("the service's project", response.text),
      answer: quote(response)
    })
  }
  const named = describeFunction(url)
  const service = describeRunService(url)
  const member = memberOf(token.email)
  const role = named === undefined ? 'roles/run.invoker' : "the invoker's role"
  const target = named === undefined ? `service ${service.name}` : `function ${named.name}`
  const grant =
    named === undefined
      ? `gcloud run services add-iam-policy-binding ${service.name} --region=${service.region} --member=${shellWord(member)} --role=roles/run.invoker${service.project}`
      : `gcloud functions add-invoker-policy-binding ${shellWord(named.name)} ${named.flags} --member=${shellWord(member)}`
  return new Failure({
    code: 'INVOKER_MISSING',
    sentence: `${who} may not invoke ${safeUrl(url)} (403 of Google's front end${inAttempts(attempts)}).`,
    cause: `The token is fine, but its identity lacks ${role} on the ${target}, or got it so lately that it does not act yet (iam_wait: ${iamWaitMs / 1000} s).`,
    remedy: `Grant ${role} on the ${target} to ${member}; that takes up to some minutes to act.`,
    snippets: [
      inTerminal(...(named === undefined ? service.search : []), grant),
      inStep('# only where the grant is some minutes old at most:', 'iam_wait: 5m', 'deadline: 7m')
    ],
    answer: quote(response)
  })
}

/** A 404 that the application never saw. */
export function notReached({ call }: FailedCall, response: Response): Failure {
  return new Failure({
    code: 'NOT_REACHED',
    sentence: `Google's front end answered ${safeUrl(call.url)} with 404; the call never reached the application.`,
    ...explainNotReached(call, response.text),
    answer: quote(response)
  })
}

function explainNotReached({ url, tag }: FailedCall['call'], text: string): Explanation {
  if (text.startsWith('response 404 (backend NotFound)')) {
    return {
      cause: `The load balancer has no backend for ${safeText(url.host)} and the path ${safeText(url.pathname)}.`,
      remedy: "Give the load balancer's URL map a backend for this host and path.",
      snippets: [inTerminal('gcloud compute url-maps list', 'gcloud compute url-maps describe URL_MAP')]
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
  if (!isCloudRunUrl(url)) {
    return {
      cause: `The domain ${safeText(url.host)} leads to no service, or the service admits internal traffic only (ingress).`,
      remedy: 'Check the domain mapping or load balancer, and the ingress of the service behind it.',
      snippets: [
        inTerminal(
          'gcloud run services list   # shows SERVICE and REGION of each',
          'gcloud beta run domain-mappings list --region=REGION',
          ...describeCommands(url),
          ...mendIngress(url)
        )
      ]
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
  const mend = inTerminal(...describeCommands(url), ...mendIngress(url), ...mendUrl(url), ...mendTag(url, tag))
  return reservation === 'possible'
    ? {
        cause: `The path ${safeText(url.pathname)} may be reserved (Google advises against paths that end in z, /eventlog and /_ah/); or ${others}.`,
        remedy: 'Try another path, such as /health; if that fails too, check ingress, URL and tags of the service.',
        snippets: [inStep(`url: ${safeText(url.origin)}/health`), mend]
      }
    : {
        cause: `${others.charAt(0).toUpperCase()}${others.slice(1)}.`,
        remedy: 'Check ingress, URL and tags of the service.',
        snippets: [mend]
      }
}

/** https://cloud.google.com/run/docs/securing/ingress */
function mendIngress(url: URL): string[] {
  return [
    '# Does run.googleapis.com/ingress say internal? Call from inside the network, or open it; the invoker check stays:',
    updateCommand(url, '--ingress=all')
  ]
}

/** https://cloud.google.com/run/docs/securing/ingress#disable-url */
function mendUrl(url: URL): string[] {
  return [
    '# Does run.googleapis.com/default-url-disabled say true? Call its custom domain, or switch the URL on:',
    updateCommand(url, '--default-url')
  ]
}

/** https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
function mendTag(url: URL, tag: string | undefined): string[] {
  if (tag === undefined) return []
  const { name, region, project } = describeRunService(url)
  return [
    `# Is there no tag ${safeText(tag)} in status.traffic? Give it to the revision that is meant:`,
    `gcloud run services update-traffic ${name} --region=${region} --update-tags=${shellWord(tag)}=REVISION${project}`
  ]
}
