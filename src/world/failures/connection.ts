import type { Advice, Snippet } from '../../failure/failure.ts'
import { inStepEnv, onRunner, shellWord } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import type { NoAnswer } from '../outcome.ts'

/** Where the operator of a host publishes incidents. */
const STATUS_PAGES = { Google: 'https://status.cloud.google.com', GitHub: 'https://www.githubstatus.com' } as const

/**
 * Why a host gave no answer, the same for every host.
 *
 * @param whose host it is, where that says whose incidents to look for
 */
export function explainNoAnswer(
  { trouble, timedOut, reason }: NoAnswer,
  url: URL,
  whose?: keyof typeof STATUS_PAGES
): Advice {
  const host = safeText(url.host)
  switch (trouble) {
    case 'proxy setting':
      return {
        cause: 'The step goes round no proxy by itself, so that nothing was sent.',
        remedy: `Correct the variable, or name ${url.hostname} in NO_PROXY if no proxy is needed.`,
        snippets: [inStepEnv('', 'HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT'), setNoProxy(url.hostname)]
      }
    case 'proxy':
      return {
        cause: 'HTTPS_PROXY names a proxy that does not let the connection through.',
        remedy: `Let the proxy pass connections to ${host}${url.port === '' ? ':443' : ''}, or name ${url.hostname} in NO_PROXY.`,
        snippets: [setNoProxy(url.hostname), showHandshake(url)]
      }
    case 'certificate':
      return explainCertificate(url, host, reason)
    case 'handshake':
      return {
        cause: `${host} does not speak TLS on this port, asks for a client certificate, or a proxy opens TLS.`,
        remedy: `Check host and port of ${safeText(url.origin)}, and let a proxy, if there is one, leave TLS to ${host} alone.`,
        snippets: [showHandshake(url), setNoProxy(url.hostname)]
      }
    case 'refusal':
    case 'connection': {
      const incident = whose === undefined ? '' : `; ${STATUS_PAGES[whose]} shows incidents of ${whose}`
      return {
        remedy: /ENOTFOUND|EAI_AGAIN/.test(reason)
          ? `Check the spelling of ${host} and the DNS of this machine${incident}.`
          : `Let this machine reach ${host}${timedOut ? ' and get an answer in time' : ''}: look at firewall and HTTPS_PROXY, then run the job again${incident}.`,
        snippets: [showHandshake(url)]
      }
    }
  }
}

/** Node's code is in the reason: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function explainCertificate(url: URL, host: string, reason: string): Advice {
  const snippets = [showHandshake(url)]
  if (/EXPIRED|NOT_YET_VALID/.test(reason)) {
    return {
      cause: `The certificate of ${host} has expired or is not valid yet, or the clock of this machine is wrong.`,
      remedy: `Renew the certificate of ${host}; if the certificate is valid, set the clock of this machine.`,
      snippets
    }
  }
  if (/ALTNAME|HOSTNAME/.test(reason)) {
    return {
      cause: 'A custom domain that is new gets its certificate some minutes later, or a proxy answers in its place.',
      remedy: `Use the name for which the certificate was issued, or give ${host} a certificate for ${host}.`,
      snippets
    }
  }
  return {
    cause: `An authority that Node does not know issued the certificate of ${host}: a private one, or a proxy that opens TLS.`,
    remedy: `Set NODE_EXTRA_CA_CERTS, for this step or for the runner, to a file with the authority's certificate that signs for ${host} here.`,
    snippets: [inStepEnv('', 'NODE_EXTRA_CA_CERTS: /path/to/authority.pem'), ...snippets]
  }
}

/** Something that is not the host answered in its place, such as a proxy or the sign-in page of a network. */
export function explainInterception(url: URL): Advice {
  return {
    cause: 'A proxy that opens TLS, or the sign-in page of a network, answered in its place.',
    remedy: `Let this machine reach ${safeText(url.host)} directly, or through a proxy that leaves TLS alone: look at HTTPS_PROXY and NO_PROXY.`,
    snippets: [showHandshake(url), setNoProxy(url.hostname)]
  }
}

/** Who really answers on a host, and through which proxy. */
function showHandshake(url: URL): Snippet {
  return onRunner(
    'see who signed the certificate and which proxy is used',
    `curl -sv ${shellWord(`${url.origin}/`)} -o /dev/null 2>&1 | grep -iE 'issuer:|proxy|refused|resolve'`
  )
}

/** The action reads NO_PROXY from the environment of the step, too; a list of host names, separated by commas. */
function setNoProxy(host: string): Snippet {
  return inStepEnv(', with what NO_PROXY holds already, after commas', `NO_PROXY: ${JSON.stringify(safeText(host))}`)
}
