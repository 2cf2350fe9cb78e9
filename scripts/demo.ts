// Shows the action at work, without GitHub and without Google: `npm run demo`, and `npm run demo -- --help` for more.
// It starts the pretend Google of the tests, runs the committed bundle as GitHub's runner does, and prints what the runner
// would show.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { startPretendGoogle } from '../__tests__/pretend-google/world.ts'
import { createMasker } from '../__tests__/runner/masker.ts'
import { runAction } from '../__tests__/runner/run-action.ts'
import { showProxy } from './demo-proxy.ts'
import { SCENARIOS } from './demo-scenarios.ts'
import type { DemoScenario } from './demo-scenarios.ts'

const DEFAULT_SCENARIO = 'readme'
/** An action of its own, which is shown in another way. */
const PROXY = 'proxy'

const { values, name, complaint } = readArguments()
const scenario = SCENARIOS[name]

if (complaint !== undefined) console.error(`${complaint}\n`)
if (name === PROXY && complaint === undefined && values.help !== true) {
  await showProxy(heading)
} else if (scenario === undefined || complaint !== undefined || values.help === true) {
  printHelp()
  process.exitCode = complaint === undefined ? 0 : 1
} else {
  await show(scenario)
}

interface Arguments {
  readonly values: { readonly help?: boolean; readonly summary?: boolean; readonly debug?: boolean }
  readonly name: string
  readonly complaint?: string
}

function readArguments(): Arguments {
  const options = {
    help: { type: 'boolean', short: 'h' },
    summary: { type: 'boolean' },
    debug: { type: 'boolean' }
  } as const
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options })
    const [name = DEFAULT_SCENARIO, ...others] = positionals
    if (others.length > 0) return { values, name, complaint: 'One scenario at a time.' }
    return name in SCENARIOS || name === PROXY
      ? { values, name }
      : { values, name, complaint: `There is no scenario "${name}".` }
  } catch (error) {
    // Such as an option that there is not.
    return { values: {}, name: '', complaint: String(error instanceof Error ? error.message.split('. ', 1) : error) }
  }
}

function printHelp(): void {
  const width = Math.max(...Object.keys(SCENARIOS).map(({ length }) => length))
  console.log('Usage: npm run demo -- [SCENARIO] [--summary] [--debug]\n')
  console.log('  --summary  also print the job summary, in Markdown')
  console.log('  --debug    run with debug logging\n')
  console.log(`Scenarios (${DEFAULT_SCENARIO} where none is named):`)
  for (const [key, { about }] of Object.entries(SCENARIOS)) console.log(`  ${key.padEnd(width)}  ${about}`)
  console.log(`  ${PROXY.padEnd(width)}  the proxy, by which later steps call a private service without a token`)
}

async function show({ about, prepare }: DemoScenario): Promise<void> {
  await using world = await startPretendGoogle()
  const options = await prepare(world)
  const run = await runAction({
    ...options,
    env: { ...world.env(), ...options.env },
    debug: values.debug === true
  })
  const masker = createMasker()
  for (const mask of run.masks) masker.add(mask)

  heading(`${name}: ${about}`)
  console.log('with:')
  for (const [input, value] of Object.entries(options.inputs ?? {})) {
    console.log(`  ${input}: ${masker.hide(value).replaceAll('\n', '\n    ')}`)
  }
  heading('What the log shows')
  // The runner shows a line for each mask; here they would only be in the way.
  const log = values.debug === true ? run.debugLog : run.log
  console.log(log.replaceAll('::add-mask::***\n', '').trimEnd())
  heading(`Exit code ${String(run.exitCode)}; outputs, masked`)
  for (const [output, value] of Object.entries(run.outputs)) console.log(`  ${output}: ${masker.hide(value)}`)
  for (const [variable, value] of Object.entries(run.environment))
    console.log(`  env ${variable}: ${masker.hide(value)}`)
  heading('What was asked of which host')
  for (const { method, host, path, answeredStatus } of world.requests) {
    console.log(`  ${answeredStatus ?? '---'}  ${method.padEnd(4)} ${host}${path}`)
  }
  if (values.summary === true) {
    heading('Job summary, in Markdown')
    console.log(masker.hide(run.summary))
  }
}

function heading(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(3, 100 - text.length))}`)
}
