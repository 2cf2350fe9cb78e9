import { findAudience, isCloudRunHost } from '../audience.ts'
import type { Response } from '../call/response.ts'
import { Failure } from '../failure.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { inAttempts, isPerimeter, perimeterCommands, quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { memberOf } from './member.ts'
import { describeCommand, describeFunction, describeRunService, regionCommand } from './run-service.ts'

/** A 401: the token is not one for this service. */
export function tokenRejected({ call, token }: FailedCall, response: Response): Failure {
  const suggested = findAudience(call.url)
  return new Failure({
    code: 'TOKEN_REJECTED',
    sentence: `Google's front end rejected the token for audience ${safeText(token.audience)} at ${safeUrl(call.url)} (401).`,
    ...explainRejection(token, suggested),
    commands: [
      ...(suggested === undefined ? [] : [`audience: ${safeText(suggested)}`, '']),
      ...describeCommand(call.url)
    ],
    answer: quote(response)
  })
}

function explainRejection(
  { audience, email }: FailedCall['token'],
  suggested: string | undefined
): { cause: string; remedy: string } {
  if (memberOf(email).startsWith('user:') && audience.endsWith('.apps.googleusercontent.com')) {
    return {
      cause: "The token is a person's, for gcloud's OAuth client, and this service does not take such tokens.",
      remedy: 'Set service_account, so that the token is for the service.'
    }
  }
  if (suggested === undefined) {
    return {
      cause:
        'A 401 is about the token, not about permissions: its audience is not one of the service, which a custom domain or load balancer cannot tell.',
      remedy: "Set audience to the service's own *.run.app URL, or to one of its custom audiences, to the letter."
    }
  }
  return suggested === audience
    ? {
        cause:
          'A 401 is about the token, not about permissions: its audience is the one that the URL suggests, so perhaps a second token came along in another header, or no such service is here.',
        remedy: 'Compare url with the URLs of the service, and leave other tokens out of headers.'
      }
    : {
        cause: `A 401 is about the token, not about permissions; from its URL, the service expects the audience ${safeText(suggested)}.`,
        remedy: `Leave audience empty, or set it to ${safeText(suggested)}.`
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
      cause: "A perimeter of the organization protects the service's project; no role lets anybody through it.",
      remedy: 'Let an ingress rule of the perimeter admit the identity, or call from a network inside it.',
      commands: perimeterCommands(response.text),
      answer: quote(response)
    })
  }
  const named = describeFunction(url)
  const service = describeRunService(url)
  const member = memberOf(token.email)
  const role = named === undefined ? 'roles/run.invoker' : "the invoker's role"
  return new Failure({
    code: 'INVOKER_MISSING',
    sentence: `${who} may not invoke ${safeUrl(url)} (403 of Google's front end${inAttempts(attempts)}).`,
    cause: `The token is fine, but its identity lacks ${role}, or got it less than ${iamWaitMs / 1000} s before.`,
    remedy: `Grant ${role} on the ${named === undefined ? `service ${service.name}` : `function ${named.name}`} to ${member}; that takes up to some minutes to act.`,
    commands:
      named === undefined
        ? [
            ...regionCommand(url),
            `gcloud run services add-iam-policy-binding ${service.name} --region=${service.region} \\`,
            `  --member="${member}" --role=roles/run.invoker`
          ]
        : [`gcloud functions add-invoker-policy-binding ${named.name} ${named.flags} \\`, `  --member="${member}"`],
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

interface Explanation {
  readonly cause: string
  readonly remedy: string
  readonly commands: readonly string[]
}

function explainNotReached({ url, tag }: FailedCall['call'], text: string): Explanation {
  if (text.startsWith('response 404 (backend NotFound)')) {
    return {
      cause: `The load balancer has no backend for ${safeText(url.host)} and the path ${safeText(url.pathname)}.`,
      remedy: "Give the load balancer's URL map a backend for this host and path.",
      commands: ['gcloud compute url-maps list', 'gcloud compute url-maps describe URL_MAP']
    }
  }
  if (describeFunction(url) !== undefined) {
    return {
      cause:
        'There is no function of this name in this region and project, or it admits internal traffic only (ingress).',
      remedy: "Check the function's name, region and project in url, and its ingress.",
      commands: describeCommand(url)
    }
  }
  if (!isCloudRunHost(url)) {
    return {
      cause: 'The domain leads to no service, or the service admits internal traffic only (ingress).',
      remedy: 'Check the domain mapping or load balancer, and the ingress of the service behind it.',
      commands: ['gcloud beta run domain-mappings list --region=REGION', ...describeCommand(url)]
    }
  }
  // Measured; of the others Google says only that they are to be avoided.
  if (url.pathname === '/healthz') {
    return {
      cause: "Google's front end keeps the path /healthz for itself on *.run.app.",
      remedy: 'Serve the check under another path, such as /health.',
      commands: [`url: ${safeText(url.origin)}/health`]
    }
  }
  const others = `${tag === undefined ? '' : `the service has no traffic tag "${safeText(tag)}", `}the service admits internal traffic only (ingress), its run.app URL is disabled, or there is no service of that name here`
  return isSuspiciousPath(url)
    ? {
        cause: `The path ${safeText(url.pathname)} may be reserved (Google advises against paths that end in z, /eventlog and /_ah/); or ${others}.`,
        remedy: 'Try another path, such as /health; if that fails too, check ingress, URL and tags of the service.',
        commands: [`url: ${safeText(url.origin)}/health`, '', ...describeCommand(url)]
      }
    : {
        cause: `${others.charAt(0).toUpperCase()}${others.slice(1)}.`,
        remedy: 'Check ingress, URL and tags of the service.',
        commands: describeCommand(url)
      }
}

/** https://cloud.google.com/run/docs/known-issues#ah */
export function isSuspiciousPath(url: URL): boolean {
  return isCloudRunHost(url) && /z$|^\/eventlog$|^\/_ah(\/|$)/.test(url.pathname)
}
