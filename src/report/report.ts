import {
  debug,
  error as annotate,
  exportVariable,
  info,
  setOutput as writeOutput,
  summary,
  warning
} from '@actions/core'
import type { AttemptRecord } from '../call/attempts.ts'
import type { CallResult } from '../call/service.ts'
import { Failure, FAILURES, type FailureText } from '../failure/failure.ts'
import type { IdToken } from '../token/id-token.ts'
import type { Identity } from '../token/credential.ts'
import type { CallInputs } from '../inputs/call-inputs.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Step, Log } from '../world/step.ts'
import { writeCommandFile } from './command-files.ts'
import { unreported } from './internal.ts'
import { cutText, safeText, safeUrl } from '../guard/safe-text.ts'
import { renderAnnotation } from './annotation.ts'
import { nameTokens, renderSummary, type RunRecord } from './summary.ts'

/** What the output `body` holds of a body, in bytes of UTF-8. */
const BODY_OUTPUT_BYTES = 64 * 1024

/** The only writer of outputs, log and summary. */
export interface Report extends Log {
  readonly warn: (line: string) => void
  readonly onInputs: (inputs: Inputs) => void
  readonly onIdentity: (identity: Identity) => void
  readonly onTokens: (tokens: ReadonlyMap<string, IdToken>, now: number) => void
  /** Google refused a call without a token. */
  readonly onPrivate: () => void
  readonly onAttempt: (record: AttemptRecord) => void
  readonly onCall: (result: CallResult) => void
  /**
   * Reports the verdict, once. A failure becomes the only error annotation; so does a failure to write the outputs.
   *
   * @returns whether the outputs could be written
   */
  readonly finish: (failure?: Failure, options?: { readonly summary: boolean }) => Promise<boolean>
  /** The last resort: the verdict itself could not be reported. */
  readonly unwritable: () => void
  /** Shows the stack of a defect in our own code, with debug logging only. */
  readonly onDefect: (error: unknown) => void
}

/** The outputs of the root action. */
const OUTPUTS = [
  'id_token',
  'id_tokens',
  'audience',
  'email',
  'expires_at',
  'outcome',
  'failure_code',
  'status',
  'headers',
  'body',
  'attempts',
  'latency_ms'
]

/** @param outputs what the action declares; nothing else is written, and no token where `id_token` is not among them */
export function createReport(env: Step['env'], outputs: readonly string[] = OUTPUTS): Report {
  let run: RunRecord = {}

  function setOutput(name: string, value: string | number): void {
    if (!outputs.includes(name)) return
    writeCommandFile(env, 'GITHUB_OUTPUT', () => {
      writeOutput(name, value)
    })
  }

  /** @returns why it could not be written */
  function writeVerdict(failure: Failure | undefined): Failure | undefined {
    try {
      setOutput('outcome', failure === undefined ? 'success' : 'failure')
      setOutput('failure_code', failure?.text.code ?? '')
      return undefined
    } catch (error) {
      if (error instanceof Failure) return error
      throw error
    }
  }

  function writeTokens(tokens: ReadonlyMap<string, IdToken>): void {
    const [first] = tokens.values()
    if (first === undefined) return
    const byAudience = Object.fromEntries([...tokens].map(([audience, { jwt }]) => [audience, jwt.reveal()]))
    setOutput('id_token', first.jwt.reveal())
    setOutput('id_tokens', JSON.stringify(byAudience))
    setOutput('audience', first.audience)
    setOutput('email', first.email)
    setOutput('expires_at', new Date(first.expiresAt).toISOString())
    const variable = outputs.includes('id_token') ? run.inputs?.exportEnv : undefined
    if (variable === undefined) return
    writeCommandFile(env, 'GITHUB_ENV', () => {
      exportVariable(variable, first.jwt.reveal())
    })
  }

  return {
    info,
    warn: (line) => {
      warning(line)
    },
    onInputs(inputs) {
      run = { ...run, inputs }
    },
    onIdentity(identity) {
      run = { ...run, identity }
      info(`Identity: ${describeIdentity(identity)}`)
    },
    onTokens(tokens, now) {
      run = { ...run, tokens }
      writeTokens(tokens)
      for (const [audience, token] of tokens) {
        info(
          `Audience: ${safeText(audience)} (${run.inputs?.audienceDerived === true ? 'derived from url' : 'as set'})`
        )
        info(describeToken(token, now))
      }
    },
    onPrivate() {
      run = { ...run, isPrivate: true }
      info('Private: Google refused a call without a token')
    },
    onAttempt(record) {
      run = { ...run, attempts: [...(run.attempts ?? []), record] }
      const { number, description, milliseconds, next } = record
      info(`Attempt ${number}: ${describeCall(run.inputs?.call)}: ${description}, in ${milliseconds} ms; ${next}`)
    },
    onCall(result) {
      run = { ...run, result }
      const renewed = replaceFirst(run.tokens, result.token)
      if (renewed !== undefined) writeTokens(renewed)
      const last = result.attempts.at(-1)
      setOutput('attempts', result.attempts.length)
      if (last !== undefined) setOutput('latency_ms', last.milliseconds)
      const { response } = result
      if (response === undefined) return
      setOutput('status', response.status)
      setOutput('headers', JSON.stringify({ ...response.headers, ...response.repeated }))
      setOutput('body', cutBytes(response.text, BODY_OUTPUT_BYTES))
      if (response.accepted) info(`As expected: ${response.verdicts.map(({ expectation }) => expectation).join('; ')}`)
    },
    async finish(failure, options = { summary: true }) {
      const unwritten = writeVerdict(failure)
      const verdict = failure ?? unwritten
      if (verdict !== undefined) reportFailure(verdict.text, env)
      if (options.summary) await writeSummary(run, verdict?.text, env)
      return unwritten === undefined
    },
    unwritable() {
      reportFailure(unreported(env).text, env)
    },
    onDefect(error) {
      if (!(error instanceof Error)) return
      // The message stays out: it may hold anything.
      for (const line of (error.stack ?? '').split('\n')) if (/^\s+at /.test(line)) debug(safeText(line))
    }
  }
}

/** The tokens with another one for the first audience; undefined where it is the same. */
function replaceFirst(tokens: RunRecord['tokens'], token: IdToken): RunRecord['tokens'] {
  const [first, ...others] = tokens ?? []
  return first === undefined || first[1].jwt === token.jwt ? undefined : new Map([[first[0], token], ...others])
}

function describeCall(call: CallInputs | undefined): string {
  return call === undefined ? '' : `${call.method} ${safeUrl(call.url)}`
}

function describeIdentity({ credential, impersonations }: Identity): string {
  const chain = impersonations.flatMap(({ account, delegates }) => [...delegates, account])
  return safeText([credential.description, ...chain].join(' → '), 500)
}

function describeToken(token: IdToken, now: number): string {
  const minutes = Math.round((token.expiresAt - now) / 60_000)
  const who = token.email === '' ? '' : ` of ${safeText(token.email)}`
  return `${nameTokens(token.kind, 1)}${who}, valid for ${minutes} min, until ${new Date(token.expiresAt).toISOString()}`
}

/** One line for the annotation; below it in the log whatever helps to fix it. */
export function reportFailure(failure: FailureText, env: Step['env']): void {
  const { code, remedy } = failure
  annotate(renderAnnotation(failure, troubleshootingLink(code, env)), {
    title: `google-id-token: ${FAILURES[code]}`
  })
  if (failure.cause !== undefined) info(`Likely cause: ${failure.cause}`)
  info(`Remedy: ${remedy}`)
  for (const { place, lines } of failure.snippets ?? []) {
    info(`${place}:`)
    for (const line of lines) info(`    ${line}`)
  }
  if (failure.answer !== undefined) info(`The answer was: ${failure.answer}`)
  for (const line of failure.details ?? []) info(`  ${line}`)
}

/** The heading of a failure, in the repository and at the version that runs; a bare path where the runner names neither. */
export function troubleshootingLink(code: string, env: Step['env']): string {
  const path = `docs/troubleshooting.md#${code}`
  const repository = env['GITHUB_ACTION_REPOSITORY'] ?? ''
  const ref = env['GITHUB_ACTION_REF'] ?? ''
  if (repository === '' || ref === '') return path
  return `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${repository}/blob/${ref}/${path}`
}

/** A summary that cannot be written is no failure. */
export async function addToSummary(env: Step['env'], render: () => string): Promise<void> {
  try {
    let text: string | undefined
    writeCommandFile(env, 'GITHUB_STEP_SUMMARY', () => {
      text = render()
    })
    if (text !== undefined) await summary.addRaw(text, true).write()
  } catch {
    warning('The job summary could not be written.')
  }
}

async function writeSummary(run: RunRecord, failure: FailureText | undefined, env: Step['env']): Promise<void> {
  // Without inputs, the author has not switched the summary off.
  if (run.inputs?.summary === false) return
  await addToSummary(env, () =>
    renderSummary(run, failure, failure === undefined ? '' : troubleshootingLink(failure.code, env))
  )
}

/** The beginning of a text, not longer than `limit` bytes of UTF-8, and without half a character at its end. */
function cutBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= limit) return text
  let end = limit
  // RFC 3629: bytes that continue a character start with the bits 10.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return cutText(text, bytes.subarray(0, end).toString('utf8').length)
}
