import { describeOutcome, inAttempts } from '../outcome.ts'
import { Failure } from '../failure.ts'
import type { Explanation } from '../failure.ts'
import type { Answer, Outcome } from '../outcome.ts'
import { quoteRefusal, readRefusal } from '../refusal.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { inStep, inTerminal, onRunner, setNoProxy, shellWord, tryConnection } from './snippets.ts'
import { signIn } from './token-grants.ts'

/** One of Google's token services gave no answer that is about the request. */
export function googleUnavailable(url: URL, last: Outcome, attempts: number): Failure {
  return new Failure({
    code: 'GOOGLE_UNAVAILABLE',
    sentence: `${url.host} gave no usable answer: ${describeOutcome(last)}${inAttempts(attempts)}.`,
    ...explainUnavailable(url, last),
    ...(last.answered ? { answer: quoteRefusal(readRefusal(last)) } : {})
  })
}

function explainUnavailable(url: URL, last: Outcome): Explanation {
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
  if (last.trouble === 'proxy') {
    return {
      cause: 'The proxy that HTTPS_PROXY names does not let the connection through.',
      remedy: `Let the proxy pass connections to ${url.host}:443, or name the host in NO_PROXY.`,
      snippets: [connect, setNoProxy(url.host)]
    }
  }
  if (last.trouble === 'certificate' || last.trouble === 'handshake') {
    return {
      cause: 'A proxy opens TLS and shows a certificate of its own.',
      remedy: `Set NODE_EXTRA_CA_CERTS for the runner, or let the proxy pass ${url.host} untouched.`,
      snippets: [
        {
          place: 'In the environment of the runner, such as the file .env in its folder',
          lines: ['NODE_EXTRA_CA_CERTS=/path/to/proxy-ca.pem']
        },
        setNoProxy(url.host)
      ]
    }
  }
  return {
    cause: 'The host cannot be reached from this machine, or a firewall or proxy interferes.',
    remedy: 'Run the job again; see https://status.cloud.google.com, and whether the machine may reach the host.',
    snippets: [connect]
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

/** A person's grant gave an access token and no ID token. @param scope the scopes that Google says were granted */
export function openidMissing(url: URL, scope: string | undefined): Failure {
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `${safeUrl(url)} gave an access token for the person's credentials, but no ID token.`,
    cause: 'The person signed in without the scope openid, and without it Google gives no ID token.',
    remedy: 'Sign in again with the scope openid, or set service_account.',
    snippets: signIn(
      'gcloud auth application-default login --scopes=openid,https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform'
    ),
    ...(scope === undefined ? {} : { details: [`granted scopes: ${safeText(scope)}`] })
  })
}

/** What about a token is not as it was asked for, as far as it decides how to mend it. */
export type TokenFlaw = 'form' | 'issuer' | 'audience' | 'expiry' | { readonly account: string | undefined }

/** A token came, and it is not what was asked for. @param problem names claims, never the token */
export function tokenInvalid(problem: string, audience: string, flaw: TokenFlaw): Failure {
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `The ID token for ${safeText(audience)} is not the one that was asked for: ${safeText(problem)}.`,
    ...(typeof flaw === 'string' ? FLAWS[flaw] : explainAccount(flaw.account))
  })
}

const CHECK_PROXY = onRunner('env | grep -i _proxy', 'curl --head https://www.googleapis.com/oauth2/v3/certs')

const FLAWS: Readonly<Record<Extract<TokenFlaw, string>, Explanation>> = {
  form: {
    cause: "Something between this machine and Google, such as a proxy, answered in Google's place.",
    remedy: "Check the runner's proxy, and run the job again.",
    snippets: [CHECK_PROXY]
  },
  issuer: {
    cause: "Whoever signed the token is not Google: another universe, or something that answered in Google's place.",
    remedy: "Check the input universe and the runner's proxy.",
    snippets: [inStep('universe: googleapis.com'), CHECK_PROXY]
  },
  audience: {
    cause:
      "Whoever answered gave a token for somebody else: something in Google's place, such as a proxy or an emulated metadata server, kept an old one.",
    remedy: "Check the runner's proxy and metadata server, and run the job again.",
    snippets: [CHECK_PROXY]
  },
  expiry: {
    cause: 'The clock of this machine is wrong, or something kept an old token.',
    remedy: "Set the machine's clock, for example by NTP, and run the job again.",
    snippets: [onRunner('date --utc', 'sudo timedatectl set-ntp true')]
  }
}

function explainAccount(account: string | undefined): Explanation {
  if (account === undefined) {
    return {
      cause:
        "The token does not say whose it is: the metadata server gave one without e-mail, or something answered in Google's place.",
      remedy: 'Set service_account, so that the token is that of an account that is known.',
      snippets: [inStep('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
    }
  }
  return {
    cause: `It should be a token of ${safeText(account)}; whoever answered in Google's place, or the universe, is another one.`,
    remedy: `Check how ${safeText(account)} is spelled, the runner's proxy, and the input universe.`,
    snippets: [inTerminal(`gcloud iam service-accounts describe ${shellWord(account)}`), CHECK_PROXY]
  }
}
