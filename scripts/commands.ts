// The gcloud commands that README, docs and infra/ offer, and what can be said of one before gcloud sees it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseAllDocuments, visit } from 'yaml'
import { blocksOf, proseOf, readPages } from '../__tests__/contract/markdown.ts'

/** A text for a shell, and the page or failure that offers it. */
export interface Offer {
  readonly where: string
  readonly text: string
  /** `bash` where it is for bash alone. */
  readonly language?: string
}

/** What stands in capitals for the reader's own value; anything else in capitals becomes small letters. */
const VALUES: Readonly<Record<string, string>> = {
  ACCOUNT: 'smoke-test@my-project.iam.gserviceaccount.com',
  NUMBER: '123456789012',
  PROJECT: 'my-project',
  PROJECT_ID: 'my-project',
  REGION: 'europe-west1',
  UNIQUE_ID: '123456789012345678901',
  ZONE: 'europe-west1-b'
}

/** gcloud's answers that a command can go on with; any other program but mkdir answers with a number. */
const STAND_INS = `
set -u
gcloud() {
  printf '%s\\0' "$@" $'\\x1e' >> "$RECORD"
  case "$*" in
    *projectNumber*) echo 123456789012 ;;
    *projectId*) echo my-project ;;
    *status.url*) echo https://hello-123456789012.europe-west1.run.app ;;
    *attributeMapping*) echo 'google.subject=assertion.sub~attribute.repository=assertion.repository' ;;
    *attributeCondition*) echo "assertion.repository_owner_id == '1234567'" ;;
    *'value(name)'*) echo projects/123456789012/locations/global/workloadIdentityPools/github/providers/my-org ;;
  esac
}
mkdir() { command -p mkdir "$@"; }
command_not_found_handle() { echo 1234567; }
`

/** Every text with a gcloud command: blocks for a shell, "run:" of workflows, and code in the middle of a sentence. */
export async function offersOfPages(): Promise<Offer[]> {
  const pages = await readPages('*.md', 'docs/**/*.md', 'infra/**/*.md')
  return pages.flatMap(({ path: where, text }) => {
    const blocks = ['sh', 'bash', 'console', 'zsh'].flatMap((language) => blocksOf(text, language))
    const spans = [...proseOf(text).matchAll(/(`+)(gcloud [a-z].*?)\1/g)].map(([, , span = '']) => span)
    const offered = [...blocks, ...blocksOf(text, 'ya?ml').flatMap(scriptsIn), ...spans]
    return offered.filter(hasCommand).map((block) => ({ where, text: block }))
  })
}

export function hasCommand(text: string): boolean {
  return /\bgcloud [a-z]/.test(withoutComments(text))
}

function scriptsIn(yaml: string): string[] {
  const scripts: string[] = []
  for (const document of parseAllDocuments(yaml)) {
    visit(document, {
      Pair(_, { key, value }) {
        if (String(key) === 'run') scripts.push(String(value).replaceAll(/\$\{\{.*?\}\}/g, 'x'))
      }
    })
  }
  return scripts
}

function withoutComments(text: string): string {
  return text.replaceAll(/(?<!\S)#.*$/gm, '')
}

/**
 * Lets bash do what it does before a program starts: quotes, variables and `$(…)` are gone, placeholders have values.
 *
 * @returns the words that each call of gcloud would get
 * @throws Error where bash does not come to the end, or reaches less than the text offers
 */
export function expand(text: string): string[][] {
  const directory = mkdtempSync(path.join(tmpdir(), 'commands-'))
  const record = path.join(directory, 'record')
  writeFileSync(record, '')
  try {
    const { status, stderr } = spawnSync('/bin/bash', ['--norc', '-c', `${STAND_INS}\n${text}`], {
      cwd: directory,
      encoding: 'utf8',
      env: { PATH: '/nothing', RECORD: record, GOOGLE_APPLICATION_CREDENTIALS: 'credentials.json' },
      input: '',
      timeout: 60_000
    })
    if (status !== 0) throw new Error(`bash ends with ${String(status)}: ${stderr.trim()}`)
    const calls = readFileSync(record, 'utf8').split('\x1e\0').slice(0, -1)
    for (const [, head = ''] of withoutComments(text).matchAll(/\bgcloud ((?:[a-z][a-z-]+ )+)/g))
      if (!calls.some((call) => call.replaceAll('\0', ' ').startsWith(head)))
        throw new Error(`"gcloud ${head}…" was not reached`)
    return calls.map((call) => call.split('\0').slice(0, -1).map(fill))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Gives the reader's own values. */
function fill(word: string): string {
  return word.replaceAll(/\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*\b/g, (name) => VALUES[name] ?? name.toLowerCase())
}

/** What keeps a text from doing the same in every shell. */
type Fault = readonly [about: string, pattern: RegExp]

/**
 * zsh takes `#` for a comment in scripts only, and refuses a command with a pattern that matches no file:
 * https://zsh.sourceforge.io/Doc/Release/Options.html, INTERACTIVE_COMMENTS and NOMATCH.
 */
const POSIX_FAULTS: readonly Fault[] = [
  ['zsh takes no comment at its prompt', /(?<!\S)#/],
  ['zsh looks for files that match this word', /(?<![\s[])[*?[]|[*?](?!\s)/]
]

/** https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_parsing */
const POWERSHELL_FAULTS: readonly Fault[] = [
  ['PowerShell does not go on after a backslash at the end of a line', /\\$/m],
  ['PowerShell has no backslash to quote with', /\\./],
  ['PowerShell makes a list of words with a comma between them', /,/],
  ['PowerShell takes one of @ { ; & < for itself', /(?<!\w)@|[{;&<]/],
  ['PowerShell sets variables in another way', /^\w+=/m],
  ['Windows PowerShell writes UTF-16', / > /]
]

/** @returns what goes wrong at the prompt of bash or zsh */
export function faultsInPosixShells(text: string): string[] {
  return faultsIn(text.replaceAll(/\$\{[^}]*\}|\[\[? .*? \]\]?/g, ''), POSIX_FAULTS)
}

/** @returns what goes wrong at the prompt of PowerShell */
export function faultsInPowerShell(text: string): string[] {
  const code = withoutComments(text)
  return [
    ...faultsIn(code, POWERSHELL_FAULTS),
    ...(/"[^"']*\$\w/.test(code) ? ['PowerShell fills in variables of its own'] : []),
    ...(/'[^']*"[^']*'/.test(code) ? ['Windows PowerShell loses double quotes within single ones'] : [])
  ]
}

/** Outside of quotes. */
function faultsIn(text: string, faults: readonly Fault[]): string[] {
  const bare = text.replaceAll(/'[^']*'/g, "''").replaceAll(/"(?:\\.|[^"\\])*"/g, '""')
  return faults.filter(([, pattern]) => pattern.test(bare)).map(([about]) => about)
}

/** @returns a placeholder within quotes, which is easily taken for part of the expression around it */
export function placeholderInQuotes(text: string): string | undefined {
  // A member of GKE cannot do without quotes, for its brackets.
  const quoted = text.replaceAll(/'serviceAccount:[\w.]+\[[\w/]+\]'/g, '').match(/'[^']*'|"[^"]*"/g) ?? []
  return quoted.map((span) => /(?<![$\w{./])(?:[A-Z]+_[A-Z0-9_]+|[A-Z]{4,})\b(?!=)/.exec(span)?.[0]).find(Boolean)
}
