import { performance } from 'node:perf_hooks'
import type { Answer } from '../world/outcome.ts'
import { parseJson } from '../guard/json.ts'
import { safeText } from '../guard/safe-text.ts'
import type { JsonExpression } from '../inputs/json-expression.ts'
import { matchWithin } from '../inputs/pattern.ts'
import { describeStatus } from '../world/outcome.ts'
import type { Expectations } from '../inputs/expectations.ts'

/** What expectations see of a body; behind it the connection is closed. */
export const LONGEST_BODY_BYTES = 4 * 1024 * 1024

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
