import { statSync } from 'node:fs'
import { Failure } from '../failure/failure.ts'
import { codeOf } from '../guard/safe-text.ts'
import type { Step } from '../world/step.ts'
import { unwritable } from './internal.ts'

/** The files by which a step passes values on: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
export type CommandFile = 'GITHUB_OUTPUT' | 'GITHUB_ENV' | 'GITHUB_STATE' | 'GITHUB_STEP_SUMMARY'

/**
 * Writes into a file of the runner, if the runner names one: otherwise @actions/core would print the values, tokens included.
 * Only into a regular file: writing to a pipe waits for a reader.
 *
 * @throws {Failure} where it cannot be written
 */
export function writeCommandFile(env: Step['env'], variable: CommandFile, write: () => void): void {
  const file = env[variable] ?? ''
  if (file === '') return
  try {
    if (!statSync(file).isFile()) throw unwritable(variable, 'it is not a regular file')
    write()
  } catch (error) {
    if (error instanceof Failure) throw error
    const code = codeOf(error)
    throw unwritable(variable, code === 'ENOENT' ? 'it does not exist' : `an error of the system (${code})`)
  }
}
