import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { parseVariables } from '../__tests__/runner/file-commands.ts'
import { createStepLog } from '../__tests__/runner/log.ts'
import { runProcess } from '../__tests__/runner/process.ts'

/** What came of one file of an action. */
export interface StepEnd {
  readonly exitCode: number | null
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  /** Hides what the step has masked. */
  readonly hide: (text: string) => string
}

/**
 * Runs one file of an action on this machine, with this machine's environment, and prints its log as the runner would show it.
 *
 * @param directory for the files by which the step tells outputs, variables and state
 */
export async function runStep(
  file: string,
  directory: string,
  variables: Readonly<Record<string, string>>
): Promise<StepEnd> {
  const names = ['OUTPUT', 'ENV', 'STATE']
  const fileOf = (name: string): string => path.join(directory, name)
  for (const name of names) await writeFile(fileOf(name), '')
  const log = createStepLog()
  const debug = process.env['RUNNER_DEBUG'] === '1'
  let printed = 0
  const { exitCode } = await runProcess({
    file,
    cwd: process.cwd(),
    env: {
      ...(process.env as Record<string, string>),
      ...variables,
      ...Object.fromEntries(names.map((name) => [`GITHUB_${name}`, fileOf(name)]))
    },
    timeoutMs: 24 * 60 * 60 * 1000,
    onLine(line) {
      log.receive(line)
      const text = debug ? log.debugText() : log.text()
      process.stdout.write(text.slice(printed).replaceAll('::add-mask::***\n', ''))
      printed = text.length
    }
  })
  const read = async (name: string): Promise<Record<string, string>> =>
    parseVariables(await readFile(fileOf(name), 'utf8'))
  return { exitCode, outputs: await read('OUTPUT'), state: await read('STATE'), hide: log.hide }
}
