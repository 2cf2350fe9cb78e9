import { describeOutcome } from '../exchange.ts'
import { Failure } from '../failure.ts'
import type { Answer, Outcome } from '../http.ts'
import { quoteRefusal, readRefusal } from '../refusal.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { memberOf } from './member.ts'

/** One of Google's token services gave no answer that is about the request. */
export function googleUnavailable(url: URL, last: Outcome, attempts: number): Failure {
  return new Failure({
    code: 'GOOGLE_UNAVAILABLE',
    sentence: `${url.host} gave no usable answer: ${describeOutcome(last)}${attempts > 1 ? `, after ${attempts} attempts` : ''}.`,
    ...explainUnavailable(url, last),
    commands: [`curl --head ${url.origin}/`],
    ...(last.answered ? { answer: quoteRefusal(readRefusal(last)) } : {})
  })
}

function explainUnavailable(url: URL, last: Outcome): { cause: string; remedy: string } {
  if (last.answered && last.status === 429) {
    return {
      cause: 'A quota is used up, as when many jobs start at once.',
      remedy: 'Raise deadline, or start fewer jobs at a time.'
    }
  }
  if (last.answered && last.status < 500 && last.status !== 408) {
    return {
      cause:
        "Something between this machine and Google, such as a proxy or a network's sign-in page, answered in its place.",
      remedy: `Let this machine reach ${url.host} without a page in between: mind HTTPS_PROXY and NO_PROXY.`
    }
  }
  if (last.answered) {
    return {
      cause: 'The service is overloaded or has an incident.',
      remedy: 'Run the job again; see https://status.cloud.google.com.'
    }
  }
  if (last.reason.includes('proxy')) {
    return {
      cause: 'The proxy that HTTPS_PROXY names does not let the connection through.',
      remedy: `Let the proxy pass connections to ${url.host}:443, or name the host in NO_PROXY.`
    }
  }
  if (last.reason.includes('TLS certificate')) {
    return {
      cause: 'A proxy opens TLS and shows a certificate of its own.',
      remedy: `Set NODE_EXTRA_CA_CERTS for the runner, or let the proxy pass ${url.host} untouched.`
    }
  }
  return {
    cause: 'The host cannot be reached from this machine, or a firewall or proxy interferes.',
    remedy: 'Run the job again; see https://status.cloud.google.com, and whether the machine may reach the host.'
  }
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
    remedy: 'Check the proxy and the network of the runner, and run the job again.',
    commands: [`curl --head ${url.origin}/`]
  })
}

/** A person's grant gave an access token and no ID token. @param scope the scopes that Google says were granted */
export function openidMissing(url: URL, scope: string | undefined): Failure {
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `${safeUrl(url)} gave an access token for the person's credentials, but no ID token.`,
    cause: 'The person signed in without the scope openid, and without it Google gives no ID token.',
    remedy: 'Sign in again with the scope openid, as below, or set service_account.',
    commands: [
      'gcloud auth application-default login --scopes=openid,https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform'
    ],
    ...(scope === undefined ? {} : { details: [`granted scopes: ${safeText(scope)}`] })
  })
}

/** A token came, and it is not what was asked for. @param problem names claims, never the token */
export function tokenInvalid(problem: string, audience: string, account?: string): Failure {
  const sentence = `The ID token for ${safeText(audience)} is not the one that was asked for: ${safeText(problem)}.`
  return new Failure(
    account === undefined
      ? {
          code: 'TOKEN_INVALID',
          sentence,
          cause:
            'Something between this machine and Google answered in its place, or the clock of this machine is wrong.',
          remedy: "Check the runner's proxy and clock, and run the job again.",
          commands: ['date --utc', 'curl --head https://www.googleapis.com/']
        }
      : {
          code: 'TOKEN_INVALID',
          sentence,
          cause: `It should be a token of ${safeText(account)}; whoever answered in Google's place, or the universe, is another one.`,
          remedy: `Check the runner's proxy, and that ${memberOf(account)} is in the universe that the input names.`,
          commands: [`gcloud iam service-accounts describe ${safeText(account)}`]
        }
  )
}
