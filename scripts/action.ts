// Runs the committed bundle against the real world, with whatever Application Default Credentials this machine has:
//   npm run action -- --url https://… [--INPUT VALUE]…
// Inputs are those of action.yml. Tokens are masked in what is printed, as they would be on GitHub.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { inputVariables, readAction } from '../__tests__/runner/action.ts'
import { parseVariables } from '../__tests__/runner/file-commands.ts'
import { createStepLog } from '../__tests__/runner/log.ts'
import { runProcess } from '../__tests__/runner/process.ts'

const action = await readAction('action.yml')
const given = readArguments()
if (given === undefined) printHelp()
else await run(given)

/** @returns undefined where help is wanted or needed */
function readArguments(): Record<string, string> | undefined {
  const inputs = Object.fromEntries(Object.keys(action.inputs).map((name) => [name, { type: 'string' as const }]))
  try {
    // --expect-status is as good as --expect_status.
    const args = process.argv.slice(2).map((arg) => (arg.startsWith('--') ? normalize(arg) : arg))
    const { values } = parseArgs({ args, options: { ...inputs, help: { type: 'boolean', short: 'h' } } })
    const { help, ...rest } = values as Record<string, string | boolean>
    return help === true || Object.keys(rest).length === 0 ? undefined : (rest as Record<string, string>)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
    return undefined
  }
}

function normalize(option: string): string {
  const [name = '', ...value] = option.slice(2).split('=')
  return [`--${name.replaceAll('-', '_')}`, ...value].join('=')
}

function printHelp(): void {
  console.log('Usage: npm run action -- --url https://… [--INPUT VALUE]…\n\nInputs, with their defaults:')
  for (const [name, value] of Object.entries(action.inputs))
    console.log(`  --${name}${value === '' ? '' : ` ${value}`}`)
}

async function run(inputs: Record<string, string>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'google-id-token-'))
  const file = (name: string): string => path.join(directory, name)
  try {
    for (const name of ['OUTPUT', 'ENV']) await writeFile(file(name), '')
    const log = createStepLog()
    let printed = 0
    const { exitCode } = await runProcess({
      file: action.main,
      cwd: process.cwd(),
      env: {
        ...(process.env as Record<string, string>),
        ...inputVariables(action, inputs, false),
        GITHUB_OUTPUT: file('OUTPUT'),
        GITHUB_ENV: file('ENV')
      },
      timeoutMs: 24 * 60 * 60 * 1000,
      onLine(line) {
        log.receive(line)
        const text = process.env['RUNNER_DEBUG'] === '1' ? log.debugText() : log.text()
        process.stdout.write(text.slice(printed).replaceAll('::add-mask::***\n', ''))
        printed = text.length
      }
    })
    console.log('\nOutputs:')
    for (const [name, value] of Object.entries(parseVariables(await readFile(file('OUTPUT'), 'utf8')))) {
      console.log(`  ${name}: ${log.hide(value)}`)
    }
    process.exitCode = exitCode ?? 1
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
