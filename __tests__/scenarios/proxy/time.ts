import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { ProxyJob } from '../../runner/run-proxy.ts'

/** Time that a scenario lets pass, however fast the machine is. */
export interface Time {
  /** The variables of the processes for which it passes. */
  readonly env: Record<string, string>
  /** Returns when the background process knows of it, and has called what was due. */
  readonly pass: (milliseconds: number) => Promise<void>
}

/** The milliseconds that are to pass: the background process takes the file away, and then lets them pass. */
const PASSING = 'passing'

/** Shorter timers keep to the time of the machine. Longer ones may also be limits, so that nothing is to be under way while time passes. */
const SHORTEST_MS = 1_000

/** Loaded into the background process from outside: its clocks jump, and timers are called that have thereby become due. */
export const TIME_IN_BACKGROUND = `
  const { readFileSync, rmSync } = await import('node:fs')
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis
  const { now } = Date
  const elapsed = performance.now.bind(performance)
  const timers = new Map()
  let ahead = 0
  Date.now = () => now() + ahead
  performance.now = () => elapsed() + ahead

  const startWith = (start, repeats) => (callback, ms, ...rest) => {
    const call = () => {
      if (repeats) timers.get(timer).at += ms
      else globalThis.clearTimeout(timer)
      callback(...rest)
    }
    const timer = start(ms >= ${SHORTEST_MS} ? call : callback, ms, ...rest)
    if (ms >= ${SHORTEST_MS}) timers.set(timer, { at: Date.now() + ms, call })
    return timer
  }
  const clearWith = (clear) => (timer) => {
    timers.delete(timer)
    clear(timer)
  }
  globalThis.setTimeout = Object.assign(startWith(setTimeout, false), setTimeout)
  globalThis.setInterval = startWith(setInterval, true)
  globalThis.clearTimeout = clearWith(clearTimeout)
  globalThis.clearInterval = clearWith(clearInterval)

  const file = new URL('${PASSING}', import.meta.url)
  const look = () => {
    let passing
    try {
      passing = Number(readFileSync(file, 'utf8'))
    } catch {
      return
    }
    ahead += passing
    for (const [timer, { at, call }] of [...timers]) if (at <= Date.now() && timers.has(timer)) call()
    rmSync(file)
  }
  setInterval(look, 5).unref()
`

export function createTime(world: PretendGoogle, directory: string, env: Record<string, string>): Time {
  const file = path.join(directory, PASSING)
  return {
    env,
    async pass(milliseconds) {
      world.clock.aheadMs += milliseconds
      writeFileSync(`${file}.new`, String(milliseconds))
      renameSync(`${file}.new`, file)
      await until(() => !existsSync(file), 'the background process lets time pass')
    }
  }
}

/** Waits until the background process has logged this so many times, however long the machine takes. */
export async function untilLogged(job: ProxyJob, words: string, times = 1): Promise<void> {
  const { logFile } = job
  await until(() => readFileSync(logFile() ?? '', 'utf8').split(words).length > times, `the log says "${words}"`)
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 6_000, `It never came about that ${what}.`)
    await wait(10)
  }
}
