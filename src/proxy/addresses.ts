import { withoutTag } from '../inputs/service-url.ts'

/** The service as it is reached, and as it names itself in its answers. */
export interface ServiceAddress {
  /** With the tag: `https://TAG---HOST`. */
  readonly origin: string
  /** For `Host`: with the tag, and with a port that is not the scheme's own. */
  readonly host: string
  /** `''`, or a path such as `/base`, without a slash at its end. */
  readonly base: string
  /** What an address of the service may have before its path, without the scheme and in lower case. */
  readonly authorities: readonly string[]
}

/** @param url with the tag, if there is one; query and fragment do not count */
export function addressOf(url: URL): ServiceAddress {
  const hosts = [url, withoutTag(url)]
  return {
    origin: url.origin,
    host: url.host,
    base: url.pathname.replace(/\/+$/, ''),
    authorities: hosts.flatMap(({ host, hostname, port }) => (port === '' ? [host, `${hostname}:443`] : [host]))
  }
}

/** The path at the service for one at the proxy, byte for byte: `/x` is `/base/x`. */
export function toServicePath({ base }: ServiceAddress, path: string): string {
  return path.startsWith('/') ? base + path : path
}

/**
 * The address at the proxy for one at the service: `https://HOST/base/x`, `http://HOST/base/x`, `//HOST/base/x` and `/base/x` all
 * are `/x` there. Any other address, and a path that is not under the base, is returned as it is.
 *
 * @param local host and port in the name that the client used
 */
export function toLocalAddress(service: ServiceAddress, address: string, local: string): string {
  const [, scheme, authority, rest = ''] = /^(https?:)?\/\/([^/?#\\]*)(.*)$/is.exec(address) ?? []
  if (authority === undefined) {
    const path = withoutBase(service, address)
    // Without its base, "/base//evil.example" would name another host.
    return path.startsWith('//') && path !== address ? `http://${local}${path}` : path
  }
  const defaultPort = scheme?.toLowerCase() === 'http:' ? ':80' : ':443'
  const name = authority.toLowerCase()
  const isService =
    service.authorities.includes(name) ||
    (name.endsWith(defaultPort) && service.authorities.includes(name.slice(0, -defaultPort.length)))
  if (!isService || !isUnderBase(service, rest)) return address
  return `http://${local}${withoutBase(service, rest)}`
}

/** The address at the service for one at the proxy, as in `Referer`; any other address is returned as it is. */
export function toServiceAddress(
  service: ServiceAddress,
  address: string,
  isOwnAuthority: (name: string) => boolean
): string {
  const [, authority, rest = ''] = /^http:\/\/([^/?#\\]*)(.*)$/is.exec(address) ?? []
  if (authority === undefined || !isOwnAuthority(authority.toLowerCase())) return address
  return service.origin + toServicePath(service, rest)
}

/** The path of a cookie, or of an address, without the base of the service. */
export function withoutBase(service: ServiceAddress, path: string): string {
  if (service.base === '' || !isUnderBase(service, path)) return path
  const rest = path.slice(service.base.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

function isUnderBase({ base }: ServiceAddress, path: string): boolean {
  return base === '' || (path.startsWith(base) && /^([/?#]|$)/.test(path.slice(base.length)))
}
