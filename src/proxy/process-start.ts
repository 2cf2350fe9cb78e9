import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Other systems tell whole seconds, and clocks are set. */
const TOLERANCE_MS = 3_000

/** Ticks of the clock that Linux counts with towards programs, in a second: proc_pid_stat(5), sysconf(3). */
const TICKS = 100

/** For the programs of other systems that tell it. */
const LONGEST_LOOK_MS = 10_000

/**
 * Whether the process that has this id now is the one that began then: systems give the ids of ended processes to others.
 *
 * @param startedAt milliseconds since the epoch
 */
export async function isSameProcess(id: number, startedAt: number): Promise<boolean> {
  const start = await findStart(id).catch(() => undefined)
  return start !== undefined && Math.abs(start - startedAt) <= TOLERANCE_MS
}

async function findStart(id: number): Promise<number | undefined> {
  if (process.platform === 'linux') {
    return startOnLinux(await readFile(`/proc/${id}/stat`, 'utf8'), await readFile('/proc/stat', 'utf8'))
  }
  if (process.platform === 'win32') {
    const script = `([DateTimeOffset](Get-Process -Id ${id}).StartTime).ToUnixTimeMilliseconds()`
    return toTime((await run('powershell', ['-NoProfile', '-Command', script], { timeout: LONGEST_LOOK_MS })).stdout)
  }
  const { stdout } = await run('env', ['LC_ALL=C', 'ps', '-o', 'lstart=', '-p', String(id)], {
    timeout: LONGEST_LOOK_MS
  })
  return Date.parse(stdout.trim())
}

/**
 * Milliseconds since the epoch.
 *
 * @param stat of the process; its name, in parentheses, may hold anything
 * @param machine `/proc/stat`, which tells when the machine began
 */
export function startOnLinux(stat: string, machine: string): number | undefined {
  // Field 22 of all, of which the second ends with the last parenthesis.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const boot = /^btime (\d+)$/m.exec(machine)?.[1]
  const start = (Number(boot) + Number(ticks) / TICKS) * 1_000
  return Number.isNaN(start) ? undefined : start
}

function toTime(text: string): number | undefined {
  const time = Number(text.trim() || Number.NaN)
  return Number.isNaN(time) ? undefined : time
}
