/** Names and values in turn, in their order and spelling, as Node has them; a name may be there more than once. */
export type RawHeaders = readonly string[]

/** Every value of a header, by its name in lower case. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [given = '', value = ''] = [headers[index], headers[index + 1]]
    // Most names differ in length already, and each request's headers are searched several times.
    if (given.length === name.length && given.toLowerCase() === name) values.push(value)
  }
  return values
}

/** Hands over every header in turn, its name also in lower case, and collects what comes back: one header, or none. */
export function mapHeaders(headers: RawHeaders, map: (name: string, value: string) => string | undefined): string[] {
  const mapped: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = map(name.toLowerCase(), headers[index + 1] ?? '')
    if (value !== undefined) mapped.push(name, value)
  }
  return mapped
}

/**
 * The headers that are for the next hop alone, and never passed on: those that RFC 9110, 7.6.1, names, and those that `Connection`
 * names. How a message is framed is decided anew for each hop.
 *
 * @returns tells it of a name in lower case
 */
export function isHopByHop(headers: RawHeaders): (name: string) => boolean {
  const named = headerValues(headers, 'connection').join().toLowerCase()
  const isUsual = named === '' || HOP_BY_HOP.has(named)
  // Both the names and the headers that are asked about can be ten thousands.
  const names = new Set(isUsual ? [] : named.split(',').map((name) => name.trim()))
  return (name) => HOP_BY_HOP.has(name) || names.has(name)
}

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  // Trailers pass without being announced. Node throws where they are announced and no chunks follow, as in an answer to HEAD.
  'trailer',
  'transfer-encoding',
  'upgrade',
  // RFC 7540, 3.2.1: only together with the upgrade that it belongs to.
  'http2-settings'
])

/** Names with their values. */
export function toPairs(headers: RawHeaders): [string, string][] {
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [[name, headers[index + 1] ?? ''] as [string, string]] : []
  )
}

/** By name in lower case, as Node takes the fields of HTTP/2; a name that is there more than once has all its values. */
export function toFields(headers: RawHeaders): Record<string, string | string[]> {
  const fields = Object.create(null) as Record<string, string | string[]>
  for (const [name, value] of toPairs(headers)) {
    const known = fields[name.toLowerCase()]
    fields[name.toLowerCase()] = known === undefined ? value : [...[known].flat(), value]
  }
  return fields
}
