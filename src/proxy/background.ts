import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { findIdentity } from '../identity/identity.ts'
import { isJobOver } from '../identity/failures/github.ts'
import { createMasks } from '../guard/secret.ts'
import { safeText } from '../guard/safe-text.ts'
import { createMint } from '../token/mint.ts'
import { createWorld } from '../world/world.ts'
import { addressOf } from './addresses.ts'
import { createPeerCheck } from './peer.ts'
import { openQuitPort } from './quit-port.ts'
import { serve } from './serve.ts'
import type { Serving } from './serve.ts'
import { listen, PortError } from './server.ts'
import { createHttp1Service } from './service-http1.ts'
import { createHttp2Service } from './service-http2.ts'
import type { Settings, Started } from './settings.ts'
import { createStatistics } from './statistics.ts'
import { createTokenKeeper } from './token-keeper.ts'

/** Longer than any job that still uses it; the last net for a process that is not ended otherwise. */
const LONGEST_IDLE_MS = 6 * 60 * 60_000
const IDLE_CHECK_MS = 60_000

/** A renewal that takes longer than this would hardly come to anything. */
const LONGEST_RENEWAL_MS = 60_000

/** The log must not fill the disk of a suite that makes requests for hours. */
const LONGEST_LOG_BYTES = 10 * 1024 * 1024

/** The background process: serves until it is asked to end, until the job is over, or until it has not been used for long. */
export async function runInBackground(): Promise<void> {
  const log = createLog()
  process.on('uncaughtException', (error) => {
    // The message stays out: it may hold anything.
    const [place = ''] = /^ {4}at .*$/m.exec(error.stack ?? '') ?? []
    log(`Ended by a defect: ${error.name} ${safeText(place)}`.trimEnd())
    process.exitCode = 1
    end()
  })
  const closing: (() => void)[] = []
  let ended = false

  function end(): void {
    if (ended) return
    ended = true
    leaveTheStep()
    for (const close of closing) close()
  }

  function onEnd(close: () => void): void {
    if (ended) close()
    else closing.push(close)
  }

  function leaveTheStep(): void {
    process.off('disconnect', end)
    if (process.connected) process.disconnect()
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => {
      log(`Ended by ${signal}`)
      end()
    })
  }
  // Until the step has written down where this process is, no post step could end it.
  process.once('disconnect', end)
  const settings = await receiveSettings()
  const { inputs, env, key } = settings
  const url = new URL(inputs.url)

  // The runner reads masks from steps that run; what is minted here is never printed.
  const masks = createMasks(() => undefined)
  const world = createWorld(env, { info: () => undefined }, masks)
  onEnd(world.close)
  let deadline = 0
  const step = {
    ...world.startStep({ timeoutMs: inputs.timeoutMs, deadlineMs: Number.POSITIVE_INFINITY }),
    timeLeft: () => (ended ? 0 : Math.max(0, Math.floor(deadline - performance.now())))
  }
  const statistics = createStatistics(log, () => performance.now())
  const mint = createMint(step, inputs, await findIdentity(step, inputs))
  const keeper = createTokenKeeper({
    first: { ...settings.token, jwt: masks.keep(settings.token.jwt) },
    async mint() {
      deadline = performance.now() + Math.min(inputs.deadlineMs, LONGEST_RENEWAL_MS)
      return await mint.token(inputs.audiences[0])
    },
    now: Date.now,
    onRenewal(failure) {
      if (failure === undefined) {
        statistics.renewed()
        log('The token was renewed')
        return
      }
      log(`The token was not renewed: ${failure.text.code}: ${safeText(failure.text.sentence)}`)
      if (isJobOver(failure)) {
        log('Ended because the job is over')
        end()
      }
    }
  })
  onEnd(keeper.close)

  const sides = [createHttp1Service(url, inputs.timeoutMs), createHttp2Service(url, inputs.timeoutMs)] as const
  for (const side of sides) onEnd(side.close)
  let serving: Serving | undefined
  const handle = (side: (typeof sides)[number]) => (client: Parameters<typeof serve>[1]) => {
    if (serving !== undefined) serve(serving, client, side).catch(statistics.defect)
  }
  try {
    const listening = await listen(inputs.port, {
      onHttp1: handle(sides[0]),
      onHttp2: handle(sides[1]),
      onTurnedAway: statistics.turnedAway,
      mayConnect: createPeerCheck(process.getuid?.())
    })
    onEnd(listening.close)
    const { tag, tokenPlace } = inputs
    serving = { service: addressOf(url), tag, tokenPlace, keeper, statistics, port: listening.port }
    const quit = await openQuitPort(key, () => statistics.totals(), end)
    onEnd(quit.close)
    const idle = setInterval(() => {
      if (statistics.idleMs() < LONGEST_IDLE_MS) return
      log('Ended because there was no request for six hours')
      end()
    }, IDLE_CHECK_MS)
    onEnd(() => {
      clearInterval(idle)
    })
    log(`Listening on port ${listening.port} for ${url.host}`)
    const { timeOrigin } = performance
    // The step answers once it has written this down.
    process.once('message', leaveTheStep)
    tell({ kind: 'listening', port: listening.port, quitPort: quit.port, startedAt: timeOrigin }, () => undefined)
  } catch (error) {
    if (!(error instanceof PortError)) throw error
    tell({ kind: 'no port', code: error.code }, end)
  }
}

async function receiveSettings(): Promise<Settings> {
  return await new Promise((resolve) => {
    process.once('message', (message) => {
      resolve(message as Settings)
    })
  })
}

/** Tells the step how it went. */
function tell(started: Started, then: () => void): void {
  process.send?.(started, undefined, {}, then)
}

/** Lines of the log, which is this process's output: each with the time, and no more than the disk can take. */
function createLog(): (line: string) => void {
  let bytes = 0
  return (line) => {
    if (bytes > LONGEST_LOG_BYTES) return
    const text = `${new Date().toISOString()} ${line}\n`
    bytes += text.length
    process.stdout.write(bytes > LONGEST_LOG_BYTES ? `${text}The log is full.\n` : text)
  }
}
