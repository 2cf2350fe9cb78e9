// Measures how long the action takes, in turn with what it is held against, on the pretend Google of the tests:
//   npm run bench [-- --peer PATH_TO_A_CHECKOUT_OF_google-github-actions/auth] [--runs N] [--write]
// --write puts the table into docs/performance.md. It tests nothing and fails on nothing.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { startPretendGoogle } from '../__tests__/pretend-google/world.ts'
import type { PretendGoogle } from '../__tests__/pretend-google/world.ts'
import { runProcess } from '../__tests__/runner/process.ts'
import { runAction } from '../__tests__/runner/run-action.ts'

/** Simulated durations of one round trip, in milliseconds. */
const ROUND_TRIPS_MS = [0, 20, 60]
const ACCOUNT = 'smoke@octo-project.iam.gserviceaccount.com'
const HOST = 'hello-123456789012.europe-west1.run.app'
const SERVICE = `https://${HOST}`
const DOCUMENT = 'docs/performance.md'
const MARKS = ['<!-- benchmark: begin -->', '<!-- benchmark: end -->'] as const

const { values } = parseArgs({
  options: { peer: { type: 'string' }, runs: { type: 'string', default: '15' }, write: { type: 'boolean' } }
})
const runs = Number(values.runs)

/** One thing that is timed. @returns milliseconds from start to exit */
type Contender = (stage: Stage) => Promise<number>

interface Stage {
  readonly env: Readonly<Record<string, string>>
  readonly provider: string
}

const NOTHING = ['bare Node', 'the bundle, loaded'] as const
const CONTENDERS: Readonly<Record<string, Contender>> = {
  'bare Node': async ({ env }) => await time('benchmark/nothing.mjs', env),
  'the bundle, loaded': async ({ env }) => await time('dist/index.js', { PATH: env['PATH'] ?? '' }, 1),
  'floor, token': async (stage) => await timeFloor(stage, 'false'),
  'this action, token': async (stage) => await timeAction(stage, { audience: SERVICE }),
  ...(values.peer === undefined ? {} : { 'google-github-actions/auth, token': timePeer(path.resolve(values.peer)) }),
  'floor, call': async (stage) => await timeFloor(stage, 'true'),
  'this action, call': async (stage) => await timeAction(stage, { url: `${SERVICE}/health` })
}

async function time(file: string, env: Readonly<Record<string, string>>, expectedExitCode = 0): Promise<number> {
  const end = await runProcess({
    file: path.resolve(file),
    cwd: process.cwd(),
    env,
    timeoutMs: 60_000,
    onLine: () => undefined
  })
  if (end.exitCode !== expectedExitCode) throw new Error(`${file} ended with ${String(end.exitCode)}: ${end.rawStderr}`)
  return end.durationMs
}

async function timeFloor({ env, provider }: Stage, call: 'true' | 'false'): Promise<number> {
  return await time('benchmark/floor.mjs', { ...env, PROVIDER: provider, ACCOUNT, SERVICE, CALL: call })
}

async function timeAction({ env, provider }: Stage, inputs: Readonly<Record<string, string>>): Promise<number> {
  const run = await runAction({
    inputs: { workload_identity_provider: provider, service_account: ACCOUNT, ...inputs },
    env
  })
  if (run.exitCode !== 0) throw new Error(run.log)
  return run.durationMs
}

function timePeer(checkout: string): Contender {
  return async ({ env, provider }) => {
    const run = await runAction({
      action: path.join(checkout, 'action.yml'),
      inputs: {
        workload_identity_provider: provider,
        service_account: ACCOUNT,
        token_format: 'id_token',
        id_token_audience: SERVICE,
        create_credentials_file: 'false',
        export_environment_variables: 'false'
      },
      env
    })
    if (run.exitCode !== 0) throw new Error(run.log)
    return run.durationMs
  }
}

async function prepare(world: PretendGoogle): Promise<Stage> {
  const provider = world.addPool()
  world.addServiceAccount({ email: ACCOUNT })
  const pool = provider.replace(/\/providers\/.*$/, '')
  world.grant(
    `principalSet://iam.googleapis.com/${pool}/attribute.repository/octo-org/octo-repo`,
    'roles/iam.workloadIdentityUser',
    ACCOUNT
  )
  world.addService({ host: HOST, invokers: [`serviceAccount:${ACCOUNT}`] })
  return { env: { ...world.env(), ...(await world.githubOidcEnv()) }, provider }
}

/** Every contender in turn, again and again, so that whatever else the machine does meets all of them. */
async function measure(roundTripMs: number): Promise<Map<string, number>> {
  await using world = await startPretendGoogle({ roundTripMs })
  const stage = await prepare(world)
  const times = new Map<string, number[]>(Object.keys(CONTENDERS).map((name) => [name, []]))
  for (let run = 0; run <= runs; run += 1) {
    for (const [name, contend] of Object.entries(CONTENDERS)) {
      const duration = await contend(stage)
      // The first round fills the caches of the system.
      if (run > 0) times.get(name)?.push(duration)
    }
  }
  return new Map([...times].map(([name, durations]) => [name, median(durations)]))
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** Round trips on the critical path: the slope of the wall time over the duration of one (least squares). */
function slope(durations: readonly number[]): number {
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const meanX = mean(ROUND_TRIPS_MS)
  const meanY = mean(durations)
  const covariance = ROUND_TRIPS_MS.reduce((sum, x, index) => sum + (x - meanX) * ((durations[index] ?? 0) - meanY), 0)
  return covariance / ROUND_TRIPS_MS.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
}

function renderTable(measured: readonly Map<string, number>[]): string {
  const durationsOf = (name: string): number[] => measured.map((medians) => medians.get(name) ?? Number.NaN)
  const rows = Object.keys(CONTENDERS).map((name) => {
    const durations = durationsOf(name)
    const isStart = NOTHING.some((start) => start === name)
    const floor = durationsOf(name.endsWith('call') ? 'floor, call' : 'floor, token')
    const ratio = isStart ? '' : ((durations[1] ?? 0) / (floor[1] ?? 1)).toFixed(2)
    const bare = durationsOf('bare Node')
    const above = ((durations[0] ?? 0) - (bare[0] ?? 0)).toFixed(0)
    return [
      name,
      ...durations.map((duration) => duration.toFixed(0)),
      above,
      ratio,
      isStart ? '' : slope(durations).toFixed(2)
    ]
  })
  const header = [
    '',
    ...ROUND_TRIPS_MS.map((ms) => `${ms} ms`),
    'above bare Node',
    'times the floor at 20 ms',
    'round trips'
  ]
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const measured: Map<string, number>[] = []
for (const roundTripMs of ROUND_TRIPS_MS) measured.push(await measure(roundTripMs))
const table = `Medians of ${runs} runs, in milliseconds, by simulated duration of one round trip; Node ${process.versions.node}, ${process.platform}-${process.arch}.\n\n${renderTable(measured)}`
console.log(table)
if (values.write === true) {
  const document = await readFile(DOCUMENT, 'utf8')
  const [before = '', rest = ''] = document.split(MARKS[0])
  const after = rest.split(MARKS[1])[1] ?? ''
  await writeFile(DOCUMENT, `${before}${MARKS[0]}\n\n${table}\n\n${MARKS[1]}${after}`)
}
