import { addTag, readCall, type CallInputs } from './call-inputs.ts'
import { complaintsIn, readAll, readEach } from './complaints.ts'
import { inputInvalid, inputsInvalid, WHY_EMPTY } from './failures.ts'
import { readIdentityInputs, type IdentityInputs } from './identity-inputs.ts'
import { optional, orDefault, read } from './raw-inputs.ts'
import { deriveAudience } from './service-url.ts'
import {
  parseAudience,
  parseIapAudience,
  parseBoolean,
  parseDuration,
  parseLines,
  parseUrl,
  parseVariableName
} from './values.ts'
import { explainWithheld } from '../world/failures/run-origin.ts'
import { findRestriction } from '../world/run-origin.ts'
import type { Step } from '../world/step.ts'

/** What the workflow's author asked for, complete and checked. Durations are in milliseconds. */
export interface Inputs extends IdentityInputs {
  /** Audiences as they were asked for, without repetitions; the first one is the call's. */
  readonly audiences: readonly [string, ...string[]]
  readonly audienceDerived: boolean
  readonly exportEnv: string | undefined
  /** Undefined where the action only gets tokens. */
  readonly call: CallInputs | undefined
  readonly timeoutMs: number
  readonly deadlineMs: number
  readonly summary: boolean
}

/**
 * Reads every input, and says everything that is wrong with them at once, before any request is made.
 *
 * @param env of the runner: the workspace, to which `body_file` is relative, and what started the run
 * @throws {Failure} INPUT_INVALID, or AUDIENCE_REQUIRED where nothing else is wrong
 */
export async function readInputs(env: Step['env']): Promise<Inputs> {
  try {
    const { call, audiences, identity, ...rest } = await readAll({
      call: async () => await readCall(env['GITHUB_WORKSPACE'] ?? '.'),
      audiences: readAudiences,
      ...SHARED_READERS,
      exportEnv: () => parseVariableName(optional('export_env'))
    })
    return { ...identity, ...audiences, ...rest, call }
  } catch (error) {
    const complaints = complaintsIn(error)
    throw inputsInvalid(complaints, explainWithheld(env, await findRestriction(env)))
  }
}

/** What the proxy reads in the same way. */
export const SHARED_READERS = {
  identity: readIdentityInputs,
  timeoutMs: (): number => parseDuration('timeout', orDefault('timeout'), 1),
  deadlineMs: (): number => parseDuration('deadline', orDefault('deadline'), 1),
  summary: (): boolean => parseBoolean('summary', orDefault('summary'))
}

/** @throws {Failure | AggregateError} INPUT_INVALID or AUDIENCE_REQUIRED */
export function readAudiences(): Pick<Inputs, 'audiences' | 'audienceDerived'> {
  const forIap = read('token') === 'iap_jwt'
  const [first, ...others] = readEach(new Set(parseLines(read('audience'))), forIap ? parseIapAudience : parseAudience)
  if (first !== undefined) return { audiences: [first, ...others], audienceDerived: false }
  const url = optional('url')
  if (url !== undefined && forIap) {
    // Identity-Aware Proxy compares with the URL that is called, its tag included.
    return { audiences: [`https://${addTag(parseUrl('url', url)).url.host}/*`], audienceDerived: true }
  }
  if (url !== undefined) return { audiences: [deriveAudience(parseUrl('url', url))], audienceDerived: true }
  throw inputInvalid(
    'audience',
    `audience and url are both empty; ${WHY_EMPTY}`,
    'Set url to the service to call, or audience to the service the token is for.',
    ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'],
    ['gcloud run services list --project=PROJECT']
  )
}
