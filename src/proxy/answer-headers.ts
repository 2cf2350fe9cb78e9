import { toLocalAddress, withoutBase } from './addresses.ts'
import type { ServiceAddress } from './addresses.ts'
import { isHopByHop, mapHeaders } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'

/** Says to the client which failure of the catalogue an answer is that did not come from the application. */
export const FAILURE_HEADER = 'x-google-id-token-failure'

/**
 * They speak of the service's own host and of https: `Strict-Transport-Security` would lock the browser out of every port of
 * loopback, and `Alt-Svc` would lead it past the proxy.
 */
const DROPPED = ['strict-transport-security', 'alt-svc', FAILURE_HEADER]

/**
 * The headers of an answer as the client gets them: addresses of the service are the proxy's, and cookies are ones that a browser
 * keeps for plain http on loopback.
 *
 * @param local host and port in the name that the client used
 */
export function toClientHeaders(headers: RawHeaders, service: ServiceAddress, local: string): string[] {
  const isOfThisHop = isHopByHop(headers)
  return mapHeaders(headers, (name, value) => {
    if (isOfThisHop(name) || DROPPED.includes(name)) return undefined
    switch (name) {
      case 'location':
      case 'content-location':
        return toLocalAddress(service, value, local)
      case 'refresh':
        return rewriteRefresh(value, service, local)
      case 'set-cookie':
        return rewriteCookie(value, service)
      case 'access-control-allow-origin':
        return value.toLowerCase() === service.origin ? `http://${local}` : value
      default:
        return value
    }
  })
}

/** `5; url=https://…`, the address in quotes or not: https://html.spec.whatwg.org/multipage/document-lifecycle.html#shared-declarative-refresh-steps */
function rewriteRefresh(value: string, service: ServiceAddress, local: string): string {
  const [, before = '', quote = '', rest = ''] =
    /^(\s*[\d.]+\s*[;,\s]\s*(?:url\s*=\s*)?)(["']?)(.*)$/is.exec(value) ?? []
  if (before === '') return value
  const end = quote === '' ? -1 : rest.indexOf(quote)
  const address = end < 0 ? rest : rest.slice(0, end)
  return before + quote + toLocalAddress(service, address, local) + rest.slice(address.length)
}

/**
 * A cookie without what keeps it from a client of plain http on loopback. WebKit ignores `Secure` cookies there; Chromium and Firefox
 * keep them, and demand `Secure` where the name begins with `__Host-` or `__Secure-`. `SameSite=None` and `Partitioned` are
 * valid together with `Secure` alone: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
 */
function rewriteCookie(cookie: string, service: ServiceAddress): string {
  const [pair = '', ...attributes] = cookie.split(';')
  const isPrefixed = /^\s*__(host|secure)-/i.test(pair)
  const wasSecure = attributes.some((attribute) => /^\s*secure\s*(?:=|$)/i.test(attribute))
  const kept = attributes.flatMap((attribute) => {
    const [name = '', ...rest] = attribute.split('=')
    const value = rest.join('=').trim()
    switch (name.trim().toLowerCase()) {
      case 'domain':
        return coversHost(value, service) ? [] : [attribute]
      case 'path':
        return [` Path=${withoutBase(service, value)}`]
      case 'secure':
      case 'partitioned':
        return wasSecure && !isPrefixed ? [] : [attribute]
      case 'samesite':
        return wasSecure && !isPrefixed && value.toLowerCase() === 'none' ? [] : [attribute]
      default:
        return [attribute]
    }
  })
  return [pair, ...kept].join(';')
}

/** RFC 6265, 5.1.3, with the dot that older servers put before a domain. */
function coversHost(domain: string, { host }: ServiceAddress): boolean {
  const name = domain.replace(/^\./, '').toLowerCase()
  const hostname = host.replace(/:\d+$/, '')
  return hostname === name || hostname.endsWith(`.${name}`)
}
