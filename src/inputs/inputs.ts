import { deriveAudience } from './service-url.ts'
import { readCall } from './call-inputs.ts'
import type { CallInputs } from './call-inputs.ts'
import { inputInvalid } from './failures.ts'
import {
  parseAccount,
  parseBoolean,
  parseDuration,
  parseLines,
  parseList,
  parseProvider,
  parseUniverse,
  parseVariableName
} from './values.ts'
import { optional, orDefault, read } from './raw-inputs.ts'

/** What the workflow's author asked for, complete and checked. */
export interface Inputs {
  /** Audiences as they were asked for, without repetitions; the first one is the call's. */
  readonly audiences: readonly [string, ...string[]]
  readonly audienceDerived: boolean
  readonly workloadIdentityProvider: string | undefined
  readonly serviceAccount: string | undefined
  readonly delegates: readonly string[]
  readonly credentialsJson: string | undefined
  readonly universe: string
  readonly exportEnv: string | undefined
  /** Undefined where the action only gets tokens. */
  readonly call: CallInputs | undefined
  /** Milliseconds, like every duration here. */
  readonly timeoutMs: number
  readonly deadlineMs: number
  readonly summary: boolean
}

/**
 * Reads every input, and complains before any request is made.
 *
 * @param workspace the folder to which `body_file` is relative
 * @throws {Failure} INPUT_INVALID or AUDIENCE_REQUIRED
 */
export async function readInputs(workspace: string): Promise<Inputs> {
  const workloadIdentityProvider = optional('workload_identity_provider')
  const credentialsJson = optional('credentials_json')
  if (workloadIdentityProvider !== undefined && credentialsJson !== undefined) {
    throw inputInvalid(
      'workload_identity_provider',
      'it is set together with credentials_json, and a job has one identity',
      'Set one of the two.'
    )
  }
  const serviceAccount = optional('service_account')
  const delegates = parseList(read('delegates')).map((name) => parseAccount('delegates', name))
  if (delegates.length > 0 && serviceAccount === undefined) {
    throw inputInvalid(
      'delegates',
      'a chain needs an account at its end',
      'Set service_account, or leave delegates empty.',
      ['service_account: NAME@PROJECT.iam.gserviceaccount.com']
    )
  }
  const call = await readCall(workspace)
  const audiences = readAudiences(call)
  return {
    ...audiences,
    workloadIdentityProvider:
      workloadIdentityProvider === undefined ? undefined : parseProvider(workloadIdentityProvider),
    serviceAccount: serviceAccount === undefined ? undefined : parseAccount('service_account', serviceAccount),
    delegates,
    credentialsJson,
    universe: parseUniverse(orDefault('universe')),
    exportEnv: parseVariableName(optional('export_env')),
    call,
    timeoutMs: parseDuration('timeout', orDefault('timeout'), 1),
    deadlineMs: parseDuration('deadline', orDefault('deadline'), 1),
    summary: parseBoolean('summary', orDefault('summary'))
  }
}

function readAudiences(call: CallInputs | undefined): Pick<Inputs, 'audiences' | 'audienceDerived'> {
  const [first, ...others] = new Set(parseLines(read('audience')))
  if (first !== undefined) return { audiences: [first, ...others], audienceDerived: false }
  if (call !== undefined) return { audiences: [deriveAudience(call.url)], audienceDerived: true }
  throw inputInvalid(
    'audience',
    'neither audience nor url is set; an empty one may come from an output that GitHub dropped because it holds a secret',
    'Set url to the service to call, or audience to whom the token is for.',
    ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'],
    ['gcloud run services list   # shows the URL of each Cloud Run service']
  )
}
