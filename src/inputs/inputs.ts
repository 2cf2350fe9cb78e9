import { readAudiences, type Audiences } from './audience.ts'
import { readCall, type CallInputs } from './call-inputs.ts'
import { complaintsIn, readAll } from './complaints.ts'
import { inputsInvalid } from './failures.ts'
import { readIdentityInputs, type IdentityInputs } from './identity-inputs.ts'
import { optional, read } from './raw-inputs.ts'
import { parseBoolean, parseDuration, parseVariableName } from './values.ts'
import { explainWithheld } from '../world/failures/restricted-run.ts'
import { findRestriction } from '../world/restricted-run.ts'
import type { Step } from '../world/step.ts'

/** What the workflow's author asked for, complete and checked. Durations are in milliseconds. */
export interface Inputs extends IdentityInputs, Audiences {
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
  timeoutMs: (): number => parseDuration('timeout', read('timeout', '30s'), 1),
  deadlineMs: (): number => parseDuration('deadline', read('deadline', '3m'), 1),
  summary: (): boolean => parseBoolean('summary', read('summary', 'true'))
}
