import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { parse } from 'yaml'
import { README_INPUTS } from '../../scripts/demo-scenarios.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import { readProxyInputs } from '../../src/proxy/inputs.ts'
import { withInputs } from './given-inputs.ts'
import { blocksOf, readPages, readText } from './markdown.ts'

interface Step {
  readonly id?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly 'runs-on'?: unknown
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
}

interface Workflow extends Pick<Job, 'permissions'> {
  readonly on?: unknown
  readonly jobs?: Readonly<Record<string, Job>>
}

type Action = Record<'inputs' | 'outputs', Readonly<Record<string, unknown>>>
const root = { action: parse(await readText('action.yml')) as Action, read: () => readInputs(process.env) }
const proxy = { action: parse(await readText('proxy/action.yml')) as Action, read: () => readProxyInputs(process.env) }
const pages = await readPages('*.md', 'docs/**/*.md')
const examples = pages.flatMap(({ path, text }) =>
  blocksOf(text, 'ya?ml').map((source, index) => ({ name: `example ${index + 1} of ${path}`, source }))
)

const isOurs = ({ uses = '' }: Step): boolean => uses.includes('google-id-token')
const actionOf = ({ uses = '' }: Step): typeof root | typeof proxy => (uses.includes('/proxy@') ? proxy : root)

/** What GitHub would put into an example, as far as the action's inputs can tell the difference. */
function fill(value: unknown): string {
  return String(value)
    .replaceAll(/\$\{\{[^}]*url[^}]*\}\}/g, 'https://hello-123456789012.europe-west1.run.app')
    .replaceAll(
      /\$\{\{[^}]*PROVIDER[^}]*\}\}/g,
      'projects/123456789012/locations/global/workloadIdentityPools/github/providers/github-actions'
    )
    .replaceAll(/\$\{\{[^}]*\}\}/g, 'x')
}

/** The jobs of a workflow, or the steps of a fragment as one job. */
function jobsIn(example: Workflow | readonly Step[] | Step): Job[] {
  if (Array.isArray(example)) return [{ steps: example as readonly Step[] }]
  return 'jobs' in example ? Object.values(example.jobs ?? {}) : []
}

for (const { name, source } of examples) {
  test(`${name} parses, and uses what action.yml offers`, async () => {
    const example = parse(source, { strict: true }) as Workflow | readonly Step[]
    const jobs = jobsIn(example)
    const ours = jobs.flatMap(({ steps = [] }) => steps).filter(isOurs)

    if ('jobs' in example) {
      assert.ok(example.on !== undefined, 'a workflow without "on"')
      for (const { permissions = example.permissions, steps = [], ...job } of jobs) {
        assert.ok(job['runs-on'] !== undefined && steps.length > 0, 'a job without "runs-on" or "steps"')
        const federated = steps.some((step) => step.with?.['workload_identity_provider'] !== undefined)
        assert.ok(!federated || permissions?.['id-token'] === 'write', 'federation without "id-token: write"')
      }
    }

    for (const step of ours) {
      const { with: inputs = {} } = step
      const { action, read } = actionOf(step)
      for (const input of Object.keys(inputs)) assert.ok(input in action.inputs, `no such input: ${input}`)
      const filled = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, fill(value)]))
      await assert.doesNotReject(withInputs(filled, read))
    }

    // Fragments show what follows a step with the id "token", or "app" where it is the proxy.
    const named = ours.map((step) => [step.id ?? '', actionOf(step).action] as const)
    const actions = new Map([['token', root.action] as const, ['app', proxy.action] as const, ...named])
    for (const [, id = '', output = ''] of source.matchAll(/\bsteps\.(\w+)\.outputs\.(\w+)/g)) {
      const outputs = actions.get(id)?.outputs
      assert.ok(outputs === undefined || output in outputs, `no such output: ${output}`)
    }
  })
}

test("the demo shows the README's first workflow to the letter", async () => {
  const [source = ''] = blocksOf(await readText('README.md'), 'yaml')
  const { jobs = {} } = parse(source) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? [])
  assert.deepEqual(
    steps.map((step) => step.with),
    [README_INPUTS]
  )
})

test('there are examples to check', () => {
  assert.ok(examples.filter(({ source }) => source.includes('google-id-token@')).length >= 10)
})
