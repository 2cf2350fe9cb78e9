import { findAudience } from '../audience.ts'
import type { Attempt } from '../call/attempts.ts'
import { describeMiss } from '../call/expectations.ts'
import type { Response } from '../call/response.ts'
import { describeStatus } from '../call/status-set.ts'
import { describeOutcome } from '../exchange.ts'
import { Failure } from '../failure.ts'
import type { Outcome } from '../http.ts'
import type { IdToken } from '../id-token.ts'
import type { CallInputs } from '../inputs.ts'
import { isTransientStatus } from '../retry.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { describeRunService } from './run-service.ts'

/** Everything that is known about a call that failed. */
export interface FailedCall {
  readonly call: Pick<CallInputs, 'url' | 'tag' | 'method' | 'iamWaitMs' | 'headers'>
  readonly token: Pick<IdToken, 'audience' | 'email'>
  /** The attempt that decides. */
  readonly attempt: Attempt
  readonly attempts: number
  /** IAP's OAuth client id, where it is known. */
  readonly clientId: string | undefined
}

/** Names the failure by who answered and what, never by the status alone. */
export function callFailed(failed: FailedCall): Failure {
  const { call, attempt, attempts } = failed
  if (!attempt.answered) return serviceSilent(call.url, attempt, attempts, 'with the token')
  const { response } = attempt
  switch (response.responder) {
    case 'iap':
      return iapRejected(failed, response)
    case 'gateway':
      return gatewayRejected(failed, response)
    case 'front end':
      if (response.status === 401) return tokenRejected(failed, response)
      return response.status === 403 ? invokerMissing(failed, response) : notReached(failed, response)
    case 'application':
      return applicationFailed(failed, response)
  }
}

/** No answer came until there was no time for another attempt. */
export function serviceSilent(url: URL, last: Outcome, attempts: number, how: string): Failure {
  const timedOut = !last.answered && last.timedOut
  return new Failure({
    code: timedOut ? 'TIMED_OUT' : 'SERVICE_UNAVAILABLE',
    sentence: `${safeUrl(url)} gave no usable answer to the call ${how}: ${describeOutcome(last)}${inAttempts(attempts)}.`,
    cause: timedOut
      ? 'The service needs longer than timeout allows, or starts slowly.'
      : last.answered
        ? 'The service starts, is overloaded or fails.'
        : 'The host does not exist, or cannot be reached from this machine.',
    remedy: timedOut
      ? 'Raise timeout and deadline, or look at what the service does.'
      : "Look at the service's logs; raise deadline if it needs longer to start.",
    commands: logCommand(url)
  })
}

/** A call without a token was not refused by Google. */
export function exposed(url: URL, method: string, status: number): Failure {
  const service = describeRunService(url)
  return new Failure({
    code: 'NOT_PRIVATE',
    sentence: `${safeUrl(url)} answered a ${method} without a token with ${describeStatus(status)}; Google did not refuse the call.`,
    cause: 'Everybody may invoke the service (allUsers), or its invoker check is switched off.',
    remedy: 'Take the right away from the public, and let the invoker check run.',
    commands: [
      `gcloud run services remove-iam-policy-binding ${service.name} --region=${service.region} \\`,
      '  --member=allUsers --role=roles/run.invoker',
      `gcloud run services update ${service.name} --region=${service.region} --invoker-iam-check`
    ]
  })
}

function tokenRejected({ call, token }: FailedCall, response: Response): Failure {
  const suggested = findAudience(call.url)
  const service = describeRunService(call.url)
  return new Failure({
    code: 'TOKEN_REJECTED',
    sentence: `Google's front end rejected the token for audience ${safeText(token.audience)} at ${safeUrl(call.url)} (401).`,
    cause:
      suggested !== undefined && suggested !== token.audience
        ? `A 401 is about the token, not about permissions; from its URL, the service expects the audience ${safeText(suggested)}.`
        : 'A 401 is about the token, not about permissions: its audience is not one of the service, or a second token was sent along.',
    remedy:
      suggested !== undefined && suggested !== token.audience
        ? `Leave audience empty, or set it to ${safeText(suggested)}.`
        : 'Set audience to the URL of the service itself (no path, no tag, no custom domain) or to one of its custom audiences.',
    commands: [
      ...(suggested === undefined ? [] : [`audience: ${safeText(suggested)}`, '']),
      `gcloud run services describe ${service.name} --region=${service.region} --format="yaml(status.url, metadata.annotations)"`
    ],
    answer: quote(response)
  })
}

function invokerMissing({ call, token, attempts }: FailedCall, response: Response): Failure {
  const service = describeRunService(call.url)
  return new Failure({
    code: 'INVOKER_MISSING',
    sentence: `${safeText(token.email) || 'The identity'} may not invoke ${safeUrl(call.url)} (403 of Google's front end${inAttempts(attempts)}).`,
    cause: `The token is fine, but its identity lacks roles/run.invoker on the service, or got it less than ${call.iamWaitMs / 1000} s before.`,
    remedy: `Grant it roles/run.invoker on the service ${service.name}; a grant takes effect within a few minutes.`,
    commands: [
      `gcloud run services add-iam-policy-binding ${service.name} --region=${service.region} \\`,
      `  --member="serviceAccount:${safeText(token.email)}" --role=roles/run.invoker`
    ],
    answer: quote(response)
  })
}

function notReached({ call }: FailedCall, response: Response): Failure {
  const { url, tag } = call
  const service = describeRunService(url)
  const reserved = /z$|^\/eventlog$|^\/_ah(\/|$)/.test(url.pathname)
  const cause = reserved
    ? `Google's front end keeps the path ${safeText(url.pathname)} for itself, as it does with paths that end in "z".`
    : tag === undefined
      ? 'The service admits internal traffic only (ingress), its run.app URL is disabled, or there is no service of that name here.'
      : `The service has no traffic tag "${safeText(tag)}", admits internal traffic only (ingress), or its run.app URL is disabled.`
  return new Failure({
    code: 'NOT_REACHED',
    sentence: `Google's front end answered ${safeUrl(url)} with 404; the call never reached the application.`,
    cause,
    remedy: reserved ? 'Use another path, such as /health.' : 'Check ingress, URL and tags of the service.',
    commands: reserved
      ? []
      : [
          `gcloud run services describe ${service.name} --region=${service.region} \\`,
          '  --format="yaml(metadata.annotations, status.url, status.traffic)"'
        ],
    answer: quote(response)
  })
}

function iapRejected({ call, token, clientId }: FailedCall, response: Response): Failure {
  const forbidden = response.status === 403
  return new Failure({
    code: 'IAP_REJECTED',
    sentence: `Identity-Aware Proxy did not let ${safeText(token.email) || 'the identity'} through to ${safeUrl(call.url)} (${response.status}; the token's audience is ${safeText(token.audience)}).`,
    cause: forbidden
      ? 'The identity lacks roles/iap.httpsResourceAccessor.'
      : 'IAP accepts tokens for its own OAuth client only; a Google-managed client accepts no programmatic caller unless it is on the allow-list.',
    remedy: forbidden
      ? 'Grant the role to the identity.'
      : clientId === undefined
        ? "Set audience to IAP's OAuth client id, and allow the client programmatic access."
        : `Set audience to ${clientId}, and allow the client programmatic access.`,
    commands: forbidden
      ? [
          'gcloud iap web add-iam-policy-binding \\',
          `  --member="serviceAccount:${safeText(token.email)}" --role=roles/iap.httpsResourceAccessor`
        ]
      : [`audience: ${clientId ?? 'NUMBER-NAME.apps.googleusercontent.com'}`],
    answer: quote(response)
  })
}

function gatewayRejected({ call, token }: FailedCall, response: Response): Failure {
  return new Failure({
    code: 'GATEWAY_REJECTED',
    sentence: `The API gateway at ${safeUrl(call.url)} refused the token for audience ${safeText(token.audience)} (${response.status}).`,
    cause:
      "The audience is not among the gateway's, its issuer is not configured there, or the header does not reach it.",
    remedy: "Set audience to a value of x-google-audiences in the gateway's OpenAPI document.",
    commands: [
      'securityDefinitions:',
      '  google_id_token:',
      '    x-google-issuer: https://accounts.google.com',
      '    x-google-jwks_uri: https://www.googleapis.com/oauth2/v3/certs',
      `    x-google-audiences: ${safeText(token.audience)}`
    ],
    answer: quote(response)
  })
}

function applicationFailed({ call, attempts }: FailedCall, response: Response): Failure {
  const { status, verdicts } = response
  const missed = verdicts.filter(({ met }) => !met)
  const statusMissed = verdicts[0]?.met === false
  if (statusMissed && status >= 300 && status < 400) {
    return new Failure({
      code: 'REDIRECTED',
      sentence: `${safeUrl(call.url)} answered ${describeStatus(status)}, to ${safeText(response.headers['location'] ?? 'nowhere')}, and redirects are never followed.`,
      cause: 'A redirect would carry the token elsewhere, or end on a sign-in page that looks like success.',
      remedy: 'Call the address itself, or list the status in expect_status.',
      commands: [`expect_status: ${status}`]
    })
  }
  if (statusMissed && (status === 429 || status >= 500) && isTransientStatus(status)) {
    return new Failure({
      code: 'SERVICE_UNAVAILABLE',
      sentence: `${safeUrl(call.url)} answered ${describeStatus(status)}${inAttempts(attempts)}.`,
      cause: 'The service starts, is overloaded or fails.',
      remedy: "Look at the service's logs; raise deadline if it needs longer to start.",
      commands: logCommand(call.url),
      answer: quote(response)
    })
  }
  return new Failure({
    code: 'EXPECTATION_FAILED',
    sentence: `${safeUrl(call.url)} answered, but not as expected${inAttempts(attempts)}: ${missed.map(describeMiss).join('; ')}.`,
    ...explainAnswer(response),
    details: verdicts.map(
      (verdict) => `${verdict.met ? 'met' : 'missed'}: ${verdict.expectation}; actual: ${verdict.actual}`
    ),
    answer: quote(response)
  })
}

function explainAnswer({ status }: Response): { cause: string; remedy: string } {
  return status === 401 || status === 403
    ? {
        cause: "Google let the call through; the application's own access control refused it.",
        remedy: "Give the application what it wants in headers; token_header says where Google's token travels."
      }
    : {
        cause: 'The application gave another answer than the workflow expects.',
        remedy: "Look at the service's logs, or mend the expectation."
      }
}

function inAttempts(attempts: number): string {
  return attempts > 1 ? `, after ${attempts} attempts` : ''
}

function quote({ status, text }: Response): string {
  // The pages are HTML; their words are enough.
  return `${status} ${safeText(text.replaceAll(/<(style|head|script)[^]*?<\/\1>/gi, ' ').replaceAll(/<[^>]*>/g, ' '), 200)}`.trim()
}

function logCommand(url: URL): string[] {
  const service = describeRunService(url)
  return [`gcloud run services logs read ${service.name} --region=${service.region} --limit=50`]
}
