import { debug, error as annotate, info, summary, warning } from '@actions/core'
import type { AttemptRecord } from '../call/attempts.ts'
import type { CallResult } from '../call/service.ts'
import { FAILURES, type Failure, type FailureText } from '../failure/failure.ts'
import type { IdToken } from '../token/id-token.ts'
import type { Identity } from '../token/credential.ts'
import type { CallInputs } from '../inputs/call-inputs.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Step, Log } from '../world/step.ts'
import { writeCommandFile } from './command-files.ts'
import { unreported } from './internal.ts'
import { safeText, safeUrl } from '../guard/safe-text.ts'
import { renderAnnotation } from './annotation.ts'
import { createOutputs } from './outputs.ts'
import { nameTokens, renderSummary, type RunRecord } from './summary.ts'

/** What a run says while it goes on and when it ends: the only writer of outputs, log and summary. */
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

/** @param declared the outputs of the action, where they are not those of the root action */
export function createReport(env: Step['env'], declared?: readonly string[]): Report {
  const outputs = createOutputs(env, declared)
  let run: RunRecord = {}

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
      outputs.setTokens(tokens, run.inputs?.exportEnv)
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
      if (renewed !== undefined) outputs.setTokens(renewed, run.inputs?.exportEnv)
      outputs.setCall(run.attempts ?? [], result.response)
      const { accepted = false, verdicts = [] } = result.response ?? {}
      if (accepted) info(`As expected: ${verdicts.map(({ expectation }) => expectation).join('; ')}`)
    },
    async finish(failure, options = { summary: true }) {
      const unwritten = outputs.setVerdict(failure)
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
      for (const line of (error.stack ?? '').split('\n')) if (/^ {4}at /.test(line)) debug(safeText(line))
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
