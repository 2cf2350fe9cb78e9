import { describeOutcome, inAttempts } from '../../world/outcome.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import type { SealedAnswer, SealedOutcome } from '../../world/outcome.ts'
import { quoteRefusal, readRefusal } from '../refusal.ts'
import { safeUrl } from '../../guard/safe-text.ts'
import { inStep, setNoProxy, tryConnection } from '../../failure/snippets.ts'
import { explainConnection } from '../../world/failures/connection.ts'

/** One of Google's token services gave no answer that is about the request. */
export function googleUnavailable(url: URL, last: SealedOutcome, attempts: number): Failure {
  return new Failure({
    code: 'GOOGLE_UNAVAILABLE',
    sentence: `${url.host} gave no usable answer: ${describeOutcome(last)}${inAttempts(attempts)}.`,
    ...explainUnavailable(url, last),
    ...(last.answered ? { answer: quoteRefusal(readRefusal(last)) } : {})
  })
}

function explainUnavailable(url: URL, last: SealedOutcome): Explanation {
  const connect = tryConnection(url)
  if (last.answered && last.status === 429) {
    return {
      cause: 'A quota is used up, as when many jobs start at once.',
      remedy: 'Raise deadline, or start fewer jobs at a time.',
      snippets: [inStep('deadline: 10m'), { place: 'In the job', lines: ['strategy:', '  max-parallel: 10'] }]
    }
  }
  if (last.answered && last.status < 500 && last.status !== 408) {
    return {
      cause:
        "Something between this machine and Google, such as a proxy or a network's sign-in page, answered in its place.",
      remedy: `Let this machine reach ${url.host} without a page in between: mind HTTPS_PROXY and NO_PROXY.`,
      snippets: [connect, setNoProxy(url.host)]
    }
  }
  if (last.answered) {
    return {
      cause: 'The service is overloaded or has an incident.',
      remedy: 'Run the job again; see https://status.cloud.google.com.',
      snippets: [connect]
    }
  }
  const known = explainConnection(last, url)
  if (known !== undefined) return known
  return {
    cause: 'The host cannot be reached from this machine, or a firewall or proxy interferes.',
    remedy: 'Run the job again; see https://status.cloud.google.com, and whether the machine may reach the host.',
    snippets: [connect]
  }
}

/** An answer that is no refusal, and yet holds no token. Its body is not quoted: it may hold one in another form. */
export function tokenMissing(url: URL, answer: SealedAnswer): Failure {
  // Anything but 2xx here is a redirect, which no token service sends.
  if (answer.status >= 300) return googleUnavailable(url, answer, 1)
  const type =
    /^[a-z]+\/[a-z]{2,10}(\+[a-z]{2,5})?(?=$|[ ;])/.exec(answer.headers['content-type'] ?? '')?.[0] ??
    'none that is known'
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `${safeUrl(url)} answered with status ${answer.status}, but without the token that was asked for (content type: ${type}).`,
    ...(url.protocol === 'http:'
      ? {
          // Plain http is for the metadata server alone, and never goes through a proxy.
          cause: 'The metadata server of this machine is not one of Google, or is emulated.',
          remedy: 'Set workload_identity_provider or credentials_json, so that the metadata server is not asked.'
        }
      : {
          cause: 'Something between this machine and Google, such as a proxy, answered in its place.',
          remedy: 'Check the proxy and the network of the runner, and run the job again.'
        }),
    snippets: [tryConnection(url)]
  })
}
