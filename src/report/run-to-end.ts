import { Failure } from '../failure/failure.ts'
import type { World } from '../world/world.ts'
import { internalFailure, unfinished } from './internal.ts'
import type { Report } from './report.ts'

/**
 * Runs a step to its end, whatever it is that ends it, and reports the verdict.
 *
 * @param story throws {Failure} once something is not as it has to be
 */
export async function runToEnd(
  process: Pick<NodeJS.Process, 'exitCode' | 'once' | 'on'>,
  env: NodeJS.ProcessEnv,
  report: Pick<Report, 'finish' | 'onDefect' | 'unwritable'>,
  world: Pick<World, 'close'>,
  story: () => Promise<void>
): Promise<void> {
  // Only a run that comes to its end is a success: a promise that never settles would otherwise end the process with 0.
  process.exitCode = 1

  // With this variable google-auth-library prints whole answers, credentials included.
  delete env['GOOGLE_SDK_NODE_LOGGING']

  let finished = false
  let broken = false

  async function finish(error?: unknown): Promise<void> {
    if (finished) return
    finished = true
    world.close()
    if (error === undefined) {
      await report.finish()
      // Nothing may have broken while the verdict was written.
      if (!broken) process.exitCode = 0
      return
    }
    if (!(error instanceof Failure)) report.onDefect(error)
    await report.finish(error instanceof Failure ? error : internalFailure(error, env))
  }

  /** The report itself could not be written: the files of the runner are out of reach. */
  function failLoudly(): void {
    process.exitCode = 1
    report.unwritable()
  }

  process.once('beforeExit', () => {
    finish(unfinished(env)).catch(failLoudly)
  })
  // Of every such error: after the first, Node would print what an error says, which may be anything.
  process.on('uncaughtException', (error) => {
    broken = true
    process.exitCode = 1
    finish(error).catch(failLoudly)
  })

  const reason = await story().then(
    () => undefined,
    (error: unknown) => error ?? new Error('no reason')
  )
  await finish(reason).catch(failLoudly)
}
