import type { JsonObject } from '../guard/json.ts'
import type { IdToken } from '../token/id-token.ts'
import type { ProxyInputs } from './inputs.ts'

/** What the background process needs; it comes by the channel between the two, and is in no argument, variable or file. */
export interface Settings {
  /** Of the step. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly inputs: BackgroundInputs
  /** The first token, revealed: a `Secret` would arrive as `***`. */
  readonly token: { readonly jwt: string; readonly claims: JsonObject } & Pick<
    IdToken,
    'kind' | 'audience' | 'email' | 'expiresAt'
  >
  /** Ends the process. */
  readonly key: string
}

export type BackgroundInputs = Pick<
  ProxyInputs,
  | 'audiences'
  | 'workloadIdentityProvider'
  | 'serviceAccount'
  | 'delegates'
  | 'credentialsJson'
  | 'universe'
  | 'token'
  | 'timeoutMs'
  | 'deadlineMs'
  | 'tag'
  | 'tokenPlace'
  | 'port'
> & { readonly url: string }

/** What it answers, once. */
export type Started =
  | { readonly kind: 'listening'; readonly port: number; readonly quitPort: number; readonly startedAt: number }
  | { readonly kind: 'no port'; readonly code: string }

/** By which the post step finds the process: the state of the action. */
export interface RunningProxy {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly quitPort: number
  readonly key: string
  readonly logFile: string
  readonly url: string
  readonly service: string
  readonly failOnRefusal: boolean
  readonly summary: boolean
}
