import process from 'node:process'

/** What comes of reading inputs that the runner hands over as variables. */
export async function withInputs<Result>(
  inputs: Readonly<Record<string, string>>,
  read: () => Promise<Result>
): Promise<Result> {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value] as const)
  try {
    for (const [name, value] of variables) process.env[name] = value
    return await read()
  } finally {
    for (const [name] of variables) Reflect.deleteProperty(process.env, name)
  }
}

interface Declaration {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
}

/** The inputs as the runner hands them over where a workflow sets none: those that have a default. */
export function defaultsOf({ inputs }: Declaration): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]]))
  )
}
