import { open } from 'node:fs/promises'
import { safeText } from '../guard/safe-text.ts'

/** The last lines are what tells why a process ended. */
const END_BYTES = 4 * 1024

/**
 * The end of the background process's log, line by line.
 *
 * @returns undefined where there is no such file
 */
export async function readLogEnd(file: string): Promise<readonly string[] | undefined> {
  try {
    await using log = await open(file)
    const { size } = await log.stat()
    const start = Math.max(0, size - END_BYTES)
    const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(END_BYTES), position: start })
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n')
    // The first one is cut where it does not begin the file.
    return (start === 0 ? lines : lines.slice(1)).filter((line) => line !== '').map((line) => safeText(line))
  } catch {
    return undefined
  }
}
