import { parseCommand } from './commands.ts'
import type { Command } from './commands.ts'
import { createMasker } from './masker.ts'

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly title?: string
  readonly file?: string
}

/** One line of the process's output, in the order in which the lines came. */
export interface OutputLine {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

interface StepLog {
  /** The runner looks for commands in both streams. */
  receive: (line: OutputLine) => void
  readonly lines: readonly OutputLine[]
  /** What a person sees. */
  text: () => string
  /** What a person sees with debug logging on: the same, and debug messages. */
  debugText: () => string
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
  readonly commands: readonly Command[]
  /** Hides what is masked by now. */
  hide: (text: string) => string
}

/** The runner cuts longer messages. */
const LONGEST_ANNOTATION = 4096

/** Acts on a step's output as the runner does. */
export function createStepLog(): StepLog {
  const masker = createMasker()
  const lines: OutputLine[] = []
  const shown: { text: string; debug: boolean }[] = []
  const annotations: Annotation[] = []
  const commands: Command[] = []
  let stopToken: string | undefined

  const show = (text: string, debug = false): number => shown.push({ text: masker.hide(text), debug })

  function receive(line: OutputLine): void {
    lines.push(line)
    const command = parseCommand(line.text, stopToken)
    if (stopToken !== undefined) {
      if (command?.name === stopToken) stopToken = undefined
      else show(line.text)
    } else if (command === undefined) {
      show(line.text)
    } else {
      commands.push(command)
      act(command)
    }
  }

  function act({ name, properties, message }: Command): void {
    switch (name) {
      case 'add-mask':
        masker.add(message)
        show('::add-mask::***')
        break
      case 'stop-commands':
        stopToken = message
        break
      case 'debug':
        show(`##[debug]${message}`, true)
        break
      case 'error':
      case 'warning':
      case 'notice':
        annotate(name, properties, message)
        break
      case 'group':
        show(`▼ ${message}`)
        break
      case 'set-env':
      case 'add-path':
        show(`Error: The \`${name}\` command is disabled.`)
        break
    }
  }

  function annotate(level: Annotation['level'], properties: Command['properties'], message: string): void {
    const { title, file } = properties
    annotations.push({
      level,
      message: masker.hide(message).slice(0, LONGEST_ANNOTATION),
      ...(title === undefined ? {} : { title }),
      ...(file === undefined ? {} : { file })
    })
    show(`${level[0]?.toUpperCase() ?? ''}${level.slice(1)}: ${message}`)
  }

  const join = (lines: readonly { text: string }[]): string => lines.map(({ text }) => `${text}\n`).join('')
  const text = (): string => join(shown.filter(({ debug }) => !debug))
  const debugText = (): string => join(shown)
  return { receive, lines, text, debugText, annotations, masks: masker.masks, commands, hide: masker.hide }
}
