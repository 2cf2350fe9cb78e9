/** A workflow command: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
export interface Command {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

/** The commands that the runner acts on; `::anything-else::` is text. */
const NAMES = [
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning'
]

/**
 * Reads a line as the runner does: `::name key=value,key=value::message` at its beginning, or the older
 * `##[name key=value;key=value]message` anywhere in it.
 *
 * @param extraName a further name that counts as a command: the one that ends `stop-commands`
 */
export function parseCommand(line: string, extraName?: string): Command | undefined {
  const current = /^\s*::([^\s:][^\s]*?)(?: (.*?))?::(.*)$/s.exec(line)
  const older = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s.exec(line)
  for (const [match, separator] of [
    [current, ','],
    [older, ';']
  ] as const) {
    const [, name = '', properties = '', message = ''] = match ?? []
    if (!NAMES.includes(name) && (extraName === undefined || name !== extraName)) continue
    return { name, properties: parseProperties(properties, separator), message: unescape(message) }
  }
  return undefined
}

function parseProperties(text: string, separator: string): Record<string, string> {
  const pairs = text.split(separator).map((pair) => /^\s*([^=]+)=(.*)$/s.exec(pair))
  return Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', unescape(pair[2] ?? '')]])))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '%0D': '\r',
  '%0A': '\n',
  '%3A': ':',
  '%2C': ',',
  '%3B': ';',
  '%5D': ']',
  '%25': '%'
}

function unescape(text: string): string {
  return text.replaceAll(/%(?:0D|0A|3A|2C|3B|5D|25)/g, (escape) => ESCAPES[escape] ?? escape)
}
