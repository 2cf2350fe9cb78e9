import process from 'node:process'
import { Failure } from './failure/failure.ts'
import { internalFailure, unfinished } from './report/internal.ts'
import { createReport } from './report/report.ts'
import { run } from './run.ts'
import { createWorld } from './world/world.ts'

// Only a run that comes to its end is a success: a promise that never settles would otherwise end the process with 0.
process.exitCode = 1

// With this variable google-auth-library prints whole answers, credentials included.
delete process.env['GOOGLE_SDK_NODE_LOGGING']

const report = createReport(process.env)
const world = createWorld(process.env, report)
let finished = false
let broken = false

/** Reports the verdict, whatever it was that ended the run. */
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
  await report.finish(error instanceof Failure ? error : internalFailure(error, process.env))
}

process.once('beforeExit', () => {
  finish(unfinished(process.env)).catch(failLoudly)
})
// Of every such error: after the first, Node would print what an error says, which may be anything.
process.on('uncaughtException', (error) => {
  broken = true
  process.exitCode = 1
  finish(error).catch(failLoudly)
})

/** The report itself could not be written: the files of the runner are out of reach. */
function failLoudly(): void {
  process.exitCode = 1
  report.unwritable()
}

const reason = await run(world, report).then(
  () => undefined,
  (error: unknown) => error ?? new Error('no reason')
)
await finish(reason).catch(failLoudly)
