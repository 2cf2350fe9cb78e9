import { getInput } from '@actions/core'

/**
 * An input.
 *
 * @param whenEmpty its default, again: an expression that comes to nothing reaches the action as an empty input
 */
export function read(name: string, whenEmpty = ''): string {
  const value = getInput(name)
  return value === '' ? whenEmpty : value
}

/** An input with the blanks around it. */
export function readExactly(name: string): string {
  return getInput(name, { trimWhitespace: false })
}

export function optional(name: string): string | undefined {
  const value = read(name)
  return value === '' ? undefined : value
}
