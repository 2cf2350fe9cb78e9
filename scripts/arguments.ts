import process from 'node:process'
import { parseArgs } from 'node:util'

/** The inputs of an action as options: `--expect_status 204`, and `--expect-status` is as good. */
export interface Action {
  readonly inputs: Readonly<Record<string, string>>
}

/**
 * Reads the inputs from the command line; where they are missing, wrong, or help is wanted, it prints what there is.
 *
 * @param command what a person types, such as `npm run action`
 * @returns undefined where help was printed
 */
export function readArguments({ inputs }: Action, command: string): Record<string, string> | undefined {
  const options = Object.fromEntries(Object.keys(inputs).map((name) => [name, { type: 'string' as const }]))
  try {
    const args = process.argv.slice(2).map((arg) => (arg.startsWith('--') ? normalize(arg) : arg))
    const { values } = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } } })
    const { help, ...rest } = values as Record<string, string | boolean>
    if (help !== true && Object.keys(rest).length > 0) return rest as Record<string, string>
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
  console.log(`Usage: ${command} -- --url https://… [--INPUT VALUE]…\n\nInputs, with their defaults:`)
  for (const [name, value] of Object.entries(inputs)) console.log(`  --${name}${value === '' ? '' : ` ${value}`}`)
  return undefined
}

function normalize(option: string): string {
  const [name = '', ...value] = option.slice(2).split('=')
  return [`--${name.replaceAll('-', '_')}`, ...value].join('=')
}
