import { compile, search, TreeInterpreter } from '@jmespath-community/jmespath'
import type { JSONValue } from '@jmespath-community/jmespath'
import { quoteValue } from '../guard/quote.ts'
import { inputInvalid } from './failures.ts'
import { safeText } from '../guard/safe-text.ts'

type Expression = ReturnType<typeof compile>

/** A JMESPath expression that is to be true: https://jmespath.org/specification.html */
export interface JsonExpression {
  readonly text: string
  /** Met by exactly `true`. `actual` is the value, or for a comparison the value on its left side. */
  readonly evaluate: (json: unknown) => { met: boolean; actual: string }
}

/**
 * Compiles an expression, and asks of each function in it whether it exists and takes that many arguments, which the library
 * finds out only when it calls it.
 *
 * @throws {Failure} INPUT_INVALID
 */
export function compileJsonExpression(text: string): JsonExpression {
  try {
    if (hasOpenQuote(text)) throw new Error('a quote is not closed')
    const compiled = compile(text)
    // The library takes a single = for the binding of a "let".
    if ((compiled.type as string) === 'Binding') throw new Error('a comparison is written ==')
    for (const { name, children } of callsIn(compiled)) checkCall(name, children.length)
    return { text, evaluate: (json) => evaluate(compiled, json as JSONValue) }
  } catch (error) {
    const reason = error instanceof Error ? safeText(error.message, 120) : 'unknown'
    throw inputInvalid(
      'expect_json',
      `${quoteValue(text)} is not a JMESPath expression (${reason})`,
      "Write it as status == 'ok'.",
      ['expect_json: |', "  status == 'ok'"]
    )
  }
}

function evaluate(expression: Expression, data: JSONValue): { met: boolean; actual: string } {
  try {
    const value = TreeInterpreter.search(expression, data)
    return { met: value === true, actual: value === true ? 'true' : describeMiss(expression, data) }
  } catch (error) {
    // Mostly a function that was given a value of another type than it takes.
    return { met: false, actual: error instanceof Error ? safeText(error.message) : 'it cannot be evaluated' }
  }
}

function describeMiss(expression: Expression, data: JSONValue): string {
  if (expression.type === 'AndExpression') {
    const side = TreeInterpreter.search(expression.left, data) === true ? expression.right : expression.left
    return describeMiss(side, data)
  }
  const subject = subjectOf(expression)
  const value = show(TreeInterpreter.search(subject ?? expression, data))
  return subject?.type === 'Field' ? `${safeText(subject.name, 60)} is ${value}` : value
}

/** What a comparison or a call is about: its left side, its first argument. */
function subjectOf(expression: Expression): Expression | undefined {
  if (expression.type === 'Comparator') return expression.left
  return expression.type === 'Function' ? expression.children[0] : undefined
}

function show(value: JSONValue): string {
  return safeText(JSON.stringify(value), 200)
}

/** Raw strings, quoted names and literals: https://jmespath.org/specification.html#grammar */
function hasOpenQuote(text: string): boolean {
  return /['"`]/.test(text.replaceAll(/\\./g, '').replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, ''))
}

function callsIn(node: unknown): { name: string; children: unknown[] }[] {
  if (typeof node !== 'object' || node === null) return []
  const inside = Object.values(node).flatMap(callsIn)
  return 'type' in node && node.type === 'Function'
    ? [node as unknown as { name: string; children: unknown[] }, ...inside]
    : inside
}

function checkCall(name: string, count: number): void {
  try {
    search(null, `${name}(${Array<string>(count).fill('@').join(', ')})`)
  } catch (error) {
    // A wrong type is no mistake of the author's: these arguments are not.
    if (error instanceof Error && /unknown function|arity/i.test(error.message)) throw error
  }
}
