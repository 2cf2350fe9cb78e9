import type { FailureText } from '../failure/failure.ts'
import { firstCommand } from '../failure/snippets.ts'
import { safeText } from '../guard/safe-text.ts'

/** The runner cuts longer messages: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs */
const LONGEST = 4096

/** How many complaints about the inputs an annotation tells; more would bury the first. */
const MOST_COMPLAINTS = 3

/** The one line that GitHub shows on a run's page: what happened, what to do, the command for it, and where to read more. */
export function renderAnnotation(
  { code, sentence, remedy, snippets = [], details = [] }: FailureText,
  link: string
): string {
  const command = firstCommand(snippets)
  const others = code === 'INPUT_INVALID' && details.length <= MOST_COMPLAINTS ? details.slice(1) : []
  const parts = [
    `${code}:`,
    sentence,
    remedy,
    ...(command === undefined ? [] : [`Run \`${command}\`.`]),
    ...others,
    link
  ]
  const line = parts.join(' ')
  if (line.length <= LONGEST) return line
  const rest = [remedy, link].join(' ')
  return [`${code}:`, safeText(sentence, LONGEST - code.length - rest.length - 3), rest].join(' ')
}
