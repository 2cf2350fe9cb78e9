import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { findIdentity } from '../identity/identity.ts'
import { isJobOver } from '../identity/failures/github.ts'
import { createMasks } from '../guard/secret.ts'
import { safeText } from '../guard/safe-text.ts'
import { createMint } from '../token/mint.ts'
import { createWorld } from '../world/world.ts'
import { addressOf } from './addresses.ts'
import { beginLifetime } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import { createPeerCheck } from './peer.ts'
import { openQuitPort } from './quit-port.ts'
import { serve } from './serve.ts'
import type { Serving } from './serve.ts'
import { listen, PortError } from './server.ts'
import { createHttp1Service } from './service-http1.ts'
import { createHttp2Service } from './service-http2.ts'
import type { Settings, Started } from './settings.ts'
import { createStatistics } from './statistics.ts'
import type { Statistics } from './statistics.ts'
import { createTokenKeeper } from './token-keeper.ts'
import type { TokenKeeper } from './token-keeper.ts'

/** A renewal that takes longer than this would hardly come to anything. */
const LONGEST_RENEWAL_MS = 60_000

/** The log must not fill the disk of a suite that makes requests for hours. */
const LONGEST_LOG_BYTES = 10 * 1024 * 1024

/** The background process: serves until it is asked to end, until the job is over, or until it has not been used for long. */
export async function runInBackground(): Promise<void> {
  const log = createLog()
  const lifetime = beginLifetime(log)
  const { end, onEnd } = lifetime
  const settings = await receiveSettings()
  const { inputs, key } = settings
  const url = new URL(inputs.url)
  const statistics = createStatistics(log, () => performance.now())
  const keeper = await keepToken(settings, { log, lifetime, statistics })

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
    lifetime.endWhenUnused(statistics.idleMs)
    log(`Listening on port ${listening.port} for ${url.host}`)
    const { timeOrigin } = performance
    // The step answers once it has written this down.
    process.once('message', lifetime.leaveTheStep)
    tell({ kind: 'listening', port: listening.port, quitPort: quit.port, startedAt: timeOrigin }, () => undefined)
  } catch (error) {
    if (!(error instanceof PortError)) throw error
    tell({ kind: 'no port', code: error.code }, end)
  }
}

/** Keeps the token of the step fresh, by an identity that is found here anew. */
async function keepToken(
  { inputs, env, token }: Settings,
  {
    log,
    lifetime,
    statistics
  }: { readonly log: (line: string) => void; readonly lifetime: Lifetime; readonly statistics: Statistics }
): Promise<TokenKeeper> {
  // The runner reads masks from steps that run; what is minted here is never printed.
  const masks = createMasks(() => undefined)
  const world = createWorld(env, { info: () => undefined }, masks)
  lifetime.onEnd(world.close)
  let deadline = 0
  const step = {
    ...world.startStep({ timeoutMs: inputs.timeoutMs, deadlineMs: Number.POSITIVE_INFINITY }),
    timeLeft: () => (lifetime.isOver() ? 0 : Math.max(0, Math.floor(deadline - performance.now())))
  }
  const mint = createMint(step, inputs, await findIdentity(step, inputs))
  const keeper = createTokenKeeper({
    first: { ...token, jwt: masks.keep(token.jwt) },
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
        lifetime.end()
      }
    }
  })
  lifetime.onEnd(keeper.close)
  return keeper
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
