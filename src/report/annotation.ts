import type { FailureText } from '../failure/failure.ts'
import { firstCommand } from '../failure/snippets.ts'
import { safeText } from '../guard/safe-text.ts'

/** The runner cuts longer messages: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs */
const LONGEST = 4096

/** The one line that GitHub shows on a run's page: what happened, what to do, the command for it, and where to read more. */
export function renderAnnotation({ code, sentence, remedy, snippets = [] }: FailureText, link: string): string {
  const command = firstCommand(snippets)
  const parts = [`${code}:`, sentence, remedy, ...(command === undefined ? [] : [`Run \`${command}\`.`]), link]
  const line = parts.join(' ')
  if (line.length <= LONGEST) return line
  const rest = [remedy, link].join(' ')
  return [`${code}:`, safeText(sentence, LONGEST - code.length - rest.length - 3), rest].join(' ')
}
