import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'

/** Where the kernel lists the TCP sockets of this network namespace: proc_pid_net(5). */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

/** The two ends of a connection, as the client's socket has them. */
export interface Ends {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
}

/** Tells of a connection to the proxy whether its client may use it; undefined where the client has left. */
export type MayConnect = (ends: Ends) => Promise<boolean | undefined>

/**
 * On Linux, the user who owns the client's socket has to be one's own or root. Elsewhere, and where the kernel does not list
 * sockets, nothing can be told and every client is admitted.
 *
 * @param ownId the user of this process; undefined on systems without user ids
 */
export function createPeerCheck(ownId: number | undefined): MayConnect {
  /** A read that has not begun serves everyone who waits for it: one that is under way may have missed the newest socket. */
  let waiting: Promise<string | undefined> | undefined
  let reading: Promise<unknown> = Promise.resolve()

  async function readTables(): Promise<string | undefined> {
    const texts = await Promise.all(TABLES.map((file) => readFile(file, 'utf8').catch(() => undefined)))
    return texts[0] === undefined ? undefined : texts.join('\n')
  }

  return async (ends) => {
    if (ownId === undefined || process.platform !== 'linux') return true
    waiting ??= reading.then(() => {
      waiting = undefined
      const text = readTables()
      reading = text
      return text
    })
    const text = await waiting
    if (text === undefined) return true
    const owner = findOwner(text, ends)
    return owner === undefined ? undefined : owner === ownId || owner === 0
  }
}

/**
 * The user id of the socket with these ends.
 *
 * @returns undefined where it is not listed or belongs to no process any more: the kernel then says 0, which is not root
 */
export function findOwner(table: string, ends: Ends): number | undefined {
  const local = `${toHex(ends.localAddress)}:${portToHex(ends.localPort)}`
  const remote = `${toHex(ends.remoteAddress)}:${portToHex(ends.remotePort)}`
  const mapped = [`${MAPPED}${local}`, `${MAPPED}${remote}`]
  for (const line of table.split('\n')) {
    const [, from, to, , , , , uid, , inode] = line.trim().split(/\s+/)
    const isSame = (from === local && to === remote) || (from === mapped[0] && to === mapped[1])
    if (isSame && inode !== undefined && inode !== '0') return Number(uid)
  }
  return undefined
}

/** `::ffff:0:0/96`, by which programs with IPv6 sockets reach IPv4 addresses. */
const MAPPED = `0000000000000000${wordsToHex(Buffer.from([0, 0, 0xff, 0xff]))}`

function toHex(address: string): string {
  const ipv4 = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIPv4(ipv4)) return wordsToHex(Buffer.from(ipv4.split('.').map(Number)))
  // Of IPv6, loopback alone is listened on.
  return address === '::1' ? wordsToHex(Buffer.from([...Array<number>(15).fill(0), 1])) : address
}

/** The kernel prints each 32 bits as a number of this machine, whatever their order in memory. */
function wordsToHex(bytes: Buffer): string {
  const words = new Uint32Array(Uint8Array.from(bytes).buffer)
  return [...words].map((word) => word.toString(16).toUpperCase().padStart(8, '0')).join('')
}

function portToHex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
