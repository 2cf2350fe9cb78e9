import { randomBytes, timingSafeEqual } from 'node:crypto'
import { connect, createServer } from 'node:net'
import type { Totals } from './statistics.ts'

/** 256 bits, in hexadecimal digits. */
export function createKey(): string {
  return randomBytes(32).toString('hex')
}

/** A second port, on which the process ends for the one who has the key: Windows has no signals. */
export interface QuitPort {
  readonly port: number
  readonly close: () => void
}

/** Long enough for a key, and for a machine that is busy. */
const LONGEST_LINE_BYTES = 128
const LONGEST_WAIT_MS = 5_000

/**
 * Listens on a free port of 127.0.0.1. A client that sends the key and a line feed gets the totals as a line of JSON.
 *
 * @param onQuit is called once the totals are on their way
 */
export async function openQuitPort(key: string, totals: () => Totals, onQuit: () => void): Promise<QuitPort> {
  const expected = Buffer.from(`${key}\n`)
  const server = createServer((socket) => {
    let given = Buffer.alloc(0)
    socket.setTimeout(LONGEST_WAIT_MS, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      given = Buffer.concat([given, chunk])
      if (given.length > LONGEST_LINE_BYTES) socket.destroy()
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return
      socket.write(`${JSON.stringify(totals())}\n`, () => {
        // The system closes it when the process is gone, and so the other side sees that it is.
        socket.unref()
        onQuit()
      })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address !== 'object') throw new Error('no address')
  return { port: address.port, close: () => server.close() }
}

/** Far more than the texts of all failures together. */
const LONGEST_TOTALS = 1024 * 1024

/** What came of asking a process to end. */
export interface Quit {
  /** What it has to tell; undefined where it does not answer. */
  readonly totals: Totals | undefined
  /** No process has the connection any more. */
  readonly gone: boolean
}

/**
 * Asks the process to end, and waits until it has ended.
 *
 * @param milliseconds for both together
 */
export async function askToQuit(port: number, key: string, milliseconds: number): Promise<Quit> {
  return await new Promise((resolve) => {
    let given = ''
    let gone = true
    const socket = connect({ host: '127.0.0.1', port })
    const timer = setTimeout(() => {
      gone = false
      socket.destroy()
    }, milliseconds)
    socket.setEncoding('utf8')
    socket.once('connect', () => socket.write(`${key}\n`))
    socket.on('data', (text: string) => {
      given += text
      if (given.length > LONGEST_TOTALS) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve({ totals: parseTotals(given), gone })
    })
  })
}

/** Only the process that has the key writes this, so that its form is ours. */
function parseTotals(text: string): Totals | undefined {
  return text.endsWith('\n') ? (JSON.parse(text) as Totals) : undefined
}
