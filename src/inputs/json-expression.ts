import { compile, getRegisteredFunctions, TreeInterpreter, type JSONValue } from '@jmespath-community/jmespath'
import { evaluate, type Expression } from './json-evaluation.ts'
import { parseExactJson } from '../guard/json.ts'
import { inputInvalid } from './failures.ts'
import { quoteValue, safeText } from '../guard/safe-text.ts'

/** A JMESPath expression that is to be true. */
export interface JsonExpression {
  readonly text: string
  /** Met by exactly `true`. `actual` is the value, or for a comparison the value on its left side. */
  readonly evaluate: (json: unknown) => { met: boolean; actual: string }
}

/** A node of the tree, of whatever type. */
type Node = Record<string, unknown> & { readonly type: string }

/** A name that was written in double quotes, and where. */
interface QuotedName extends Node {
  readonly name: string
  readonly quoted: Quotation
}

interface Quotation {
  /** With its quotes. */
  readonly token: string
  readonly offset: number
}

/**
 * Compiles an expression, and checks that it can mean what it says, and of each function in it that it exists and takes that
 * many arguments, which the library finds out only when it calls it.
 *
 * @throws {Failure} INPUT_INVALID
 */
export function compileJsonExpression(text: string): JsonExpression {
  const expression = parseChecked(text)
  const texts = nodesIn(expression).flatMap(operandsOf).filter(isTextInDoubleQuotes)
  const [first] = texts
  if (first === undefined) return { text, evaluate: (json) => evaluate(expression, json) }
  const corrected = useSingleQuotes(text, texts)
  throw inputInvalid(
    'expect_json',
    `in ${quoteValue(text)}, ${quoteValue(first.quoted.token)} is the name of a member; a text has single quotes`,
    `Write ${safeText(corrected)}, or the name without quotes.`,
    ['expect_json: |', `  ${corrected}`]
  )
}

function parseChecked(text: string): Expression {
  try {
    if (hasOpenQuote(text)) throw new Error('a quote is not closed')
    const expression = parse(text)
    const nodes = nodesIn(expression)
    const bindings = new Set(nodes.flatMap(({ type, bindings }) => (type === 'LetExpression' ? bindings : [])))
    for (const node of nodes) {
      // The library takes a single = for the binding of a "let".
      if (node.type === 'Binding' && !bindings.has(node)) throw new Error('a comparison is written ==')
      if (node.type === 'Slice' && node['step'] === 0) throw new Error('a step of 0 leads nowhere')
      if (node.type === 'Comparator') checkOrder(node)
      if (node.type === 'Function') checkCall(node)
    }
    return expression
  } catch (error) {
    const reason = error instanceof Error ? safeText(error.message, 120) : 'unknown'
    throw inputInvalid(
      'expect_json',
      `${quoteValue(text)} is not a JMESPath expression (${reason})`,
      "Write expressions as status == 'ok'.",
      ['expect_json: |', "  status == 'ok'"]
    )
  }
}

/** Names in quotes, raw strings and literals: https://jmespath.org/specification.html#grammar */
const QUOTATION = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/gs

/**
 * Parses an expression. Unlike the library's own tree, this one knows which names were in quotes, and holds the long integers
 * of literals exactly: both are taken out beforehand, and put where the library left their place.
 *
 * @throws {Error} where it does not compile
 */
function parse(text: string): Expression {
  // An error is to be about the text as it was written.
  compile(text)
  let mark = '\uE000'
  while (text.includes(mark)) mark += mark
  const quotations = new Map<string, Quotation>()
  const marked = text.replaceAll(QUOTATION, (token, offset: number) => {
    if (token.startsWith("'")) return token
    const place = `${mark}${quotations.size}`
    quotations.set(place, { token, offset })
    return token.startsWith('"') ? `"${place}"` : `'${place}'`
  })
  const expression = compile(marked)
  for (const node of nodesIn(expression)) {
    const name = quotations.get(String(node['name']))
    if (name !== undefined) Object.assign(node, { name: JSON.parse(name.token) as unknown, quoted: name })
    const literal = node.type === 'Literal' ? quotations.get(String(node['value'])) : undefined
    if (literal !== undefined) node['value'] = parseExactJson(literal.token.slice(1, -1).replaceAll('\\`', '`'))
  }
  return expression
}

function hasOpenQuote(text: string): boolean {
  // Without an end it matches as well: a search that began anew behind each quote would take quadratic time.
  const last = [...text.matchAll(/(['"`])(?:\\(?:.|$)|(?!\1)[^\\])*(\1?)/gs)].at(-1)
  return last?.[2] === ''
}

function nodesIn(tree: unknown): Node[] {
  if (typeof tree !== 'object' || tree === null) return []
  const isNode = 'type' in tree && typeof tree.type === 'string'
  // What a literal holds may look like a node.
  const inside = isNode && tree.type === 'Literal' ? [] : Object.values(tree).flatMap(nodesIn)
  return isNode ? [tree as Node, ...inside] : inside
}

/** What a comparison compares and a function is given, a list of either member by member. */
function operandsOf(node: Node): Node[] {
  const operands = node.type === 'Comparator' ? [node['left'], node['right']] : []
  const all = node.type === 'Function' ? (node['children'] as Node[]) : (operands as Node[])
  return all.flatMap((operand) => (operand.type === 'MultiSelectList' ? (operand['children'] as Node[]) : [operand]))
}

/** A name that needs no quotes has none unless a text was meant. */
function isTextInDoubleQuotes(node: Node): node is QuotedName {
  return node.type === 'Field' && 'quoted' in node && /^[A-Za-z_]\w*$/.test(String(node['name']))
}

function useSingleQuotes(text: string, names: readonly QuotedName[]): string {
  let corrected = ''
  let end = 0
  for (const { name, quoted } of names.toSorted((a, b) => a.quoted.offset - b.quoted.offset)) {
    corrected += `${text.slice(end, quoted.offset)}'${name}'`
    end = quoted.offset + quoted.token.length
  }
  return corrected + text.slice(end)
}

/** Numbers alone are ordered: https://jmespath.org/specification.html#ordering-operators */
function checkOrder({ name, left, right }: Node): void {
  const isNoNumber = (side: Node): boolean => isLiteral(side) && !['number', 'bigint'].includes(typeof side['value'])
  if (!['EQ', 'NE'].includes(String(name)) && [left as Node, right as Node].some(isNoNumber))
    throw new Error('numbers alone are greater or less than others')
}

/** Values of every type, for arguments of which nothing is known. */
const SAMPLES = [null, true, 1, 'x', {}, [], [1], ['x']] satisfies JSONValue[]

/** A call is wrong where its function does not exist, or does not take that many arguments, or not one that is written out. */
function checkCall(node: Node): void {
  const name = String(node['name'])
  const written = node['children'] as Node[]
  if (!getRegisteredFunctions().some((known) => known === name)) throw new Error(`unknown function: ${name}()`)
  const children = written.map((child) =>
    isLiteral(child)
      ? { ...child, value: withoutLongIntegers(child['value']) }
      : child.type === 'ExpressionReference'
        ? { ...child, child: { type: 'Identity' } }
        : { type: 'Identity' }
  )
  for (const sample of SAMPLES) {
    try {
      TreeInterpreter.search({ ...node, children } as unknown as Expression, sample)
    } catch (error) {
      const { message } = error as Error
      const [, place, isExpression] = /argument (\d+) to be type (\(expression\))?/.exec(message) ?? []
      const argument = written[Number(place) - 1]
      const isKnown = isLiteral(argument) || argument?.type === 'ExpressionReference' || isExpression !== undefined
      // The type of anything else is what the service answers.
      if (/arity/i.test(message) || (argument !== undefined && isKnown)) throw error
    }
  }
}

function isLiteral(node: Node | undefined): boolean {
  return node?.type === 'Literal'
}

/** The library knows no type for them. */
function withoutLongIntegers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLongIntegers)
  return typeof value === 'bigint' ? 1 : value
}
