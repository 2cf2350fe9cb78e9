import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { readClock } from '../pretend-google/transport/requests.ts'
import type { OutputLine } from './log.ts'

interface ProcessOptions {
  readonly file: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Whether to look at the memory, again and again. */
  readonly measuresMemory?: boolean
  readonly onLine: (line: OutputLine) => void
}

interface ProcessEnd {
  /** Milliseconds since the epoch, by the clock of the tests. */
  readonly startedAt: number
  readonly exitCode: number | null
  readonly rawStdout: string
  readonly rawStderr: string
  readonly timedOut: boolean
  readonly durationMs: number
  /** The most memory that the process held, where that is measured and the system tells. */
  readonly maxRssBytes: number | undefined
}

/** How often the memory is looked at. */
const MEMORY_INTERVAL_MS = 10

/**
 * How many processes of one test file start at a time: scenarios that run side by side mostly wait, but a start takes a whole
 * processor, and a dozen of them would use up each other's deadlines.
 */
const MOST_STARTS = 2

let starting = 0
const waiting: (() => void)[] = []

/** @returns what to call once the process has started */
async function awaitStart(): Promise<() => void> {
  if (starting === MOST_STARTS) await new Promise<void>((resolve) => waiting.push(resolve))
  else starting += 1
  let over = false
  return () => {
    if (over) return
    over = true
    const next = waiting.shift()
    if (next === undefined) starting -= 1
    else next()
  }
}

/** Runs a JavaScript file to its end, on the Node that runs the tests. */
export async function runProcess(options: ProcessOptions): Promise<ProcessEnd> {
  const { file, cwd, env, timeoutMs, measuresMemory = false, onLine } = options
  const onStarted = await awaitStart()
  const start = performance.now()
  const startedAt = readClock()
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const raw = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (raw[stream] += text))
    createInterface({ input: child[stream], crlfDelay: Infinity }).on('line', (text) => {
      onStarted()
      onLine({ stream, text })
    })
  }
  let maxRssBytes: number | undefined
  const look = (): void => {
    maxRssBytes = readPeakMemory(child.pid) ?? maxRssBytes
  }
  const memoryTimer = measuresMemory ? setInterval(look, MEMORY_INTERVAL_MS) : undefined
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)

  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const durationMs = Math.round(performance.now() - start)
    return { startedAt, exitCode, rawStdout: raw.stdout, rawStderr: raw.stderr, timedOut, durationMs, maxRssBytes }
  } finally {
    onStarted()
    clearTimeout(timer)
    clearInterval(memoryTimer)
  }
}

/** The high-water mark that Linux keeps: proc_pid_status(5), VmHWM. */
function readPeakMemory(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    // It has ended in the meantime.
    return undefined
  }
}
