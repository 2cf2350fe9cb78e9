import { spawn, type ChildProcess } from 'node:child_process'
import process from 'node:process'
import { codeOf, quoteValue, safeText } from '../../guard/safe-text.ts'
import { subjectTokenUnavailable } from '../failures/subject-token.ts'
import type { Step } from '../../world/step.ts'
import { isObject, secretIn, stringIn } from '../../guard/json.ts'
import { createRedaction } from '../../guard/redaction.ts'
import { keepSuspects, seal } from '../../guard/seal.ts'
import type { Secret } from '../../guard/secret.ts'
import { readSmallFile } from '../../guard/small-file.ts'
import type { ExternalAccountDocument } from '../document.ts'
import type { SubjectTokenSource } from './source.ts'

type Executable = Extract<SubjectTokenSource, { kind: 'executable' }>

/** A token and some words around it. */
const OUTPUT_BYTES = 1024 * 1024

/**
 * A program that prints the token: https://google.aip.dev/auth/4117. Run by ourselves, because google-auth-library ends the
 * whole process when the program does not exist, quotes its output in messages, and cannot stop one that ignores SIGTERM.
 */
export async function runExecutable(
  step: Step,
  document: ExternalAccountDocument,
  source: Executable
): Promise<Secret> {
  // Among its arguments there may be a secret.
  const [program = '', ...args] = splitCommand(source.command)
  const where = `the program ${quoteValue(program)}`
  // The author of the job decides whether a program that a document names is run, not the document.
  if (step.env['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES'] !== '1') {
    throw subjectTokenUnavailable(
      where,
      'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is not set to 1',
      'program forbidden'
    )
  }
  const cached = source.outputFile === undefined ? undefined : await readCachedToken(step, source.outputFile)
  if (cached !== undefined) return cached
  const words = args.flatMap((arg) => arg.split('='))
  keepSuspects(
    step.masks,
    words.map((word, index): [string, string] => [words[index - 1] ?? '', word])
  )
  const { exitCode, stdout } = await run(step, document, source, where, [program, ...args])
  const verdict = judgeResponse(seal(step.masks, stdout).json, step.now(), source.outputFile !== undefined)
  if (verdict.token !== undefined && exitCode === 0) return verdict.token
  const problems = [
    ...(exitCode === 0 ? [] : [`exit code ${exitCode}`]),
    ...('problem' in verdict ? [verdict.problem] : [])
  ]
  throw subjectTokenUnavailable(where, createRedaction(step.masks.known())(problems.join('; ')), 'program failed')
}

/** A program may leave its answer in a file, to be asked again only when that has expired. */
async function readCachedToken(step: Step, path: string): Promise<Secret | undefined> {
  const file = await readSmallFile(path)
  return file.ok ? judgeResponse(seal(step.masks, file.content).json, step.now(), true).token : undefined
}

async function run(
  step: Step,
  document: ExternalAccountDocument,
  source: Executable,
  where: string,
  [program = '', ...args]: readonly string[]
): Promise<{ exitCode: number; stdout: string }> {
  const timeout = Math.max(1, Math.min(source.timeoutMs, step.timeLeft()))
  // Inputs are not the program's business, and a credential may be among them.
  const inherited = Object.entries(step.env).filter(([name]) => !name.startsWith('INPUT_'))
  const env = {
    ...Object.fromEntries(inherited),
    GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: document.audience,
    GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: document.subjectTokenType,
    GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: '0',
    ...(source.outputFile === undefined ? {} : { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: source.outputFile }),
    ...(document.account === undefined ? {} : { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: document.account })
  }
  return await new Promise((resolve, reject) => {
    const fail = (problem: string): void => {
      reject(subjectTokenUnavailable(where, problem, 'program failed'))
    }
    try {
      // A group of its own, so that what the program started ends with it.
      const detached = process.platform !== 'win32'
      const child = spawn(program, args, { env, detached, windowsHide: true, stdio: ['ignore', 'pipe', 'ignore'] })
      const output: Buffer[] = []
      let length = 0
      let stopped: string | undefined
      const stop = (why: string): void => {
        stopped = why
        killTree(child)
      }
      const timer = setTimeout(stop, timeout, `it was stopped after ${timeout} ms`)
      child.stdout.on('data', (chunk: Buffer) => {
        output.push(chunk)
        length += chunk.length
        if (length > OUTPUT_BYTES) stop('it printed more than 1 MiB')
      })
      child.once('error', (error) => {
        clearTimeout(timer)
        fail(`it could not be run (${codeOf(error)})`)
      })
      child.once('close', (exitCode, signal) => {
        clearTimeout(timer)
        if (stopped !== undefined) fail(stopped)
        // A program that fails may still say why, in the same form.
        else if (exitCode !== null) resolve({ exitCode, stdout: Buffer.concat(output).toString('utf8') })
        else fail(`it was ended by ${signal ?? 'a signal'}`)
      })
    } catch (error) {
      // Of some names, such as one with a NUL in it, Node says at once that they cannot be run.
      fail(`it could not be run (${codeOf(error)})`)
    }
  })
}

/** Ends a program with everything that it started. */
function killTree({ pid }: ChildProcess): void {
  if (pid === undefined) return
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', `${pid}`, '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on(
      'error',
      () => undefined
    )
    return
  }
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended in the meantime.
  }
}

/** Words, of which those in double quotes may hold blanks. */
function splitCommand(command: string): string[] {
  return (command.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''))
}

/** Decides about what the program printed. `problem` never quotes a token. */
export function judgeResponse(
  json: unknown,
  nowMs: number,
  mustExpire: boolean
): { readonly token: Secret } | { readonly token?: never; readonly problem: string } {
  const response = isObject(json) ? json : {}
  if (response['version'] !== 1) return { problem: 'its answer is not JSON with "version": 1' }
  if (response['success'] !== true) {
    const words = [stringIn(response, 'code'), stringIn(response, 'message')]
      .filter((part) => part !== undefined)
      .join(' ')
    return { problem: `it answered that it failed: ${safeText(words, 200)}` }
  }
  const expiration = response['expiration_time']
  if (mustExpire && typeof expiration !== 'number') return { problem: 'its answer has no "expiration_time"' }
  if (typeof expiration === 'number' && expiration * 1000 <= nowMs) return { problem: 'its token has expired' }
  const member = stringIn(response, 'token_type')?.endsWith(':saml2') === true ? 'saml_response' : 'id_token'
  const token = secretIn(response, member)
  return token?.matches(/^\S+$/) === true ? { token } : { problem: `its answer has no "${member}" of one line` }
}
