import { quoteValue } from '../guard/safe-text.ts'
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

/** Whether a pattern matches somewhere in a text. On a text that the other side chose it may need ages. */
export function matches(pattern: string, text: string): boolean {
  return new RegExp(pattern, FLAGS).test(text)
}
