import { TOKEN_HEADERS } from '../inputs/request-headers.ts'
import type { TokenHeader } from '../inputs/request-headers.ts'
import { isOwnAuthority } from './admission.ts'
import { toServiceAddress } from './addresses.ts'
import type { ServiceAddress } from './addresses.ts'
import { headerValues, isHopByHop, mapHeaders } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'

/** In which header our token travels. */
export interface TokenPlace {
  readonly header: TokenHeader
  /** The workflow's author named it, so that it is never changed. */
  readonly explicit: boolean
}

/**
 * The header of our token for one request: a client that needs `Authorization` for itself keeps it.
 *
 * @returns undefined where the client brings the very header that the author named
 */
export function placeToken({ header, explicit }: TokenPlace, headers: RawHeaders): TokenHeader | undefined {
  const isTaken = headerValues(headers, header.toLowerCase()).length > 0
  if (explicit) return isTaken ? undefined : header
  return header === 'Authorization' && isTaken ? 'X-Serverless-Authorization' : header
}

/**
 * The headers of a request as the service gets them, but for those that frame it and for our token: everything that is for this
 * hop alone and every other token in the place of ours is left out, and the proxy's own addresses are the service's.
 *
 * @param port of the proxy
 */
export function toServiceHeaders(
  headers: RawHeaders,
  service: ServiceAddress,
  tokenHeader: TokenHeader,
  port: number
): string[] {
  const isOfThisHop = isHopByHop(headers)
  const dropped = ['host', 'content-length', tokenHeader.toLowerCase()]
  const isOwn = (name: string): boolean => isOwnAuthority(name, port)
  const passed = mapHeaders(headers, (name, value) => {
    if (isOfThisHop(name) || dropped.includes(name)) return undefined
    // An origin has no path, so that the service's has none either.
    if (name === 'origin') return isOwn(value.toLowerCase().replace(/^http:\/\//, '')) ? service.origin : value
    return name === 'referer' ? toServiceAddress(service, value, isOwn) : value
  })
  return ['Host', service.host, ...passed]
}

/**
 * The trailers of a request. Some servers take them for headers: those that say where a request goes, how it is framed, or who makes
 * it are left out (RFC 9110, 6.5.1).
 */
export function toServiceTrailers(trailers: RawHeaders): string[] {
  const isOfThisHop = isHopByHop(trailers)
  return mapHeaders(trailers, (name, value) => (isOfThisHop(name) || NO_TRAILERS.includes(name) ? undefined : value))
}

const NO_TRAILERS = ['host', 'content-length', 'origin', 'referer', ...TOKEN_HEADERS.map((name) => name.toLowerCase())]
