import { describeMiss, isStatusMet } from '../verdicts.ts'
import type { Verdict } from '../verdicts.ts'
import type { Response } from '../response.ts'
import { describeStatus } from '../../world/outcome.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation, Snippet } from '../../failure/failure.ts'
import { isCloudRunUrl } from '../../inputs/service-url.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { inAttempts } from '../../world/outcome.ts'
import { isIdempotent } from '../attempts.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { describeRunService, ownUrl, showLog, updateCommand } from './gcloud.ts'
import { notRepeated } from './no-answer.ts'
import { inStep, inTerminal } from '../../failure/snippets.ts'

/** An annotation has 4096 characters, and a miss can be some hundred long; the details name every one. */
const MOST_MISSES_IN_SENTENCE = 3

/** The application answered, and not as expected. */
export function applicationFailed(failed: FailedCall, response: Response): Failure {
  const { call, token, attempts } = failed
  const { status, verdicts } = response
  const details = verdicts.map(describeVerdict)
  const statusMissed = !isStatusMet(verdicts)
  if (statusMissed && status >= 300 && status < 400) return redirected(call.url, response, details)
  if (statusMissed && (status === 429 || status >= 500)) return unavailable(failed, response)
  return new Failure({
    code: 'EXPECTATION_FAILED',
    sentence: `${safeUrl(call.url)} answered, but not as expected${inAttempts(attempts)}: ${describeMisses(verdicts)}.`,
    ...explainAnswer(call, ownUrl(call.url, token.audience), response, statusMissed),
    details,
    answer: quote(response)
  })
}

/** The service, or what stands before it, answered that it cannot answer now. */
export function unavailable({ call, token, attempts }: FailedCall, response: Response): Failure {
  return new Failure({
    code: 'SERVICE_UNAVAILABLE',
    sentence: `${safeUrl(call.url)} answered ${describeStatus(response.status)}${inAttempts(attempts)}.`,
    ...explainUnavailable(call, ownUrl(call.url, token.audience), response),
    details: response.verdicts.map(describeVerdict),
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
    snippets: [
      inStep(...(target === undefined ? [] : [`url: ${safeUrl(target)}`, '# or']), `expect_status: ${status}`)
    ],
    details
  })
}

function explainUnavailable({ method }: FailedCall['call'], service: URL, { status, text }: Response): Explanation {
  // Envoy, on which Google's application load balancers are built, says so where a backend has nobody to answer.
  if (/^\s*no healthy upstream\s*$/.test(text)) {
    return {
      cause: 'The load balancer has no healthy backend behind it.',
      remedy: "Look at the load balancer's backends and their health checks.",
      snippets: [
        inTerminal(
          'gcloud compute backend-services list',
          'gcloud compute backend-services get-health BACKEND --global'
        )
      ]
    }
  }
  const log = showLog(service)
  if (!isIdempotent(method) && status !== 429 && status !== 503) return { ...notRepeated(method), snippets: [log] }
  if (text.includes('no available instance') || status === 429) {
    return {
      cause: 'No instance of the service is free: it starts slowly, or its limit of instances is reached.',
      remedy: 'Raise deadline, or give the service more instances, or a minimum of one.',
      snippets: [inStep('deadline: 10m'), log, ...giveInstances(service)]
    }
  }
  return {
    cause: 'The service starts, is overloaded or fails.',
    remedy: "Look at the service's log; raise deadline if it needs longer to start.",
    snippets: [log, inStep('deadline: 10m')]
  }
}

function explainAnswer(
  { url, method, headers }: FailedCall['call'],
  service: URL,
  response: Response,
  statusMissed: boolean
): Explanation {
  const { status } = response
  if (statusMissed && (status === 401 || status === 403)) {
    const { tokenHeader } = headers
    return {
      cause: "Google let the call through; the application's own access control refused it.",
      remedy: `Give the application what it wants in headers; Google's token travelled in ${safeText(tokenHeader)}.`,
      snippets: [
        inStep(
          ...(tokenHeader === 'Authorization'
            ? [
                "# Google's token then travels in X-Serverless-Authorization:",
                'headers: |',
                '  Authorization: Bearer ${{ secrets.APPLICATION_TOKEN }}'
              ]
            : ['# or whatever header the application reads:', 'headers: |', '  X-Api-Key: ${{ secrets.API_KEY }}'])
        ),
        showLog(service)
      ]
    }
  }
  if (statusMissed && status === 404) {
    return {
      cause: `The application does not know ${safeText(url.pathname)}, or an old revision without it still answers.`,
      remedy: 'Mend the path in url, or see to which revision the traffic goes.',
      snippets: [showLog(service)]
    }
  }
  return {
    cause: `The application gave another answer than the workflow expects${!isIdempotent(method) ? `; a ${method} is not repeated, because the application may have acted` : ', or an old revision still answers'}.`,
    remedy: "Look at the service's log, or mend the expectation.",
    snippets: [showLog(service)]
  }
}

/** https://cloud.google.com/run/docs/configuring/max-instances */
function giveInstances(service: URL): Snippet[] {
  if (!isCloudRunUrl(service)) return []
  const { name, region, project, search } = describeRunService(service)
  return [
    inTerminal(
      ...search,
      `gcloud run services describe ${name} --region=${region}${project} --format="yaml(spec.template.metadata.annotations)"   # maxScale is the limit`,
      `${updateCommand(service, '--max-instances=MORE_THAN_THAT')}   # or --min-instances=1, which costs while nobody calls`
    )
  ]
}
