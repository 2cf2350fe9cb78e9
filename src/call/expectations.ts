import { performance } from 'node:perf_hooks'
import type { Answer } from '../outcome.ts'
import { parseLines } from '../input-values.ts'
import { parseJson } from '../json.ts'
import { safeText } from '../safe-text.ts'
import type { JsonExpression } from './json-expression.ts'
import { checkPattern, matchWithin } from './pattern.ts'
import { parseHeaderLine } from './request-headers.ts'
import { describeStatus, parseStatusSet } from './status-set.ts'
import type { StatusSet } from './status-set.ts'

/** What expectations see of a body; behind it the connection is closed. */
export const LONGEST_BODY_BYTES = 4 * 1024 * 1024

/** What the author expects of the answer, compiled. */
export interface Expectations {
  readonly status: StatusSet
  readonly headers: readonly { readonly name: string; readonly pattern: string }[]
  readonly body: readonly string[]
  readonly json: readonly JsonExpression[]
}

/** How an expectation of `expect_json` starts in words. */
export const JSON_PREFIX = 'JSON: '

/** One expectation and what became of it; all of it is safe to show. */
export interface Verdict {
  readonly expectation: string
  readonly met: boolean
  readonly actual: string
}

type Judged = Pick<Answer, 'status' | 'headers' | 'truncated'>

/**
 * @throws {Failure} INPUT_INVALID for whatever can be known to be wrong
 */
export async function compileExpectations(
  inputs: Readonly<Record<'status' | 'headers' | 'body' | 'json', string>>
): Promise<Expectations> {
  return {
    status: parseStatusSet(inputs.status),
    headers: parseLines(inputs.headers).map((line) => {
      const { name, value } = parseHeaderLine('expect_headers', line)
      return { name, pattern: checkPattern('expect_headers', value) }
    }),
    body: parseLines(inputs.body).map((line) => checkPattern('expect_body', line)),
    json: await compileJson(parseLines(inputs.json))
  }
}

/**
 * Holds an answer against every expectation; the first verdict is about the status.
 *
 * @param text the body
 * @param milliseconds how long all the patterns together may take
 */
export function judgeExpectations(
  expectations: Expectations,
  answer: Judged,
  text: string,
  milliseconds: number
): Verdict[] {
  const end = performance.now() + milliseconds
  const judgePattern = (pattern: string, value: string, empty: string): Omit<Verdict, 'expectation'> => {
    const met = matchWithin(end - performance.now(), pattern, value)
    return {
      met: met === true,
      actual: met === undefined ? 'the pattern takes too long on it' : safeText(value, 200) || empty
    }
  }
  return [
    {
      expectation: `status ${safeText(expectations.status.text)}`,
      met: expectations.status.has(answer.status),
      actual: describeStatus(answer.status)
    },
    ...expectations.headers.map(({ name, pattern }) => {
      const lowerCase = name.toLowerCase()
      const value = Object.hasOwn(answer.headers, lowerCase) ? answer.headers[lowerCase] : undefined
      return {
        expectation: `header ${name} matches /${safeText(pattern)}/`,
        ...(value === undefined
          ? { met: false, actual: 'no such header' }
          : judgePattern(pattern, value, 'an empty header'))
      }
    }),
    ...expectations.body.map((pattern) => ({
      expectation: `body matches /${safeText(pattern)}/`,
      ...judgePattern(pattern, text, 'an empty body')
    })),
    ...judgeJson(expectations.json, answer, text)
  ]
}

/** The library is loaded only where there is an expression. */
async function compileJson(expressions: readonly string[]): Promise<JsonExpression[]> {
  if (expressions.length === 0) return []
  const { compileJsonExpression } = await import('./json-expression.ts')
  return expressions.map(compileJsonExpression)
}

function judgeJson(expressions: readonly JsonExpression[], answer: Judged, text: string): Verdict[] {
  if (expressions.length === 0) return []
  const json = answer.truncated ? undefined : parseJson(text)
  return expressions.map((expression) => ({
    expectation: `${JSON_PREFIX}${safeText(expression.text)}`,
    ...(json === undefined ? { met: false, actual: describeNoJson(answer, text) } : expression.evaluate(json))
  }))
}

function describeNoJson(answer: Judged, text: string): string {
  if (answer.truncated) return `the body is longer than ${LONGEST_BODY_BYTES / 1024 / 1024} MiB`
  const type = safeText(answer.headers['content-type'] ?? 'no content type', 60)
  return `not JSON (${type}): ${safeText(text, 120) || 'an empty body'}`
}

/** Whether the status is an accepted one: the verdict about it is always there, and comes first. */
export function isStatusMet(verdicts: readonly Verdict[]): boolean {
  return verdicts[0]?.met === true
}

/** A missed expectation in words. */
export function describeMiss({ expectation, actual }: Verdict): string {
  return `expected ${expectation}, found ${actual}`
}
