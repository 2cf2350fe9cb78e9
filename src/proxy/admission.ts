import { safeText } from '../guard/safe-text.ts'
import { isLoopbackUrl } from '../world/request.ts'
import { headerValues } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'

/** What decides whether a request is served, whichever version of HTTP it came by. */
export interface ClientRequest {
  readonly method: string
  /** The request target as it came: RFC 9112, 3.2. */
  readonly target: string
  readonly headers: RawHeaders
  /** Why the message can be read in more ways than one, where it can: RFC 9112, 11.2. */
  readonly ambiguity?: string | undefined
}

export type Admission =
  /** `local` is the host and port that the client used, and `path` begins with a slash or is `*`. */
  | { readonly admitted: true; readonly local: string; readonly path: string }
  | { readonly admitted: false; readonly status: 400 | 403 | 405 | 421; readonly reason: string }

/**
 * Who may use the proxy: programs on this machine that call it by one of its own names, and pages that come from this machine.
 * A browser tells where a page is from by `Origin` and Fetch Metadata (https://www.w3.org/TR/fetch-metadata/); the check of the
 * name keeps out pages whose DNS name was rebound to loopback.
 *
 * @param port of the proxy
 */
export function admit({ method, target, headers, ambiguity }: ClientRequest, port: number): Admission {
  if (ambiguity !== undefined) return refuse(400, ambiguity)
  if (method === 'CONNECT' || method === 'TRACE') {
    return refuse(405, `${method} is not passed on: it would reach past the service, or show the token.`)
  }
  const hosts = headerValues(headers, 'host')
  const [host = ''] = hosts
  if (hosts.length !== 1) return refuse(400, 'The request has no Host header, or more than one.')
  const local = host.toLowerCase()
  if (!isOwnAuthority(local, port)) return refuse(421, describeForeignHost(host, port))

  const [, authority, absolutePath] = /^http:\/\/([^/?#]*)(.*)$/is.exec(target) ?? []
  if (authority !== undefined && authority.toLowerCase() !== local) {
    return refuse(421, describeForeignHost(authority, port))
  }
  const path = absolutePath === undefined ? target : absolutePath.startsWith('/') ? absolutePath : `/${absolutePath}`
  if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS')) {
    return refuse(400, 'The request target has to be a path.')
  }

  const foreign = headerValues(headers, 'origin').find((origin) => !isLoopbackOrigin(origin))
  if (foreign !== undefined) {
    return refuse(
      403,
      `A page of ${foreign === 'null' ? 'an origin that the browser hides' : safeText(foreign, 120)} is not allowed to use this proxy: only pages of this machine are (Origin).`
    )
  }
  if (headerValues(headers, 'sec-fetch-site').includes('cross-site') && !isTopLevelNavigation(headers)) {
    return refuse(403, 'A page of another site is not allowed to use this proxy (Sec-Fetch-Site: cross-site).')
  }
  return { admitted: true, local, path }
}

const OWN_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether this is one of the three names of the proxy. Browsers and others leave out the port where it is the scheme's own. */
export function isOwnAuthority(name: string, port: number): boolean {
  const end = `:${port}`
  return OWN_NAMES.has(name.endsWith(end) ? name.slice(0, -end.length) : port === 80 ? name : '')
}

function describeForeignHost(host: string, port: number): string {
  return `This proxy answers to 127.0.0.1:${port}, localhost:${port} and [::1]:${port} only; the request is for ${safeText(host, 120) || 'no host'}.`
}

/** RFC 6454, 6.2, without a path; `null` and lists of origins are none. */
function isLoopbackOrigin(origin: string): boolean {
  return /^https?:\/\/[^/?#\s]+$/i.test(origin) && URL.canParse(origin) && isLoopbackUrl(new URL(origin))
}

/** A person follows a link or a bookmark. A frame is a navigation too, but `Sec-Fetch-Dest` names it. */
function isTopLevelNavigation(headers: RawHeaders): boolean {
  const is = (name: string, value: string): boolean => headerValues(headers, name).join() === value
  return is('sec-fetch-mode', 'navigate') && is('sec-fetch-dest', 'document')
}

function refuse(status: 400 | 403 | 405 | 421, reason: string): Admission {
  return { admitted: false, status, reason }
}
