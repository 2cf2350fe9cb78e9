import { describeMiss } from '../call/expectations.ts'
import type { Verdict } from '../call/expectations.ts'
import type { Response } from '../call/response.ts'
import { describeStatus } from '../call/status-set.ts'
import { Failure } from '../failure.ts'
import { isTransientStatus } from '../retry.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { inAttempts, mayActTwice, quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { logCommand } from './run-service.ts'
import { notRepeated } from './silence.ts'

/** An annotation has 4096 characters, and a miss can be some hundred long; the details name every one. */
const MOST_MISSES_IN_SENTENCE = 3

/** The application answered, and not as expected. */
export function applicationFailed({ call, attempts }: FailedCall, response: Response): Failure {
  const { status, verdicts } = response
  const details = verdicts.map(describeVerdict)
  const statusMissed = verdicts[0]?.met === false
  if (statusMissed && status >= 300 && status < 400) return redirected(call.url, response, details)
  if (statusMissed && (status === 429 || status >= 500) && isTransientStatus(status)) {
    return new Failure({
      code: 'SERVICE_UNAVAILABLE',
      sentence: `${safeUrl(call.url)} answered ${describeStatus(status)}${inAttempts(attempts)}.`,
      ...explainUnavailable(call, response),
      details,
      answer: quote(response)
    })
  }
  return new Failure({
    code: 'EXPECTATION_FAILED',
    sentence: `${safeUrl(call.url)} answered, but not as expected${inAttempts(attempts)}: ${describeMisses(verdicts)}.`,
    ...explainAnswer(call, response, statusMissed),
    details,
    answer: quote(response)
  })
}

function describeVerdict({ met, expectation, actual }: Verdict): string {
  return `${met ? 'met' : 'missed'}: ${expectation}; actual: ${actual}`
}

function describeMisses(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ met }) => !met).map(describeMiss)
  const more = missed.length - MOST_MISSES_IN_SENTENCE
  return [...missed.slice(0, MOST_MISSES_IN_SENTENCE), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

function redirected(url: URL, response: Response, details: readonly string[]): Failure {
  const { status } = response
  const location = safeText(response.headers['location'] ?? '')
  const target = URL.canParse(location, url.href) && location !== '' ? new URL(location, url.href) : undefined
  return new Failure({
    code: 'REDIRECTED',
    sentence: `${safeUrl(url)} answered ${describeStatus(status)}, to ${location || 'nowhere'}, and redirects are never followed.`,
    cause: 'A redirect would carry the token elsewhere, or end on a sign-in page that looks like success.',
    remedy: `${target === undefined ? '' : 'Set url to the address itself, or '}${target === undefined ? 'List' : 'list'} the status in expect_status where the redirect is what you test.`,
    commands: [...(target === undefined ? [] : [`url: ${safeUrl(target)}`, '# or']), `expect_status: ${status}`],
    details
  })
}

interface Explanation {
  readonly cause: string
  readonly remedy: string
  readonly commands: readonly string[]
}

function explainUnavailable({ url, method }: FailedCall['call'], { status, text }: Response): Explanation {
  // Envoy, on which Google's application load balancers are built, says so where a backend has nobody to answer.
  if (/^\s*no healthy upstream\s*$/.test(text)) {
    return {
      cause: 'The load balancer has no healthy backend behind it.',
      remedy: "Look at the load balancer's backends and their health checks.",
      commands: ['gcloud compute backend-services get-health BACKEND --global']
    }
  }
  const commands = logCommand(url)
  if (mayActTwice(method) && status !== 429 && status !== 503) return { ...notRepeated(method), commands }
  if (text.includes('no available instance') || status === 429) {
    return {
      cause: 'No instance of the service is free: it starts slowly, or its limit of instances is reached.',
      remedy: 'Raise deadline, or give the service more instances, or a minimum of one.',
      commands: ['deadline: 10m', ...(commands.length === 0 ? [] : ['', ...commands])]
    }
  }
  return {
    cause: 'The service starts, is overloaded or fails.',
    remedy: "Look at the service's log; raise deadline if it needs longer to start.",
    commands
  }
}

function explainAnswer(
  { url, method, headers }: FailedCall['call'],
  response: Response,
  statusMissed: boolean
): Explanation {
  const { status } = response
  if (statusMissed && (status === 401 || status === 403)) {
    const { tokenHeader } = headers
    return {
      cause: "Google let the call through; the application's own access control refused it.",
      remedy: `Give the application what it wants in headers; Google's token travelled in ${safeText(tokenHeader)}.`,
      commands: ['headers: |', `  ${tokenHeader === 'Authorization' ? 'Authorization: Bearer …' : 'Name: value'}`]
    }
  }
  if (statusMissed && status === 404) {
    return {
      cause: `The application does not know ${safeText(url.pathname)}, or an old revision without it still answers.`,
      remedy: 'Mend the path in url, or see to which revision the traffic goes.',
      commands: logCommand(url)
    }
  }
  return {
    cause: `The application gave another answer than the workflow expects${mayActTwice(method) ? `; a ${method} is not repeated, because the application may have acted` : ', or an old revision still answers'}.`,
    remedy: "Look at the service's log, or mend the expectation.",
    commands: logCommand(url)
  }
}
