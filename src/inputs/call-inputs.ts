import { METHODS } from 'node:http'
import { quoteValue } from '../guard/safe-text.ts'
import { readAll } from './complaints.ts'
import { compileExpectations, type Expectations } from './expectations.ts'
import { inputInvalid, WHY_EMPTY } from './failures.ts'
import { optional, read, readExactly } from './raw-inputs.ts'
import { readRequestBody } from './request-body.ts'
import { isOAuthClient, parseHeaders, type IapToken, type RequestHeaders } from './request-headers.ts'
import { isCloudRunUrl, isTag, tagOf, withTag } from './service-url.ts'
import { parseBoolean, parseDuration, parseLines, parseUrl } from './values.ts'

/** The call of the service, as the workflow's author asked for it. Durations are in milliseconds. */
export interface CallInputs {
  /** Where the call goes: with the tag, if there is one. */
  readonly url: URL
  readonly tag: string | undefined
  readonly method: string
  readonly headers: RequestHeaders
  readonly body: Buffer | undefined
  readonly expectations: Expectations
  readonly assertPrivate: boolean
  readonly iamWaitMs: number
}

/** Inputs that only a call uses, with what each is where it is empty: its default. */
const CALL_DEFAULTS = {
  tag: '',
  method: 'GET',
  headers: '',
  body: '',
  body_file: '',
  token_header: '',
  expect_status: '2xx',
  expect_headers: '',
  expect_body: '',
  expect_json: '',
  assert_private: 'false',
  iam_wait: '60s'
} as const

/**
 * Reads what is about the call, whether or not there is one.
 *
 * @returns undefined where the action only gets tokens
 * @throws {Failure | AggregateError} INPUT_INVALID
 */
export async function readCall(workspace: string): Promise<CallInputs | undefined> {
  const { target, ...call } = await readAll({
    target: readTarget,
    method: () => parseMethod(orDefault('method')),
    headers: () => parseHeaders(read('headers'), read('token_header'), findIapToken(parseLines(read('audience'))[0])),
    body: async () =>
      await readRequestBody(readExactly('body'), optional('body_file'), parseMethod(orDefault('method')), workspace),
    expectations: async () =>
      await compileExpectations({
        status: orDefault('expect_status'),
        headers: read('expect_headers'),
        body: read('expect_body'),
        json: read('expect_json')
      }),
    assertPrivate: () => parseBoolean('assert_private', orDefault('assert_private')),
    iamWaitMs: () => parseDuration('iam_wait', orDefault('iam_wait'), 0)
  })
  return target === undefined ? undefined : { ...target, ...call }
}

function orDefault(name: keyof typeof CALL_DEFAULTS): string {
  return read(name, CALL_DEFAULTS[name])
}

/** Whether the token is one for Identity-Aware Proxy. */
export function findIapToken(audience: string | undefined): IapToken {
  if (read('token') === 'iap_jwt') return 'iap_jwt'
  return isOAuthClient(audience ?? '') ? 'id_token' : undefined
}

/** Where the call goes. */
function readTarget(): Target | undefined {
  const value = optional('url')
  if (value !== undefined) return addTag(parseUrl(value))
  checkNoCall()
  return undefined
}

export type Target = Pick<CallInputs, 'url' | 'tag'>

/**
 * The URL with the tag that the input names, or that it has already.
 *
 * @throws {Failure} INPUT_INVALID
 */
export function addTag(url: URL): Target {
  const tag = optional('tag')
  return { url: tag === undefined ? url : tagUrl(url, tag), tag: tag ?? tagOf(url) }
}

/** Most likely `url` came from an expression that gave nothing, and a check would be skipped silently. */
function checkNoCall(): void {
  const set = Object.keys(CALL_DEFAULTS).filter((name) => isSet(name as keyof typeof CALL_DEFAULTS))
  // That neither url nor audience is set is a complaint of its own.
  if (set.length === 0 || read('audience') === '') return
  const names = set.join(', ').replace(/, (?=[^,]*$)/, ' and ')
  const are = set.length === 1 ? 'is' : 'are'
  throw inputInvalid(
    'url',
    `url is empty, but ${names} ${are} set, which only a call uses; ${WHY_EMPTY}`,
    `Set url, or leave ${names} out.`,
    ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH']
  )
}

function isSet(name: keyof typeof CALL_DEFAULTS): boolean {
  const value = orDefault(name)
  // 60s and 1m are the same value.
  if (name === 'iam_wait' && ['60', '1m', '60000ms'].includes(value)) return false
  return value.toUpperCase() !== CALL_DEFAULTS[name].toUpperCase()
}

function tagUrl(url: URL, tag: string): URL {
  if (!isTag(tag)) {
    throw inputInvalid(
      'tag',
      `${quoteValue(tag)} is not a traffic tag`,
      'Use lower-case letters, digits and single hyphens.',
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
      `tag is ${quoteValue(tag)}, but url has the tag ${quoteValue(inUrl)}`,
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
    'Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.',
    ['method: POST']
  )
}
