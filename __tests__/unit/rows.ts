import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseDocument } from 'yaml'
import type { Failure, FailureCode, FailureText, Snippet } from '../../src/failure/failure.ts'
import { isComplete } from '../../src/failure/snippets.ts'
import { renderAnnotation } from '../../src/report/annotation.ts'
import { readRefusal } from '../../src/token/refusal.ts'
import type { Refusal } from '../../src/token/refusal.ts'
import { answer, wordsOf } from './fixtures.ts'

/**
 * What happened, the failure, its code, what the annotation alone must say (the value that decides, and the remedy), and what
 * must stand anywhere below it.
 */
export type FailureRow = readonly [
  what: string,
  failure: Failure,
  code: FailureCode,
  annotation: RegExp,
  anywhere?: RegExp
]

/** Every failure of a row, for scripts/check-commands.ts. */
export const TESTED: Failure[] = []

/** Text from outside with everything that must not reach a log. */
export const HOSTILE = 'x\r\n::error::y\u202e##[error]\u001b[31m\u2028z'

/** Google's APIs refuse in this form. */
export function apiRefusal(status: number, message: string, info: Readonly<Record<string, unknown>> = {}): Refusal {
  const error = { code: status, message, status: 'PERMISSION_DENIED', details: [info] }
  return readRefusal(answer(status, JSON.stringify({ error })))
}

/** OAuth endpoints and STS refuse in this form. */
export function oauthRefusal(
  error: string,
  description: string,
  rest: Readonly<Record<string, unknown>> = {}
): Refusal {
  return readRefusal(answer(400, JSON.stringify({ error, error_description: description, ...rest })))
}

const LINK = 'https://github.com/octo-org/google-id-token/blob/v1/docs/troubleshooting.md'

/** Makes a test of each: the code, and texts that people can read and act on. */
export function testFailures(rows: readonly FailureRow[]): void {
  TESTED.push(...rows.map(([, failure]) => failure))
  for (const [what, { text }, code, annotation, anywhere = /^/] of rows) {
    test(`${code} is what ${what} is called, in words that say what to do.`, () => {
      assert.equal(text.code, code)
      const line = renderAnnotation(text, `${LINK}#${code}`)
      assert.match(line, annotation)
      assert.match(wordsOf(text).replaceAll('\\"', '"'), anywhere)
      assert.ok(line.startsWith(`${code}: `) && line.endsWith(` ${LINK}#${code}`) && line.length <= 4096, line)
      assertReadable(text)
      for (const snippet of text.snippets ?? []) assertPasteable(snippet)
    })
  }
}

/** Words that point at something which an annotation may not show; within a sentence "it" may mean what stands before. */
const DANGLING = {
  sentence: /^(?:it|its|they|both)\b|\b(?:both|the chain|the former|the latter)\b/i,
  remedy: /\b(?:it|its|they|them|these|those|both|the chain|the former|the latter)\b|^(?:that|this)\b/i
}

function assertReadable({
  sentence,
  remedy,
  cause,
  answer: quoted = '',
  snippets = [],
  details = []
}: FailureText): void {
  for (const part of [sentence, remedy, cause ?? '.']) assert.match(part, /^(?:\S.*)?[^.]?[.…]$/u)
  assert.doesNotMatch(sentence.replaceAll(/"[^"]*"/g, '""'), DANGLING.sentence)
  assert.doesNotMatch(remedy.replaceAll(/"[^"]*"/g, '""'), DANGLING.remedy)
  const lines = snippets.flatMap((snippet) => snippet.lines)
  for (const line of [sentence, remedy, cause ?? '', quoted, ...lines, ...details]) {
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|##\[/u)
    assert.doesNotMatch(line, /undefined|\[object|NaN|null(?!'? 2>)|Invalid Date|Infinity/)
    // OpenAPI 2 wants this one empty.
    if (line.includes('authorizationUrl: ""')) continue
    assert.doesNotMatch(line.replaceAll('.list()', ''), /\.\.$|\(\)|: \.|""| {2}\S.* {2}/)
  }
}

const { inputs: INPUTS } = parseDocument(readFileSync('action.yml', 'utf8')).toJS() as { inputs: object }

/** What stands in capitals in a command and is no placeholder. */
const OWN_NAMES =
  /GOOGLE_CREDENTIALS|GOOGLE_APPLICATION_CREDENTIALS|HOME|ACTIONS_ID_TOKEN_REQUEST_URL|GITHUB_OUTPUT|GITHUB_ENV|ACTIONS|AND/

/** Shell for a shell, YAML for a file, and only inputs that there are. */
function assertPasteable({ place, language, lines }: Snippet): void {
  assert.notEqual(lines.length, 0, `nothing to paste: ${place}`)
  assert.match(place, /^[A-Z]/)
  const text = lines.join('\n')
  switch (language) {
    case 'shell':
    case 'bash':
      for (const line of lines) assertCommand(line)
      break
    case 'yaml': {
      const document = parseDocument(text)
      assert.deepEqual(document.errors, [], text)
      const names = Object.keys(document.toJS() as object)
      if (/this step, .*under "with"/.test(place))
        for (const name of names) assert.ok(name in INPUTS, `${name} is no input`)
      break
    }
    case 'json':
      JSON.parse(`{${text}}`)
      break
    case 'text':
      break
  }
}

/** The same command stands in many rows, and bash takes its time. */
const understood = new Set<string>()

function assertCommand(line: string): void {
  if (!understood.has(line)) {
    const { status, stderr } = spawnSync('bash', ['-n', '-c', line], { encoding: 'utf8' })
    assert.equal(status, 0, `${line}\n${stderr}`)
    understood.add(line)
  }
  assert.doesNotMatch(line, /(?<!\S)#/, 'A comment would be read by zsh, where a person types.')
  for (const [name] of line.replaceAll(/'[^']*'/g, '').matchAll(/(?<![\w/.-])[A-Z][A-Z_]{2,}(?![\w])/g))
    if (!OWN_NAMES.test(name)) assert.equal(isComplete(line), false, `${name} is not known as a placeholder: ${line}`)
  // No command depends on a default project.
  if (
    /^gcloud (?:beta )?(?:run|functions|compute|iap|api-gateway|logging|services|iam service-accounts) /.test(line) ||
    / list\b/.test(line)
  ) {
    if (!/^gcloud auth |workforce-pools|projects\/\w+\/locations/.test(line) && line.startsWith('gcloud'))
      assert.match(line, / --project=\S/, line)
  }
}
