// Loaded into the action's process by NODE_OPTIONS (see `pretendAddresses` beside it): names with the addresses that a test gives
// them, and addresses that are slow to answer or never do, as no loopback address is.
import dns from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIPv6 } from 'node:net'
import process from 'node:process'
import { getSystemErrorMap } from 'node:util'
import type { PretendAddress } from './addresses.ts'

const names = JSON.parse(process.env['PRETEND_ADDRESSES'] ?? '{}') as Record<string, PretendAddress[]>

/** @throws {Error} where a name has no address */
function find(name: string): LookupAddress[] | undefined {
  const found = names[name]?.map(({ address }) => ({ address, family: isIPv6(address) ? 6 : 4 }))
  if (found?.length !== 0) return found
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name })
}

const { lookup } = dns
const { lookup: lookupSoon } = dns.promises
type Callback = (error: Error | null, address: unknown, family?: number) => void
Object.assign(dns, {
  lookup(name: string, options: { readonly all?: boolean }, callback: Callback) {
    let found: LookupAddress[] | undefined
    try {
      found = find(name)
    } catch (error) {
      process.nextTick(callback, error)
      return
    }
    if (found === undefined) lookup(name, options as object, callback as never)
    else if (options.all === true) process.nextTick(callback, null, found)
    else process.nextTick(callback, null, found[0]?.address, found[0]?.family)
  }
})
Object.assign(dns.promises, {
  lookup: async (name: string, options: object) => find(name) ?? (await lookupSoon(name, options))
})
syncBuiltinESMExports()

const [NO_ROUTE = -1] = [...getSystemErrorMap()].find(([, [name]]) => name === 'ENETUNREACH') ?? []
type Connect = (this: object, request: object, address: string, port: number) => number
// The one place through which every connection of Node's goes.
const { TCP } = (process as unknown as { binding: (name: string) => { TCP: { prototype: object } } }).binding(
  'tcp_wrap'
)
const handle = TCP.prototype as Record<'connect' | 'connect6', Connect> & { close: (callback?: () => void) => void }
const closed = new WeakSet()
const { close } = handle
handle.close = function (callback) {
  closed.add(this)
  close.call(this, callback)
}
for (const method of ['connect', 'connect6'] as const) {
  const connect = handle[method]
  handle[method] = function (request, address, port) {
    const pretend = Object.values(names)
      .flat()
      .find((candidate) => candidate.address === address)
    if (pretend === undefined) return connect.call(this, request, address, port)
    if (pretend.answersAfterMs === 'never') return 0
    if (pretend.answersAfterMs === 'no route') return NO_ROUTE
    setTimeout(() => {
      // To the loopback address behind it.
      if (!closed.has(this)) handle.connect.call(this, request, '127.0.0.1', port)
    }, pretend.answersAfterMs)
    return 0
  }
}
