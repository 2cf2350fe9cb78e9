import { Failure, type Advice, type Explanation } from '../../failure/failure.ts'
import { explainInterception, explainNoAnswer } from '../../world/failures/connection.ts'
import { inStep, inStepEnv, inYaml } from '../../failure/snippets.ts'
import { contentType, safeText, safeUrl } from '../../guard/safe-text.ts'
import { describeOutcome, inAttempts, type SealedAnswer, type SealedOutcome } from '../../world/outcome.ts'
import { quoteRefusal, readRefusal } from '../refusal.ts'

/** One of Google's token services gave no answer that is about the request. */
export function googleUnavailable(url: URL, last: SealedOutcome, attempts: number): Failure {
  return new Failure({
    code: 'GOOGLE_UNAVAILABLE',
    ...explainUnavailable(url, last, inAttempts(attempts)),
    answer: last.answered ? quoteRefusal(readRefusal(last)) : undefined
  })
}

function explainUnavailable(url: URL, last: SealedOutcome, attempts: string): Explanation {
  const sentence = `${url.host} gave no usable answer: ${describeOutcome(last)}${attempts}.`
  if (!last.answered) return { ...explainNoAnswer(last, url, 'Google'), sentence }
  if (last.status === 429) {
    return {
      sentence,
      cause: 'A quota is used up, as when many jobs start at once.',
      remedy: 'Raise deadline, or start fewer jobs at a time.',
      snippets: [inStep('deadline: 10m'), inYaml('In the job', 'strategy:', '  max-parallel: 10')]
    }
  }
  if (last.status < 500 && last.status !== 408) {
    return {
      ...explainInterception(url),
      sentence: `${url.host} gave no usable answer: status ${last.status} with a page that is not Google's (content type: ${contentType(last.headers)})${attempts}.`
    }
  }
  return {
    sentence,
    cause: 'The service of Google is overloaded or has an incident.',
    remedy: 'Run the job again; https://status.cloud.google.com shows incidents of Google.'
  }
}

/** An answer that is no refusal, and yet holds no token. Its body is not quoted: it may hold one in another form. */
export function tokenMissing(url: URL, answer: SealedAnswer): Failure {
  // Anything but 2xx here is a redirect, which no token service sends.
  if (answer.status >= 300) return googleUnavailable(url, answer, 1)
  return new Failure({
    code: 'TOKEN_INVALID',
    // Plain http is for the metadata server alone, and never goes through a proxy.
    ...(url.protocol === 'http:' ? explainServer(url) : explainInterception(url)),
    sentence: `${safeUrl(url)} answered with status ${answer.status}, but without the token that was asked for (content type: ${contentType(answer.headers)}).`
  })
}

function explainServer(url: URL): Advice {
  const isNamed = url.hostname !== '169.254.169.254'
  return {
    cause: `The metadata server ${isNamed ? 'that GCE_METADATA_HOST names ' : ''}is not one of Google, or is emulated.`,
    remedy: isNamed
      ? `Unset GCE_METADATA_HOST, which says ${safeText(url.host)}, or set workload_identity_provider.`
      : 'Set workload_identity_provider or credentials_json, so that the metadata server is not asked.',
    snippets: [isNamed && inStepEnv('', "GCE_METADATA_HOST: ''")]
  }
}
