// Asks gcloud's own parser about every gcloud command that README, docs, infra/ and the action's failures offer:
//   npm run check:commands [-- WORD…]      only commands that contain each WORD
// Nothing leaves the machine: gcloud gets an invented token, no default project or region, and a proxy that accepts nobody. A
// command that gets as far as asking that proxy has been understood; then gcloud is stopped. Values that only Google can judge,
// such as the name of a role, are not checked.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { glob, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { run } from 'node:test'
import { readText } from '../__tests__/contract/markdown.ts'
import { TESTED } from '../__tests__/unit/failures/rows.ts'
import {
  expand,
  faultsInPosixShells,
  faultsInPowerShell,
  hasCommand,
  offersOfPages,
  placeholderInQuotes
} from './commands.ts'
import type { Offer } from './commands.ts'

/** gcloud takes a second of one core. */
const AT_ONCE = 2
const TIME_LIMIT_MS = 60_000
const TRANSCRIPTS = '__tests__/scenarios/transcripts.test.ts.snapshot'
const UNIT_TESTS = '__tests__/unit/**/*.test.ts'

/** Commands that need no network until they have a real token, or a person. */
const UNDERSTOOD =
  /access_token_file or --access-token-file was set|No identity token can be obtained|accounts\.google\.com\/o\/oauth2/

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
  for (const { where, text } of shown)
    for (const fault of faultsInPowerShell(text)) if (includesAll(text, wanted)) complain(where, text, fault)
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

/** What the unit tests of the failures put into words. */
async function offersOfFailures(): Promise<Offer[]> {
  const files: string[] = []
  for await (const file of glob(UNIT_TESTS)) files.push(path.resolve(file))
  // In this process, so that the rows of the tests arrive in this program's copy of TESTED.
  for await (const { type, data } of run({ files, isolation: 'none' }))
    if (type === 'test:fail') throw new Error(`A unit test fails: ${data.name}`, { cause: data.details.error })
  return TESTED.flatMap(({ text: { code, snippets = [] } }) =>
    snippets.map(({ lines }) => ({ where: code, text: lines.join('\n') })).filter(({ text }) => hasCommand(text))
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
      const about = await ask(words)
      const text = `gcloud ${words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`
      if (about === undefined) console.log(`ok  ${text}`)
      else complain(where, text, about)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** @returns what gcloud has against the command, undefined where it went on to the network or did what it was told */
async function ask(words: readonly string[]): Promise<string | undefined> {
  // For this command alone, because gcloud keeps settings, such as a default project.
  const directory = await mkdtemp(path.join(tmpdir(), 'check-commands-'))
  const proxy = createServer()
  try {
    const token = path.join(directory, 'token')
    await writeFile(token, 'ya29.invented')
    // What the command reads, and an earlier one has written.
    for (const [name] of words.join(' ').matchAll(/(?<=^|[ =])[\w-]+\.(?:json|yaml)(?=$| )/g))
      await writeFile(path.join(directory, name), '{}')
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    return await answerOf(words, directory, token, proxy)
  } finally {
    proxy.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function answerOf(
  words: readonly string[],
  directory: string,
  token: string,
  proxy: ReturnType<typeof createServer>
): Promise<string | undefined> {
  const child = spawn('gcloud', words, {
    cwd: directory,
    // A group of its own, because gcloud may start other programs.
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      CLOUDSDK_CONFIG: path.join(directory, 'gcloud'),
      CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
      CLOUDSDK_CORE_CHECK_GCE_METADATA: 'false',
      CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
      CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: '1',
      CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: '1',
      CLOUDSDK_PROXY_TYPE: 'http',
      CLOUDSDK_PROXY_ADDRESS: '127.0.0.1',
      CLOUDSDK_PROXY_PORT: String((proxy.address() as AddressInfo).port)
    },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  let asked = false
  proxy.once('connection', (socket) => {
    asked = true
    socket.destroy()
    end()
  })
  const limit = setTimeout(end, TIME_LIMIT_MS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(limit)
  if (asked || code === 0 || UNDERSTOOD.test(said)) return undefined
  return code === null ? `no answer within ${TIME_LIMIT_MS / 1000} s` : (said.split(/\n\n|\nUsage:/, 1)[0] ?? said)
}
