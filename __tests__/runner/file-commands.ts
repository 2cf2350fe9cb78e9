/**
 * The variables in a file such as GITHUB_OUTPUT: `NAME=value`, or `NAME<<DELIMITER` and lines up to the delimiter.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
 *
 * @throws {Error} where the runner would fail the step
 */
export function parseVariables(content: string): Record<string, string> {
  const variables: Record<string, string> = {}
  const lines = content.split(/\r?\n/)
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    if (line === '') continue
    const [, name = '', operator, rest = ''] = /^(.*?)(<<|=)(.*)$/s.exec(line) ?? []
    if (operator === undefined || name === '') throw new Error(`Invalid format '${line}'`)
    if (operator === '=') {
      variables[name] = rest
      continue
    }
    const end = lines.indexOf(rest)
    if (end === -1) throw new Error(`Matching delimiter not found '${rest}'`)
    variables[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n')
  }
  return variables
}
