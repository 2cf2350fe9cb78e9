import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'

/** What the runner takes from action.yml. */
interface ActionDefinition {
  /** The file that it runs. */
  readonly main: string
  /** The file that it runs when the job is over. */
  readonly post?: string
  /** The inputs with their defaults. */
  readonly inputs: Readonly<Record<string, string>>
}

interface Metadata {
  readonly inputs?: Readonly<Record<string, { readonly default?: string | boolean | number } | null>>
  readonly runs: { readonly main: string; readonly post?: string }
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax */
export async function readAction(file: string): Promise<ActionDefinition> {
  const { inputs = {}, runs } = parse(await readFile(file, 'utf8')) as Metadata
  return {
    main: path.resolve(path.dirname(file), runs.main),
    ...(runs.post === undefined ? {} : { post: path.resolve(path.dirname(file), runs.post) }),
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, String(input?.default ?? '')]))
  }
}

/**
 * The INPUT_ variables of a step.
 *
 * @throws {Error} for an input that the action does not declare, which the runner would only warn about
 */
export function inputVariables(
  action: ActionDefinition,
  given: Readonly<Record<string, string>>,
  allowUndeclared: boolean
): Record<string, string> {
  const undeclared = Object.keys(given).filter((name) => !(name in action.inputs))
  if (undeclared.length > 0 && !allowUndeclared)
    throw new Error(`action.yml declares no input ${undeclared.join(', ')}.`)
  const values = Object.entries({ ...action.inputs, ...given })
  return Object.fromEntries(values.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]))
}
