import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inputVariables, readAction } from './action.ts'
import { parseVariables } from './file-commands.ts'
import { jobVariables } from './job-variables.ts'
import { createStepLog } from './log.ts'
import type { Annotation } from './log.ts'
import { runProcess } from './process.ts'
import { createWorkspace } from './workspace.ts'
import type { Files } from './workspace.ts'

const REPOSITORY = path.resolve(fileURLToPath(import.meta.url), '../../..')

export interface ProxyOptions {
  /** By their names in proxy/action.yml. */
  readonly inputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly debug?: boolean
}

/** What a person, and later steps, see of the step or of its post step. */
export interface StepRun {
  readonly exitCode: number | null
  readonly log: string
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
  /** As they came, without the commands that register masks. */
  readonly lines: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
  readonly durationMs: number
}

/** A job of which the proxy is a step. */
export interface ProxyJob extends AsyncDisposable {
  /** The step itself. */
  readonly main: StepRun
  /** Runs the post step. */
  readonly post: () => Promise<StepRun>
  /** The id of the background process; undefined where none was started, or it is gone. */
  readonly processId: () => number | undefined
  /** The ids of all processes of the job, where the system tells: what the runner would end when the job is over. */
  readonly leftBehind: () => readonly number[]
  /** Settles once the background process is gone. */
  readonly ended: () => Promise<void>
  /** The file to which the background process writes, by its path; undefined where there is none. */
  readonly logFile: () => string | undefined
  /** Every file in the directories of the job. */
  readonly files: () => Promise<Files>
  /** Everything that any process on the machine has in its arguments and variables, where the system shows it. */
  readonly processes: () => string
}

/** By which the runner finds what a job has left behind, and so does this double. */
const TRACKING = 'RUNNER_TRACKING_ID'

/** Runs the step of proxy/action.yml as GitHub's runner does, in directories that last until the job is disposed of. */
export async function runProxy({ inputs = {}, env = {}, debug = false }: ProxyOptions): Promise<ProxyJob> {
  const action = await readAction(path.join(REPOSITORY, 'proxy/action.yml'))
  const workspace = await createWorkspace({ 'temp/event.json': '{}' })
  const trackingId = `github_${crypto.randomUUID()}`

  async function runStep(file: string, state: Readonly<Record<string, string>>): Promise<StepRun> {
    const log = createStepLog()
    const variables = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])
    const before = Object.fromEntries(
      await Promise.all(
        ['OUTPUT', 'ENV', 'STATE', 'STEP_SUMMARY'].map(
          async (name) => [name, (await workspace.readCommandFile(name)).length] as const
        )
      )
    )
    const end = await runProcess({
      file,
      cwd: workspace.directory('workspace'),
      env: {
        ...jobVariables(workspace, debug),
        ...inputVariables(action, inputs, false),
        ...(Object.fromEntries(variables) as Record<string, string>),
        [TRACKING]: trackingId,
        ...env
      },
      timeoutMs: 60_000,
      onLine: log.receive
    })
    if (end.timedOut) throw new Error(`The step did not end:\n${log.text()}`)
    const read = async (name: string): Promise<string> => (await workspace.readCommandFile(name)).slice(before[name])
    return {
      exitCode: end.exitCode,
      log: log.text(),
      annotations: log.annotations,
      masks: log.masks,
      lines: log.lines.map(({ text }) => text).filter((text) => !text.startsWith('::add-mask::')),
      outputs: parseVariables(await read('OUTPUT')),
      environment: parseVariables(await read('ENV')),
      state: parseVariables(await read('STATE')),
      summary: await read('STEP_SUMMARY'),
      durationMs: end.durationMs
    }
  }

  const main = await runStep(action.main, {})
  const state = { ...main.state }
  const running = JSON.parse(main.state['proxy'] ?? 'null') as { id: number } | null

  function processId(): number | undefined {
    return running !== null && isAlive(running.id) ? running.id : undefined
  }

  function leftBehind(): readonly number[] {
    const tracked = `${TRACKING}=${trackingId}`
    return listProcesses().filter((id) => readOrNothing(`/proc/${id}/environ`).includes(tracked))
  }

  return {
    main,
    leftBehind,
    async post() {
      const run = await runStep(action.post ?? '', state)
      // What a post step saves is the state of the step, too.
      Object.assign(state, run.state)
      return run
    },
    processId,
    async ended() {
      while (processId() !== undefined) await wait(10)
    },
    logFile() {
      const name = readdirSync(workspace.directory('temp')).find((file) => file.endsWith('.log'))
      return name === undefined ? undefined : path.join(workspace.directory('temp'), name)
    },
    files: workspace.read,
    processes: readProcesses,
    async [Symbol.asyncDispose]() {
      const id = processId()
      for (const each of new Set([...leftBehind(), ...(id === undefined ? [] : [id])])) process.kill(each, 'SIGKILL')
      await workspace.remove()
    }
  }
}

/** A process that has ended stays in the list of Linux until its parent, or who took its place, has seen that. */
function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return process.platform !== 'linux' || !readFileSync(`/proc/${id}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

function listProcesses(): number[] {
  if (process.platform !== 'linux') return []
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return ids.map(Number).filter((id) => id !== process.pid)
}

function readProcesses(): string {
  return listProcesses()
    .flatMap((id) => [readOrNothing(`/proc/${id}/cmdline`), readOrNothing(`/proc/${id}/environ`)])
    .join('\n')
}

/** Of processes that have ended, or belong to others. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
