import { describeMiss, describeVerdict, isStatusMet, type Verdict } from '../verdicts.ts'
import type { Response } from '../response.ts'
import { describeStatus, inAttempts } from '../../world/outcome.ts'
import { capital, Failure, type Advice, type Snippet } from '../../failure/failure.ts'
import { isCloudRunUrl } from '../../inputs/service-url.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { isIdempotent } from '../attempts.ts'
import { quote, saying, type FailedCall } from './failed-call.ts'
import { describeService, describeTarget, ownUrl, showLog, updateCommand } from './gcloud.ts'
import { adviseOnce, adviseOnOverload } from './no-answer.ts'
import { inStep, inTerminal, inYaml, onlyWhere } from '../../failure/snippets.ts'

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
    sentence: `${safeUrl(call.url)} answered, but not as expected${inAttempts(attempts)}: ${describeMisses(verdicts)}${isQuoted(verdicts) ? '' : saying(response)}.`,
    ...explainAnswer(call, ownUrl(call.url, token.audience), response, statusMissed),
    details,
    answer: quote(response)
  })
}

/** The service, or what stands before it, answered that it cannot answer now. */
export function unavailable({ call, token, attempts }: FailedCall, response: Response): Failure {
  const byGoogle = response.responder === 'application' ? '' : "; the answer is Google's, not the application's"
  return new Failure({
    code: 'SERVICE_UNAVAILABLE',
    sentence: `${safeUrl(call.url)} answered ${describeStatus(response.status)}${saying(response)}${inAttempts(attempts)}${byGoogle}.`,
    ...explainUnavailable(call, ownUrl(call.url, token.audience), response),
    // What Google answers in the service's place is not held against the expectations.
    details: response.responder === 'application' ? response.verdicts.map(describeVerdict) : [],
    answer: quote(response)
  })
}

/** Whether a missed expectation quotes the body already. */
function isQuoted(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ met, input }) => !met && (input === 'expect_body' || input === 'expect_json'))
}

function describeMisses(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ met }) => !met).map(describeMiss)
  const more = missed.length - MOST_MISSES_IN_SENTENCE
  return [...missed.slice(0, MOST_MISSES_IN_SENTENCE), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

function redirected(url: URL, response: Response, details: readonly string[]): Failure {
  const { status } = response
  const location = safeText(response.headers['location'] ?? '')
  const target = findTarget(url, location)
  const listed = `list ${status} in expect_status where the redirect is what you test`
  return new Failure({
    code: 'REDIRECTED',
    sentence: `${safeUrl(url)} answered ${describeStatus(status)}, to ${location || 'nowhere'}, and redirects are never followed.`,
    cause: 'A redirect would carry the token elsewhere, or end on a sign-in page that looks like success.',
    remedy: isSignIn(location)
      ? `The application asks callers to sign in: put the credential that the application accepts into the input headers, call a path that needs no sign-in, or ${listed}.`
      : target === undefined
        ? `${capital(listed)}.`
        : `Set url to ${safeUrl(target)}, or ${listed}.`,
    snippets: [
      target !== undefined && !isSignIn(location) && inStep(`url: ${safeUrl(target)}`),
      inYaml('Or, where the redirect is what you test, in this step under "with"', `expect_status: ${status}`)
    ],
    details
  })
}

/** A sign-in page answers 200 to everyone, so that a call of it would check nothing. */
function isSignIn(location: string): boolean {
  return /\b(?:log|sign)[-_]?in\b|\/(?:oauth2?|sso|saml)\b|\/authorize\b/i.test(location)
}

/** Where a redirect leads, as far as a call may go there: an application behind TLS may write http for its own host. */
function findTarget(url: URL, location: string): URL | undefined {
  if (location === '' || !URL.canParse(location, url.href)) return undefined
  const target = new URL(location, url.href)
  if (target.host === url.host) target.protocol = url.protocol
  return target.protocol === 'https:' && target.href !== url.href ? target : undefined
}

function explainUnavailable({ method }: FailedCall['call'], service: URL, { status, text }: Response): Advice {
  // Envoy, on which Google's application load balancers are built, says so where no backend can answer.
  if (/^\s*no healthy upstream\s*$/.test(text)) {
    return {
      cause: 'The load balancer has no healthy backend behind it ("no healthy upstream").',
      remedy: "Look at the load balancer's backends and their health checks.",
      snippets: [
        inTerminal(
          'see the health of the backends; the first command shows BACKEND',
          'gcloud compute backend-services list --project=PROJECT',
          'gcloud compute backend-services get-health BACKEND --global --project=PROJECT'
        )
      ]
    }
  }
  if (!isIdempotent(method) && status !== 429 && status !== 503) return adviseOnce(method, service)
  if (text.includes('no available instance') || status === 429) {
    return {
      cause: 'No instance of the service is free: it starts slowly, or its limit of instances is reached.',
      remedy: 'Raise deadline, or give the service more instances (--max-instances), or a minimum of one.',
      snippets: [inStep('deadline: 10m'), giveInstances(service), showLog(service)]
    }
  }
  return adviseOnOverload(service)
}

function explainAnswer(
  { url, method, headers }: FailedCall['call'],
  service: URL,
  response: Response,
  statusMissed: boolean
): Advice {
  const { status } = response
  if (statusMissed && (status === 401 || status === 403)) {
    const { tokenHeader } = headers
    return {
      cause: "Google let the call through; the application's own access control refused it.",
      remedy: `Google let the call through, and the application refused: give the application the credential for this path in headers; Google's token travelled in ${safeText(tokenHeader)}.`,
      snippets: [
        tokenHeader === 'Authorization'
          ? inYaml(
              'In this step, under "with"; Google\'s token then travels in X-Serverless-Authorization',
              'headers: |',
              '  Authorization: Bearer ${{ secrets.APPLICATION_TOKEN }}'
            )
          : inYaml(
              'In this step, under "with", in the header that the application reads',
              'headers: |',
              '  X-Api-Key: ${{ secrets.API_KEY }}'
            ),
        showLog(service)
      ]
    }
  }
  if (statusMissed && status === 404) {
    return {
      cause: `The application does not know ${safeText(url.pathname)}, or an old revision without this path still answers.`,
      remedy: `Fix the path ${safeText(url.pathname)} in url, or see to which revision the traffic goes.`,
      snippets: [describeService(service), showLog(service)]
    }
  }
  const inputs = listInputs(response.verdicts)
  return {
    cause: `The application gave another answer than the workflow expects${!isIdempotent(method) ? `; a ${method} is not repeated, because the application may have acted` : ', or an old revision still answers'}.`,
    remedy:
      statusMissed && status >= 400
        ? `Correct what the step sends (url, method, headers, body), or look at the service's log; change ${inputs} only if ${status} is what you test.`
        : `Change ${inputs} if the answer is right; if the answer is wrong, look at the service's log.`,
    snippets: showLog(service)
  }
}

/** The inputs whose expectations were missed. */
function listInputs(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ met }) => !met).map(({ input }) => input)
  return [...new Set(missed)].join(' and ')
}

/** https://cloud.google.com/run/docs/configuring/max-instances */
function giveInstances(service: URL): Snippet[] {
  if (!isCloudRunUrl(service)) return []
  const { name, flags } = describeTarget(service)
  return [
    inTerminal(
      'see the limit of instances (maxScale)',
      `gcloud run services describe ${name}${flags} --format="yaml(spec.template.metadata.annotations)"`
    ),
    onlyWhere('an instance may cost while it waits for calls', updateCommand(service, '--min-instances=1'))
  ]
}
