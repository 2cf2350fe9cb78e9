// Runs the committed bundle on a runner that is not ours, with act (https://nektosact.com), without GitHub, Google or Docker:
//   npm run act
// .github/act/workflow.yml states what later steps must see; masks, annotations and summaries are judged here.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** The version whose log this reads. */
const ACT = 'github.com/nektos/act@v0.2.89'
const FLAGS = [
  'workflow_dispatch',
  '--json',
  '--workflows=.github/act/workflow.yml',
  // On this machine, rather than in a container.
  '--platform=ubuntu-latest=-self-hosted',
  '--container-daemon-socket=-',
  '--no-cache-server',
  '--rm',
  `--env=PACKAGES=${path.resolve('node_modules')}`
]
/** Header and payload of a token in a compact serialization: https://www.rfc-editor.org/rfc/rfc7515#section-7.1 */
const TOKEN = /eyJ[\w-]+\.eyJ[\w-]+/

/** Of the call, of the refused call, and of the two proxies. */
const SUMMARIES = ['### ✅ 200 OK', '### ❌ INVOKER_MISSING: ', '### ✅ Proxy for ', '### ❌ INVOKER_MISSING for ']

/** A line of act's log. What a step told the runner stands in `arg` and `content` as it was, in `msg` without masked values. */
interface Line {
  readonly msg?: string
  readonly command?: string
  readonly name?: string
  readonly arg?: string
  readonly content?: string
  readonly jobID?: string
  readonly stage?: string
  readonly step?: string
  readonly stepResult?: string
  readonly jobResult?: string
}

const lines: Line[] = []
process.exitCode = await main()

async function main(): Promise<number> {
  if (spawnSync('act', ['--version']).error !== undefined) {
    console.error(`NOT RUN: there is no act on this machine. With Go: go install ${ACT}`)
    return 0
  }
  const child = spawn('act', FLAGS, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close') as Promise<[number | null]>
  let warnings = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (warnings += text))
  for await (const text of createInterface(child.stdout)) {
    const line = JSON.parse(text) as Line
    lines.push(line)
    if (line.command === undefined && line.msg !== undefined) console.log(line.msg.trimEnd())
  }
  await ended
  const missed = Object.entries(expectations()).flatMap(([what, met]) => (met ? [] : [what]))
  // act warns that there is no Docker even where it needs none.
  if (missed.length > 0) console.error(warnings)
  for (const what of missed) console.error(`MISSED: ${what}`)
  if (missed.length === 0) console.log('Everything is as expected: one job succeeded, and one failed in the post step.')
  return missed.length === 0 ? 0 : 1
}

function expectations(): Readonly<Record<string, boolean>> {
  const failures = lines.filter(({ stepResult }) => stepResult === 'failure')
  const jobs = lines.flatMap(({ jobID, jobResult }) => (jobResult === undefined ? [] : [`${jobID ?? ''} ${jobResult}`]))
  const told = (command: string, name?: string): string[] =>
    lines
      .filter((line) => line.command === command && line.name === name)
      .map(({ arg, content }) => arg ?? content ?? '')
  const masks = told('add-mask')
  const tokens = told('set-output', 'id_token')
  const summaries = told('summary')
  return {
    'the job "runner" succeeds, and the job "refused" fails': jobs.sort().join() === 'refused failure,runner success',
    'no step fails but the two that must':
      failures
        .map(({ jobID, stage, step }) => [jobID, stage, step].join(' '))
        .sort()
        .join('\n') ===
      'refused Post Start a proxy for a service that refuses the account\nrunner Main Another service refuses this account',
    'each step that makes a token for others hands it on':
      tokens.length === 2 && tokens.every((token) => TOKEN.test(token)),
    'a token is masked whole, and its signature by itself': tokens.every(
      (token) => masks.includes(token) && masks.includes(token.split('.')[2] ?? '')
    ),
    'the log shows no token': !lines.some(({ msg = '' }) => TOKEN.test(msg)),
    'each step writes a summary, with its verdict first':
      summaries.length === SUMMARIES.length &&
      SUMMARIES.every((start) => summaries.some((text) => text.startsWith(start))),
    'no summary shows a token': !summaries.some((summary) => TOKEN.test(summary)),
    'each failure is one annotation':
      told('error').length === 2 && told('error').every((text) => text.startsWith('INVOKER_MISSING: '))
  }
}
