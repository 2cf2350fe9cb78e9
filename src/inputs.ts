import { METHODS } from 'node:http'
import { getInput } from '@actions/core'
import { deriveAudience, isCloudRunUrl, tagOf, withTag } from './audience.ts'
import type { CallInputs } from './call/call-inputs.ts'
import { compileExpectations } from './call/expectations.ts'
import { parseHeaders } from './call/request-headers.ts'
import { inputInvalid, quoteValue } from './failures/inputs.ts'
import {
  parseAccount,
  parseBoolean,
  parseDuration,
  parseLines,
  parseList,
  parseProvider,
  parseUniverse,
  parseUrl,
  parseVariableName
} from './input-values.ts'
import { readRequestBody } from './call/request-body.ts'

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

/** The defaults of action.yml, for whoever starts the bundle without the runner. */
export const DEFAULTS = {
  universe: 'googleapis.com',
  method: 'GET',
  expect_status: '2xx',
  assert_private: 'false',
  timeout: '30s',
  deadline: '3m',
  iam_wait: '60s',
  summary: 'true'
} as const

/** Inputs that mean nothing where no service is called; `method`, `expect_status` and the like have defaults. */
const CALL_ONLY = [
  'tag',
  'headers',
  'body',
  'body_file',
  'token_header',
  'expect_headers',
  'expect_body',
  'expect_json'
] as const

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

async function readCall(workspace: string): Promise<CallInputs | undefined> {
  const serviceUrl = optional('url')
  const assertPrivate = parseBoolean('assert_private', orDefault('assert_private'))
  if (serviceUrl === undefined) {
    const senseless = CALL_ONLY.find((name) => read(name) !== '') ?? (assertPrivate ? 'assert_private' : undefined)
    if (senseless === undefined) return undefined
    throw inputInvalid(
      senseless,
      'it is about a call, and there is no url to call',
      `Set url, or leave ${senseless} empty.`,
      ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH']
    )
  }
  const url = parseUrl('url', serviceUrl)
  const tag = optional('tag')
  const method = parseMethod(orDefault('method'))
  const body = await readRequestBody(read('body', false), optional('body_file'), method, workspace)
  return {
    url: tag === undefined ? url : tagUrl(url, tag),
    tag: tag ?? tagOf(url),
    method,
    headers: parseHeaders(read('headers'), read('token_header')),
    body,
    expectations: await compileExpectations({
      status: orDefault('expect_status'),
      headers: read('expect_headers'),
      body: read('expect_body'),
      json: read('expect_json')
    }),
    assertPrivate,
    iamWaitMs: parseDuration('iam_wait', orDefault('iam_wait'), 0)
  }
}

function tagUrl(url: URL, tag: string): URL {
  // https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(tag) || tag.length > 46) {
    throw inputInvalid(
      'tag',
      `${quoteValue(tag)} is not a traffic tag`,
      'Use lower-case letters, digits and hyphens.',
      ['tag: canary']
    )
  }
  if (!isCloudRunUrl(url)) {
    throw inputInvalid(
      'tag',
      `${quoteValue(url.hostname)} has no tags`,
      "Set url to the service's own *.run.app URL.",
      ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH', `tag: ${tag}`]
    )
  }
  const inUrl = tagOf(url)
  if (inUrl !== undefined && inUrl !== tag) {
    throw inputInvalid(
      'tag',
      `it is ${quoteValue(tag)}, but url has the tag ${quoteValue(inUrl)}`,
      'Set one of the two.'
    )
  }
  return withTag(url, tag)
}

function parseMethod(value: string): string {
  const method = value.toUpperCase()
  // CONNECT would be for a proxy; Cloud Run answers neither, and TRACE would return the token.
  if (METHODS.includes(method) && method !== 'CONNECT' && method !== 'TRACE') return method
  throw inputInvalid(
    'method',
    `${quoteValue(value)} is not an HTTP method that a service answers`,
    'Use GET, POST or another one.',
    ['method: POST']
  )
}

function read(name: string, trimWhitespace = true): string {
  return getInput(name, { trimWhitespace })
}

function optional(name: string): string | undefined {
  const value = read(name)
  return value === '' ? undefined : value
}

function orDefault(name: keyof typeof DEFAULTS): string {
  return optional(name) ?? DEFAULTS[name]
}
