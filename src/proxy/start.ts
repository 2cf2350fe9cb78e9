import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { explainByLookUp, leaveTimeForLookUp } from '../call/look-up.ts'
import { callService } from '../call/service.ts'
import { codeOf } from '../guard/safe-text.ts'
import { findIdentity } from '../identity/identity.ts'
import { planConnections } from '../run.ts'
import { findClockWarning, findTokenWarnings, findWarnings } from '../report/warnings.ts'
import { createMint } from '../token/mint.ts'
import type { IdToken } from '../token/id-token.ts'
import type { Step } from '../world/step.ts'
import type { World } from '../world/world.ts'
import { notStarted, portTaken } from './failures.ts'
import { readProxyInputs } from './inputs.ts'
import type { ProxyInputs } from './inputs.ts'
import { readLogEnd } from './log-file.ts'
import { createKey } from './quit-port.ts'
import type { ProxyReport } from './report.ts'
import type { BackgroundInputs, Settings, Started } from './settings.ts'
import { findProxyWarnings } from './warnings.ts'

/** How long the process may take until it listens. */
const START_MS = 30_000

/**
 * Of V8's space for new objects, in MiB: what holds a stream's buffers is small and young, so that by default many of them wait to be
 * collected. Measured with 20 requests at a time, 50 MB up and down, ten downloads at once and then 200 streams: 117 to 126 MiB at most
 * with 2 MiB and one arena, 128 with 4 MiB and one, 153 to 167 with 4 MiB and as many arenas as the C library likes. Times and CPU per
 * request do not differ.
 */
const SMALL_HEAP = '--max-semi-space-size=2'

/** Buffers that one thread asks for and another one gives back leave holes in each arena of glibc: mallopt(3). */
const ONE_ARENA = { MALLOC_ARENA_MAX: '1' }

/**
 * The step: everything that can be wrong with inputs and identity is found here, and the first token is made, before the
 * background process starts.
 *
 * @throws {Failure} once something is not as it has to be
 */
export async function start(world: World, report: ProxyReport): Promise<void> {
  const inputs = await readProxyInputs(world.env)
  report.onInputs(inputs)
  const step = world.startStep(inputs)
  const identity = await findIdentity(step, inputs)
  report.onIdentity(identity)
  for (const url of planConnections(identity, inputs)) step.prepare(url)
  const call = inputs.call ?? { url: inputs.url }
  const warnings = findWarnings({ inputs: { ...inputs, call }, identity, env: world.env })
  for (const line of [...warnings, ...findProxyWarnings(world.env)]) report.warn(line)

  const mint = createMint(step, inputs, identity)
  const [audience] = inputs.audiences
  let token = await mint.token(audience).finally(() => {
    for (const line of findClockWarning(step)) report.warn(line)
  })
  report.onTokens(new Map([[audience, token]]), step.googleNow())
  for (const line of findTokenWarnings(identity, token)) report.warn(line)
  if (inputs.call !== undefined) {
    const { universe } = inputs
    const calling = leaveTimeForLookUp(step, inputs.call, inputs.deadlineMs)
    const result = await callService(calling, inputs.call, token, () => mint.token(audience), report.onAttempt)
    report.onCall(result)
    if (result.failure !== undefined) {
      const lookedUp = { call: inputs.call, universe, audience: token.audience, becomeCaller: mint.caller }
      throw await explainByLookUp(step, result.failure, lookedUp)
    }
    token = result.token
  }
  await startProcess(step, report, inputs, token)
}

async function startProcess(step: Step, report: ProxyReport, inputs: ProxyInputs, token: IdToken): Promise<void> {
  const logFile = path.join(step.env['RUNNER_TEMP'] ?? tmpdir(), `google-id-token-proxy-${randomUUID()}.log`)
  const key = createKey()
  let child: ChildProcess | undefined
  try {
    child = spawnProcess(logFile, withoutSecrets(step))
    const settings: Settings = {
      env: step.env,
      inputs: { ...pickInputs(inputs), url: inputs.url.href },
      token: { ...token, jwt: token.jwt.reveal() },
      key
    }
    const started = await hearFrom(child, settings)
    if (started.kind === 'no port') throw portTaken(inputs.port, started.code)
    if (started.kind === 'ended') throw notStarted(started.how, await readLogEnd(logFile))
    const { port, quitPort, startedAt } = started
    report.onReady(inputs, {
      id: child.pid ?? 0,
      startedAt,
      quitPort,
      key,
      logFile,
      url: `http://127.0.0.1:${port}`,
      service: inputs.url.href,
      failOnRefusal: inputs.failOnRefusal,
      summary: inputs.summary
    })
    await letGo(child)
  } catch (error) {
    // Left alone, the process ends.
    if (child?.connected === true) child.disconnect()
    await rm(logFile, { force: true })
    throw error
  }
}

/**
 * The runner ends a step only once its output is closed, so that the process has a file of its own for that. It keeps
 * RUNNER_TRACKING_ID, by which the runner finds in the end what a job has left behind.
 */
function spawnProcess(logFile: string, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(logFile, 'wx', 0o600)
  try {
    return spawn(process.execPath, [SMALL_HEAP, process.argv[1] ?? '', 'background'], {
      env: { ...ONE_ARENA, ...env },
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log, log, 'ipc']
    })
  } finally {
    closeSync(log)
  }
}

/** Variables of a process can be read from outside of it for as long as it lives; what is secret in them goes by the channel. */
export function withoutSecrets({ env, masks }: Pick<Step, 'env' | 'masks'>): NodeJS.ProcessEnv {
  const secrets = masks.known().map((secret) => secret.reveal())
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value = '']) => !/^(INPUT|STATE)_/.test(name) && !secrets.some((secret) => value.includes(secret))
    )
  )
}

/** Hands the settings over, and waits until the process listens. */
async function hearFrom(
  child: ChildProcess,
  settings: Settings
): Promise<Started | { readonly kind: 'ended'; readonly how: string }> {
  const late = new AbortController()
  const timer = setTimeout(() => {
    late.abort()
  }, START_MS)
  const { signal } = late
  try {
    child.send(settings, () => undefined)
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as Started),
      once(child, 'exit', { signal }).then(([code, killedBy]) => ({
        kind: 'ended' as const,
        how: `it ended with ${String(killedBy ?? `exit code ${String(code)}`)}`
      }))
    ])
  } catch (error) {
    child.kill('SIGKILL')
    return { kind: 'ended', how: signal.aborted ? `it did not listen within ${START_MS / 1_000} s` : codeOf(error) }
  } finally {
    clearTimeout(timer)
    late.abort()
    child.unref()
  }
}

/** From here on the process lives without this one, whose post step knows how to find it. */
async function letGo(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.send('known', resolve))
  if (child.connected) child.disconnect()
}

function pickInputs({
  token,
  audiences,
  workloadIdentityProvider,
  serviceAccount,
  delegates,
  credentialsJson,
  universe,
  timeoutMs,
  deadlineMs,
  tag,
  tokenPlace,
  port
}: ProxyInputs): Omit<BackgroundInputs, 'url'> {
  return {
    ...{ token, audiences, workloadIdentityProvider, serviceAccount, delegates, credentialsJson, universe },
    ...{ timeoutMs, deadlineMs, tag, tokenPlace, port }
  }
}
