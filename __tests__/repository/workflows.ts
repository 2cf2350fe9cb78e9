import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** What the tests look at; https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax */
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: unknown
  readonly concurrency?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

interface Job {
  readonly permissions?: unknown
  readonly needs?: string | readonly string[]
  readonly 'timeout-minutes'?: number
  readonly steps: readonly Step[]
}

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly run?: string
}

interface WorkflowFile {
  readonly name: string
  readonly text: string
  readonly workflow: Workflow
}

const DIRECTORY = '.github/workflows'

/** Tests are started at the top of the repository. */
export const WORKFLOWS: readonly WorkflowFile[] = readdirSync(DIRECTORY).map((name) => {
  const text = readFileSync(`${DIRECTORY}/${name}`, 'utf8')
  return { name, text, workflow: parse(text) as Workflow }
})

export const jobsOf = ({ workflow }: WorkflowFile): readonly [string, Job][] => Object.entries(workflow.jobs)

export const stepsOf = (file: WorkflowFile): readonly Step[] => jobsOf(file).flatMap(([, { steps }]) => steps)
