import { describeStatus, type Answer } from '../world/outcome.ts'
import { parseExactJson } from '../guard/json.ts'
import { safeText } from '../guard/safe-text.ts'
import { finishesWithin } from '../guard/time-limit.ts'
import type { JsonExpression } from '../inputs/json-expression.ts'
import { matches } from '../inputs/pattern.ts'
import type { Expectations } from '../inputs/expectations.ts'

/** How much of a body is read and judged; after that the connection is closed. */
export const LONGEST_BODY_BYTES = 4 * 1024 * 1024

/** One expectation and what became of it; all of it is safe to show. */
export interface Verdict {
  readonly input: 'expect_status' | 'expect_headers' | 'expect_body' | 'expect_json'
  readonly expectation: string
  readonly met: boolean
  readonly actual: string
}

type Judgement = Pick<Verdict, 'met' | 'actual'>

type Judged = Pick<Answer, 'status' | 'headers' | 'repeated' | 'truncated'>

/** An expectation that has to be held against what the other side chose. */
interface Check {
  readonly input: Verdict['input']
  readonly expectation: string
  readonly judge: () => Judgement
}

/**
 * Holds an answer against every expectation; the first verdict is about the status.
 *
 * @param text the body
 * @param milliseconds how long all patterns and expressions together may take; those that are left then are not met
 */
export function judgeExpectations(
  expectations: Expectations,
  answer: Judged,
  text: string,
  milliseconds: number
): Verdict[] {
  const status: Verdict = {
    input: 'expect_status',
    expectation: `status ${safeText(expectations.status.text)}`,
    met: expectations.status.has(answer.status),
    actual: describeStatus(answer.status)
  }
  const checks = [
    ...expectations.headers.map(({ name, pattern }) => checkHeader(name, pattern, answer)),
    ...expectations.body.map((pattern) => checkBody(pattern, text)),
    ...checkJson(expectations.json, answer, text)
  ]
  if (checks.length === 0) return [status]
  const judged: Judgement[] = []
  finishesWithin(milliseconds, () => {
    for (const check of checks) judged.push(judge(check))
  })
  return [
    status,
    ...checks.map(({ input, expectation }, index) => ({
      input,
      expectation,
      ...(judged[index] ?? { met: false, actual: `the ${kindOf(input)} takes too long on it` })
    }))
  ]
}

function kindOf(input: Verdict['input']): string {
  return input === 'expect_json' ? 'expression' : 'pattern'
}

function judge(check: Check): Judgement {
  try {
    return check.judge()
  } catch (error) {
    // What is nested or repeated too often overflows the stack, of regular expressions and of the parser alike.
    if (error instanceof RangeError)
      return { met: false, actual: `the ${kindOf(check.input)} needs too much memory on it` }
    throw error
  }
}

/** A header that comes more than once is met by any one of its values. */
function checkHeader(name: string, pattern: string, { headers, repeated = {} }: Judged): Check {
  const lowerCase = name.toLowerCase()
  const value = Object.hasOwn(headers, lowerCase) ? headers[lowerCase] : undefined
  const values = Object.hasOwn(repeated, lowerCase) ? (repeated[lowerCase] ?? []) : value === undefined ? [] : [value]
  return {
    input: 'expect_headers',
    expectation: `header ${name} matches /${safeText(pattern)}/`,
    judge: () =>
      values.length === 0
        ? { met: false, actual: 'no such header' }
        : {
            met: values.some((each) => matches(pattern, each)),
            actual: safeText(values.join(' | '), 200) || 'an empty header'
          }
  }
}

function checkBody(pattern: string, text: string): Check {
  return {
    input: 'expect_body',
    expectation: `body matches /${safeText(pattern)}/`,
    judge: () => ({ met: matches(pattern, text), actual: safeText(text, 200) || 'an empty body' })
  }
}

function checkJson(expressions: readonly JsonExpression[], answer: Judged, text: string): Check[] {
  /** Parsed by the first that needs it. */
  let json: { readonly value: unknown } | undefined
  return expressions.map((expression) => ({
    input: 'expect_json',
    expectation: `JSON: ${safeText(expression.text)}`,
    judge: () => {
      json ??= { value: answer.truncated ? undefined : parseExactJson(text) }
      return json.value === undefined
        ? { met: false, actual: describeNoJson(answer, text) }
        : expression.evaluate(json.value)
    }
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

/** An expectation and what became of it, as the log has it. */
export function describeVerdict({ met, expectation, actual }: Verdict): string {
  return `${met ? 'met' : 'missed'}: ${expectation}; actual: ${actual}`
}
