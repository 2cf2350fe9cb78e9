import { createContext, runInContext } from 'node:vm'
import { quoteValue } from '../guard/quote.ts'
import { inputInvalid } from './failures.ts'

/** `^` and `$` are the ends of a line, as they are for grep. */
const FLAGS = 'm'

/**
 * A regular expression of the author's, known to compile.
 *
 * @throws {Failure} INPUT_INVALID
 */
export function checkPattern(input: string, pattern: string): string {
  try {
    new RegExp(pattern, FLAGS)
    return pattern
  } catch {
    throw inputInvalid(
      input,
      `${quoteValue(pattern)} is not a regular expression`,
      'Escape ( ) [ ] { } * + ? . with a backslash.',
      [`${input}: |`, `  ${input === 'expect_headers' ? 'Name: ' : ''}^total \\(EUR\\): \\d+\\.\\d\\d$`]
    )
  }
}

/**
 * Whether a pattern matches somewhere in a text that the other side chose, and for which it may need ages: only a context of
 * its own can be interrupted in the middle of a match.
 *
 * @returns undefined where it took longer than `milliseconds`
 */
export function matchWithin(milliseconds: number, pattern: string, text: string): boolean | undefined {
  const context = createContext({ pattern, text, flags: FLAGS })
  try {
    return (
      runInContext('new RegExp(pattern, flags).test(text)', context, {
        timeout: Math.max(1, Math.round(milliseconds))
      }) === true
    )
  } catch {
    return undefined
  }
}
