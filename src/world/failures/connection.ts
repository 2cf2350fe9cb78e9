import type { Explanation, Snippet } from '../../failure/failure.ts'
import { onRunner, setNoProxy, shellWord, tryConnection } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import type { NoAnswer } from '../outcome.ts'

/**
 * Why no connection to a host came about, whatever the host is for.
 *
 * @returns undefined where the host may simply be down or far away, which the caller words
 */
export function explainConnection({ trouble, reason }: NoAnswer, url: URL): Explanation | undefined {
  const host = safeText(url.host)
  switch (trouble) {
    case 'proxy setting':
      return {
        cause: 'The step goes round no proxy by itself, so that it sent nothing.',
        remedy: `Correct the variable, or name ${host} in NO_PROXY if it needs no proxy.`,
        snippets: [setProxy(), setNoProxy(host)]
      }
    case 'proxy':
      return {
        cause: 'The proxy that HTTPS_PROXY names does not let the connection through.',
        remedy: `Let the proxy pass connections to ${host}${url.port === '' ? ':443' : ''}, or name the host in NO_PROXY.`,
        snippets: [tryConnection(url), setNoProxy(host)]
      }
    case 'certificate':
      return { ...explainCertificate(reason, host), snippets: [setAuthority(), showHandshake(url)] }
    case 'handshake':
      return {
        cause: `What answers at ${host} does not speak TLS on this port, asks for a client certificate, or is a proxy that opens TLS.`,
        remedy: `Check host and port, and let the proxy, if there is one, pass ${host} untouched.`,
        snippets: [showHandshake(url), setNoProxy(host)]
      }
    case 'connection':
      return undefined
  }
}

/** Node's code is in the reason: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function explainCertificate(reason: string, host: string): Explanation {
  if (/EXPIRED|NOT_YET_VALID/.test(reason)) {
    return {
      cause: `The certificate of ${host} has expired or is not valid yet, or the clock of this machine is wrong.`,
      remedy: `Renew the certificate of ${host}, or set the clock.`
    }
  }
  if (/ALTNAME|HOSTNAME/.test(reason)) {
    return {
      cause: `The certificate that ${host} shows is for another name: its own is not ready yet, or a proxy answers in its place.`,
      remedy: `Check the certificate of ${host}, and let the proxy, if there is one, pass the host untouched.`
    }
  }
  return {
    cause: `An authority that Node does not know issued the certificate of ${host}: a private one, or a proxy that opens TLS.`,
    remedy:
      'Set NODE_EXTRA_CA_CERTS to the file with the certificate of that authority, for this step or for the runner.'
  }
}

function setAuthority(): Snippet {
  return { place: 'In this step', lines: ['env:', '  NODE_EXTRA_CA_CERTS: /path/to/authority.pem'] }
}

/** RFC 3986, 2.1: what a URL would read in another way. */
function setProxy(): Snippet {
  return { place: 'In this step', lines: ['env:', '  HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT'] }
}

function showHandshake(url: URL): Snippet {
  return onRunner(`curl --head --verbose ${shellWord(url.origin)}/`)
}
