// Asks gcloud's own parser about every gcloud command that README, docs, infra/ and the action's failures offer:
//   npm run check:commands [-- WORD…]      only commands that contain each WORD
// Nothing leaves the machine. Values that only Google can judge, such as the name of a role, are not checked.
import { spawnSync } from 'node:child_process'
import { glob } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { run } from 'node:test'
import { readText } from '../__tests__/contract/markdown.ts'
import { TESTED } from '../__tests__/unit/rows.ts'
import {
  expand,
  faultsInPosixShells,
  faultsInPowerShell,
  hasCommand,
  offersOfPages,
  placeholderInQuotes
} from './commands.ts'
import type { Offer } from './commands.ts'
import { askParser } from './gcloud-parser.ts'

/** gcloud takes a second of one core. */
const AT_ONCE = 2
const TRANSCRIPTS = '__tests__/scenarios/transcripts.test.ts.snapshot'
const UNIT_TESTS = '__tests__/unit/**/*.test.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(wanted: readonly string[]): Promise<number> {
  const { error, stdout } = spawnSync('gcloud', ['version'], { encoding: 'utf8' })
  if (error !== undefined) {
    console.error('NOT CHECKED: there is no gcloud on this machine to ask (https://cloud.google.com/sdk/docs/install).')
    console.error('On Windows this script does not work: use WSL.')
    return 0
  }
  console.log(stdout.split('\n', 1)[0])
  const places = new Map<string, Set<string>>()
  let complaints = 0
  const complain = (where: string, text: string, about: string): void => {
    complaints++
    console.log(`NOT OK  ${where}:\n    ${text.replaceAll('\n', '\n    ')}\n  ${about}`)
  }

  const shown = [...(await offersOfTranscripts()), ...(await offersOfFailures())]
  for (const { where, text, language } of shown)
    for (const fault of language === 'bash' ? [] : faultsInPowerShell(text))
      if (includesAll(text, wanted)) complain(where, text, fault)
  for (const { where, text } of [...(await offersOfPages()), ...shown]) {
    const placeholder = placeholderInQuotes(text)
    const faults = faultsInPosixShells(text)
    if (placeholder !== undefined) faults.push(`a placeholder in quotes: ${placeholder}`)
    for (const fault of faults) if (includesAll(text, wanted)) complain(where, text, fault)
    try {
      for (const words of expand(text)) {
        const key = JSON.stringify(words)
        places.set(key, (places.get(key) ?? new Set()).add(where))
      }
    } catch (failure) {
      complain(where, text, failure instanceof Error ? failure.message : String(failure))
    }
  }

  const commands = [...places]
    .map(([key, where]) => ({ words: JSON.parse(key) as string[], where: [...where].join(', ') }))
    .filter(({ words }) => includesAll(words.join(' '), wanted))
  await askAll(commands, complain)
  console.log(`${commands.length} different commands, ${complaints} complaints`)
  return complaints === 0 ? 0 : 1
}

function includesAll(text: string, wanted: readonly string[]): boolean {
  return wanted.every((word) => text.includes(word))
}

/** The log indents what is to be pasted. */
async function offersOfTranscripts(): Promise<Offer[]> {
  const lines = (await readText(TRANSCRIPTS)).replaceAll('\\`', '`').replaceAll('\\\\', '\\').split('\n')
  return lines.filter((line) => /^ {4}gcloud /.test(line)).map((line) => ({ where: TRANSCRIPTS, text: line.trim() }))
}

/** https://nodejs.org/docs/latest-v24.x/api/test.html#class-testsstream */
interface TestEvent {
  readonly type: string
  readonly data: { readonly name: string }
}

/** What the unit tests of the failures put into words. */
async function offersOfFailures(): Promise<Offer[]> {
  const files: string[] = []
  for await (const file of glob(UNIT_TESTS)) files.push(path.resolve(file))
  // In this process, so that the rows of the tests arrive in this program's copy of TESTED.
  for await (const event of run({ files, isolation: 'none' }) as AsyncIterable<TestEvent>)
    if (event.type === 'test:fail') throw new Error(`A unit test fails: ${event.data.name}`)
  return TESTED.flatMap(({ text: { code, snippets = [] } }) =>
    snippets
      .map(({ lines, language }) => ({ where: code, text: lines.join('\n'), language }))
      .filter(({ text }) => hasCommand(text))
  )
}

interface Command {
  readonly words: readonly string[]
  readonly where: string
}

type Complain = (where: string, text: string, about: string) => void

async function askAll(commands: readonly Command[], complain: Complain): Promise<void> {
  const left = commands.values()
  const worker = async (): Promise<void> => {
    for (const { words, where } of left) {
      const about = await askParser(words)
      const text = `gcloud ${words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`
      // A sentence may name a command without what it is given.
      const mentioned =
        words.every((word) => /^[a-z-]+$/.test(word)) &&
        /must be specified\.$|Command name argument expected/i.test(about ?? '')
      if (about === undefined || mentioned) console.log(`ok  ${text}`)
      else complain(where, text, about)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
