import { METHODS } from 'node:http'
import { compileExpectations } from './expectations.ts'
import type { Expectations } from './expectations.ts'
import { readRequestBody } from './request-body.ts'
import { optional, orDefault, read } from './raw-inputs.ts'
import { inputInvalid, quoteValue } from './failures.ts'
import { parseHeaders } from './request-headers.ts'
import type { RequestHeaders } from './request-headers.ts'
import { parseBoolean, parseUrl, parseDuration } from './values.ts'
import { tagOf, isCloudRunUrl, withTag } from './service-url.ts'

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

/** Inputs that mean nothing where no service is called; `method`, `expect_status` and the like have defaults. */
export const CALL_ONLY = [
  'tag',
  'headers',
  'body',
  'body_file',
  'token_header',
  'expect_headers',
  'expect_body',
  'expect_json'
] as const
export async function readCall(workspace: string): Promise<CallInputs | undefined> {
  const serviceUrl = optional('url')
  const assertPrivate = parseBoolean('assert_private', orDefault('assert_private'))
  if (serviceUrl === undefined) {
    const misplaced = CALL_ONLY.find((name) => read(name) !== '') ?? (assertPrivate ? 'assert_private' : undefined)
    if (misplaced === undefined) return undefined
    throw inputInvalid(
      misplaced,
      'it is about a call, and there is no url to call',
      `Set url, or leave ${misplaced} empty.`,
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
