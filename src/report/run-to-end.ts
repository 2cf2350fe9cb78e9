import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../failure/failure.ts'
import type { World } from '../world/world.ts'
import { internalFailure, overdue, unfinished } from './internal.ts'
import type { Report } from './report.ts'

/** For how long output may be on its way, and the system may take to answer, once the verdict is written. */
const END_MS = 500

/**
 * Runs a step to its end, whatever ends the step, reports the verdict and ends the process.
 *
 * @param run throws {Failure} once something is not as it has to be
 */
export async function runToEnd(
  process: NodeJS.Process,
  report: Pick<Report, 'finish' | 'onDefect' | 'unwritable'>,
  world: Pick<World, 'close'> & Partial<Pick<World, 'overdue'>>,
  run: () => Promise<void>
): Promise<void> {
  // Only a run that comes to its end is a success: a promise that never settles would otherwise end the process with 0.
  process.exitCode = 1

  const { env } = process
  // With this variable google-auth-library prints whole answers, credentials included.
  delete env['GOOGLE_SDK_NODE_LOGGING']

  let finished = false
  let broken = false

  async function finish(error?: unknown): Promise<void> {
    if (finished) return
    finished = true
    world.close()
    try {
      if (error !== undefined && !(error instanceof Failure)) report.onDefect(error)
      const failure = error === undefined || error instanceof Failure ? error : internalFailure(error, env)
      const written = await report.finish(failure)
      // Nothing may have broken while the verdict was written.
      if (failure === undefined && written && !broken) process.exitCode = 0
    } catch {
      report.unwritable()
    }
    await end(process)
  }

  process.once('beforeExit', () => {
    finish(unfinished(env)).catch(() => undefined)
  })
  // Of every such error: after the first, Node would print what an error says, which may be anything.
  process.on('uncaughtException', (error) => {
    broken = true
    process.exitCode = 1
    finish(error).catch(() => undefined)
  })

  const reason = await Promise.race([
    run().then(
      () => undefined,
      (error: unknown) => error ?? new Error('no reason')
    ),
    ...(world.overdue === undefined ? [] : [world.overdue.then(overdue)])
  ])
  await finish(reason)
}

/**
 * Ends the process once its output has left it, whatever is still open: sockets, pipes, programs. Node waits for a thread that
 * asks the system for a file or a name, even in `process.exit`, and a pipe without a writer is never opened: such a
 * process is killed, unless that would turn a success into a failure.
 */
async function end(process: NodeJS.Process): Promise<void> {
  await Promise.race([Promise.all([flush(process.stdout), flush(process.stderr)]), wait(END_MS)])
  const limit = performance.now() + END_MS
  // Only then is a request that was just answered no longer listed.
  await turn()
  while (isAskingTheSystem(process) && performance.now() < limit) await wait(10)
  if (isAskingTheSystem(process) && process.exitCode !== 0) process.kill(process.pid, 'SIGKILL')
  process.exit()
}

/** Resolves once everything that was written before has left the process: pipes are asynchronous on Windows. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write('', () => {
      resolve()
    })
  })
}

function isAskingTheSystem(process: NodeJS.Process): boolean {
  return process.getActiveResourcesInfo().some((kind) => /^(FSReq|GetAddrInfo|GetNameInfo)/.test(kind))
}
