import { exportVariable, setOutput } from '@actions/core'
import type { AttemptRecord } from '../call/attempts.ts'
import type { Response } from '../call/response.ts'
import { Failure } from '../failure/failure.ts'
import { cutText } from '../guard/safe-text.ts'
import type { IdToken } from '../token/id-token.ts'
import type { Step } from '../world/step.ts'
import { writeCommandFile } from './command-files.ts'

/** What the output `body` holds of a body, in bytes of UTF-8. */
const BODY_BYTES = 64 * 1024

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

/** The only writer of outputs. */
export interface Outputs {
  /** @param variable of the environment, in which later steps find the first token */
  readonly setTokens: (tokens: ReadonlyMap<string, IdToken>, variable: string | undefined) => void
  readonly setCall: (attempts: readonly AttemptRecord[], response: Response | undefined) => void
  /** @returns why it could not be written */
  readonly setVerdict: (failure: Failure | undefined) => Failure | undefined
}

/** @param declared what the action declares; nothing else is written, and no token where `id_token` is not among them */
export function createOutputs(env: Step['env'], declared: readonly string[] = OUTPUTS): Outputs {
  function set(name: string, value: string | number): void {
    if (!declared.includes(name)) return
    writeCommandFile(env, 'GITHUB_OUTPUT', () => {
      setOutput(name, value)
    })
  }

  return {
    setTokens(tokens, variable) {
      const [first] = tokens.values()
      if (first === undefined) return
      const byAudience = Object.fromEntries([...tokens].map(([audience, { jwt }]) => [audience, jwt.reveal()]))
      set('id_token', first.jwt.reveal())
      set('id_tokens', JSON.stringify(byAudience))
      set('audience', first.audience)
      set('email', first.email)
      set('expires_at', new Date(first.expiresAt).toISOString())
      if (variable === undefined || !declared.includes('id_token')) return
      writeCommandFile(env, 'GITHUB_ENV', () => {
        exportVariable(variable, first.jwt.reveal())
      })
    },
    setCall(attempts, response) {
      const last = attempts.at(-1)
      set('attempts', attempts.length)
      if (last !== undefined) set('latency_ms', last.milliseconds)
      if (response === undefined) return
      set('status', response.status)
      set('headers', JSON.stringify({ ...response.headers, ...response.repeated }))
      set('body', cutBytes(response.text, BODY_BYTES))
    },
    setVerdict(failure) {
      try {
        set('outcome', failure === undefined ? 'success' : 'failure')
        set('failure_code', failure?.text.code ?? '')
        return undefined
      } catch (error) {
        if (error instanceof Failure) return error
        throw error
      }
    }
  }
}

/** The beginning of a text, not longer than `limit` bytes of UTF-8, and without half a character at its end. */
function cutBytes(text: string, limit: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit))
  return read === text.length ? text : cutText(text, read)
}
