// Shows the action at work, without GitHub and without Google: `npm run demo`, and `npm run demo -- --help` for more.
// It starts the pretend Google of the tests, runs the committed bundle as GitHub's runner does, and prints what the runner
// would show.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { startPretendGoogle } from '../__tests__/pretend-google/world.ts'
import { createMasker } from '../__tests__/runner/masker.ts'
import { runAction } from '../__tests__/runner/run-action.ts'
import { SCENARIOS } from './demo-scenarios.ts'
import type { DemoScenario } from './demo-scenarios.ts'

const DEFAULT_SCENARIO = 'federation'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h' }, summary: { type: 'boolean' }, debug: { type: 'boolean' } }
})
const name = positionals[0] ?? DEFAULT_SCENARIO
const scenario = SCENARIOS[name]

if (values.help === true || scenario === undefined) {
  if (scenario === undefined) console.error(`There is no scenario "${name}".\n`)
  printHelp()
  process.exitCode = scenario === undefined ? 1 : 0
} else {
  await show(scenario)
}

function printHelp(): void {
  const width = Math.max(...Object.keys(SCENARIOS).map(({ length }) => length))
  console.log('Usage: npm run demo -- [SCENARIO] [--summary] [--debug]\n')
  console.log('  --summary  also print the job summary, in Markdown')
  console.log('  --debug    run with debug logging\n')
  console.log(`Scenarios (${DEFAULT_SCENARIO} where none is named):`)
  for (const [key, { about }] of Object.entries(SCENARIOS)) console.log(`  ${key.padEnd(width)}  ${about}`)
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
