import { describeOutcome } from '../exchange.ts'
import { Failure } from '../failure.ts'
import type { Answer, Outcome } from '../http.ts'
import { quoteRefusal, readRefusal } from '../refusal.ts'
import { safeText, safeUrl } from '../safe-text.ts'

/** One of Google's token services gave no answer that is about the request. */
export function googleUnavailable(url: URL, last: Outcome, attempts: number): Failure {
  const proxied = !last.answered && last.reason.includes('proxy')
  return new Failure({
    code: 'GOOGLE_UNAVAILABLE',
    sentence: `${url.host} gave no usable answer: ${describeOutcome(last)}${attempts > 1 ? `, after ${attempts} attempts` : ''}.`,
    cause: proxied
      ? 'The proxy that HTTPS_PROXY names does not let the connection through.'
      : last.answered
        ? 'The service is overloaded or has an incident.'
        : 'The host cannot be reached from this machine, or a firewall or proxy interferes.',
    remedy: proxied
      ? `Let the proxy pass connections to ${url.host}:443, or name the host in NO_PROXY.`
      : 'Run the job again; see https://status.cloud.google.com, and whether the machine may reach the host.',
    commands: [`curl --head https://${url.host}/`],
    ...(last.answered ? { answer: quoteRefusal(readRefusal(last)) } : {})
  })
}

/** An answer that is no refusal, and yet holds no token. Its body is not quoted: it may hold one in another form. */
export function tokenMissing(url: URL, answer: Answer): Failure {
  // Anything but 2xx here is a redirect, which no token service sends.
  if (answer.status >= 300) return googleUnavailable(url, answer, 1)
  const type = safeText(answer.headers['content-type'] ?? 'none', 60)
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `${safeUrl(url)} answered with status ${answer.status}, but without the token that was asked for (content type: ${type}).`,
    cause: 'Something between this machine and Google, such as a proxy, answered in its place.',
    remedy: 'Check the proxy and the network of the runner, and run the job again.'
  })
}

/** A token came, and it is not what was asked for. @param problem names claims, never the token */
export function tokenInvalid(problem: string, audience: string, account?: string): Failure {
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `The ID token for ${safeText(audience)} is not the one that was asked for: ${safeText(problem)}.`,
    cause:
      account === undefined
        ? 'Something between this machine and Google answered in its place, or the clock of this machine is wrong.'
        : `It should be a token of ${safeText(account)}.`,
    remedy: "Check the runner's proxy and clock, and run the job again."
  })
}
