import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { inputVariables, readAction } from './action.ts'
import type { Command } from './commands.ts'
import { parseVariables } from './file-commands.ts'
import { jobVariables } from './job-variables.ts'
import { createStepLog } from './log.ts'
import type { Annotation, OutputLine } from './log.ts'
import { runProcess } from './process.ts'
import { createWorkspace } from './workspace.ts'
import type { Files } from './workspace.ts'

export interface RunOptions {
  /** By their names in action.yml. */
  readonly inputs?: Readonly<Record<string, string>>
  readonly allowUndeclared?: boolean
  /** On top of the variables of a push to `octo-org/octo-repo`; nothing else is inherited but what programs need to start. */
  readonly env?: Readonly<Record<string, string>>
  /** Debug logging is on: RUNNER_DEBUG is set. */
  readonly debug?: boolean
  /** Written into the workspace first; the action's working directory is the workspace. */
  readonly files?: Files
  /** Written into the home directory first. */
  readonly homeFiles?: Files
  /** The event that set off the workflow. */
  readonly event?: object
  /** After this long the action is killed and the run fails. */
  readonly timeoutMs?: number
  /** Whether `maxRssBytes` is asked for. */
  readonly measuresMemory?: boolean
  /** What runs instead of the file that action.yml names. */
  readonly bundle?: string
  /** Another action.yml than this repository's. */
  readonly action?: string
}

export interface ActionRun {
  /** Values of inputs and variables, and contents of files, that the run was given. */
  readonly given: readonly string[]
  readonly exitCode: number | null
  /** What a person sees: commands acted on, masks applied from where they were registered. */
  readonly log: string
  /** What a person sees with debug logging on: the same, and debug messages. */
  readonly debugLog: string
  readonly rawStdout: string
  readonly rawStderr: string
  /** Both streams, line by line, as they came. */
  readonly lines: readonly OutputLine[]
  readonly commands: readonly Command[]
  readonly annotations: readonly Annotation[]
  /** Whole values and their lines. */
  readonly masks: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  /** For later steps, from GITHUB_ENV. */
  readonly environment: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly paths: readonly string[]
  readonly summary: string
  /** Files in workspace, home and temporary directories that were not there before, or have changed. */
  readonly filesLeft: readonly string[]
  readonly contentsLeft: Files
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly durationMs: number
  readonly maxRssBytes: number | undefined
}

/** Read once for all runs of a process. */
const OWN_ACTION = readAction(path.resolve(fileURLToPath(import.meta.url), '../../../action.yml'))

/**
 * Runs an action as GitHub's runner does, in directories of its own that are gone afterwards.
 *
 * @throws {Error} where it does not end in time, or writes what the runner would not accept
 */
export async function runAction(options: RunOptions = {}): Promise<ActionRun> {
  const {
    inputs = {},
    env = {},
    debug = false,
    timeoutMs = 60_000,
    measuresMemory = false,
    event = { ref: 'refs/heads/main' }
  } = options
  const action = await (options.action === undefined ? OWN_ACTION : readAction(options.action))
  const workspace = await createWorkspace({
    ...within('workspace', options.files),
    ...within('home', options.homeFiles),
    'temp/event.json': JSON.stringify(event)
  })
  try {
    const before = await workspace.read()
    const log = createStepLog()
    const end = await runProcess({
      file: options.bundle ?? action.main,
      cwd: workspace.directory('workspace'),
      env: {
        ...jobVariables(workspace, debug),
        ...inputVariables(action, inputs, options.allowUndeclared ?? false),
        ...env
      },
      timeoutMs,
      measuresMemory,
      onLine: log.receive
    })
    if (end.timedOut) throw new Error(`The action did not end within ${timeoutMs} ms:\n${log.text()}`)

    const after = Object.entries(await workspace.read())
    const contentsLeft = Object.fromEntries(after.filter(([name, content]) => before[name] !== content))
    const read = workspace.readCommandFile
    return {
      given: [inputs, env, options.files ?? {}, options.homeFiles ?? {}].flatMap((values) => Object.values(values)),
      exitCode: end.exitCode,
      rawStdout: end.rawStdout,
      rawStderr: end.rawStderr,
      log: log.text(),
      debugLog: log.debugText(),
      lines: log.lines,
      commands: log.commands,
      annotations: log.annotations,
      masks: log.masks,
      outputs: parseVariables(await read('OUTPUT')),
      environment: parseVariables(await read('ENV')),
      state: parseVariables(await read('STATE')),
      paths: (await read('PATH')).split(/\r?\n/).filter((line) => line !== ''),
      summary: await read('STEP_SUMMARY'),
      filesLeft: Object.keys(contentsLeft),
      contentsLeft,
      startedAt: end.startedAt,
      durationMs: end.durationMs,
      maxRssBytes: end.maxRssBytes
    }
  } finally {
    await workspace.remove()
  }
}

/**
 * Whether the runner knew to hide a value before any line showed it. Files such as GITHUB_OUTPUT are read after the step, so
 * that a mask always precedes them; what counts there is that there is one.
 */
export function isMaskedBeforeUse(run: ActionRun, value: string): boolean {
  const mask = run.lines.findIndex(({ text }) => text.startsWith('::add-mask::') && text.includes(value))
  const use = run.lines.findIndex(({ text }) => !text.startsWith('::add-mask::') && text.includes(value))
  return mask !== -1 && (use === -1 || mask < use)
}

function within(directory: string, files: Files = {}): Files {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${directory}/${name}`, content]))
}
