import { TreeInterpreter, type compile, type JSONValue } from '@jmespath-community/jmespath'
import { isObject, isRounded, parseExactJson, writeExactJson } from '../guard/json.ts'
import { safeText } from '../guard/safe-text.ts'

/** The tree of a JMESPath expression: https://jmespath.org/specification.html */
export type Expression = ReturnType<typeof compile>
type Value = ReturnType<typeof TreeInterpreter.visit>
type Comparison = Extract<Expression, { type: 'Comparator' }>

/**
 * Evaluates an expression of `expect_json`, which is met by exactly `true`. `actual` is the value, or for a comparison the
 * value on its left side.
 *
 * @param json of `parseExactJson`
 */
export function evaluate(expression: Expression, json: unknown): { met: boolean; actual: string } {
  try {
    const value = search(expression, json)
    return { met: value === true, actual: value === true ? 'true' : describeMiss(expression, json) }
  } catch (error) {
    // Too deep a value, which is the caller's business.
    if (error instanceof RangeError) throw error
    // Mostly a function that was given a value of another type than it takes.
    const reason = error instanceof Error ? safeText(error.message).replace(/\.$/, '') : 'it cannot be evaluated'
    return { met: false, actual: reason }
  }
}

function describeMiss(expression: Expression, json: unknown): string {
  if (expression.type === 'AndExpression') {
    const side = search(expression.left, json) === true ? expression.right : expression.left
    return describeMiss(side, json)
  }
  const subject = subjectOf(expression)
  const value = safeText(writeExactJson(search(subject ?? expression, json)), 200)
  return subject?.type === 'Field' ? `${safeText(subject.name, 60)} is ${value}` : value
}

/** What a comparison or a call is about: its left side, its first argument. */
function subjectOf(expression: Expression): Expression | undefined {
  if (expression.type === 'Comparator') return expression.left
  return expression.type === 'Function' ? expression.children[0] : undefined
}

function search(expression: Expression, json: unknown): unknown {
  return interpreter.search(expression, json as JSONValue)
}

/** The library offers an instance, and not its class. */
const Interpreter = TreeInterpreter.constructor as new () => typeof TreeInterpreter

/**
 * The library's interpreter, but for what would let an expectation pass that it should not: names that are not in the body,
 * members that every object inherits, and integers that a double cannot hold, which are bigints here.
 */
class ExactInterpreter extends Interpreter {
  override visit(node: Expression, value: Value): Value {
    if (node.type === 'Field') return hasMember(value, node.name) ? (value[node.name] ?? null) : null
    if (node.type === 'Function') return this.call(node.name, node.children, value)
    if (node.type === 'Comparator') {
      this.requireNames(node, value)
      return compare(node.name, this.visit(node.left, value), this.visit(node.right, value))
    }
    if (node.type === 'OrExpression') return this.either(node, node.right, value)
    // Where a side of > or < is no number, the comparison is null, which "not" would turn into true.
    if (node.type === 'NotExpression' && isOrder(node.child) && this.visit(node.child, value) === null)
      throw new Error('what is compared is no number')
    if (node.type === 'Arithmetic') for (const side of [node.left, node.right]) this.requireShort(side, value)
    if (node.type === 'Unary') this.requireShort(node.operand, value)
    return super.visit(node, value)
  }

  override withScope(scope: Parameters<typeof TreeInterpreter.withScope>[0]): typeof TreeInterpreter {
    return Object.setPrototypeOf(super.withScope(scope), ExactInterpreter.prototype) as typeof TreeInterpreter
  }

  /** A side that says nothing leaves the other one to decide. */
  private either(node: Expression, right: Expression, value: Value): Value {
    try {
      return super.visit(node, value)
    } catch (error) {
      if (error instanceof RangeError || this.visit(right, value) !== true) throw error
      return true
    }
  }

  /** null equals null, and differs from everything else: with a name that is missing, a comparison says nothing. */
  private requireNames({ left, right }: Comparison, value: Value): void {
    if (isConstant(left) || isConstant(right)) return
    this.requireName(left, value)
    this.requireName(right, value)
  }

  private requireName(node: Expression | undefined, value: Value): void {
    const missing = isConstant(node) ? undefined : this.missingName(node, value)
    if (missing === undefined) return
    const meant =
      missing === 'true' || missing === 'false'
        ? `the value is written \`${missing}\``
        : `a text is written '${missing}'`
    throw new Error(`no member ${missing}${node?.type === 'Field' ? `; ${meant}` : ''}`)
  }

  private requireShort(node: Expression, value: Value): void {
    refuseLongIntegers('arithmetic', this.visit(node, value))
  }

  /** The part of a path that the value has not; undefined for everything that is no path, and where all is there. */
  private missingName(node: Expression | undefined, value: Value): string | undefined {
    if (node === undefined) return undefined
    if (node.type === 'Field') return hasMember(value, node.name) ? undefined : node.name
    if (node.type === 'Index') return this.visit(node, value) === null ? `[${node.value}]` : undefined
    if (node.type === 'Projection') return this.missingInEach(node.left, node.right, value)
    if (node.type === 'ValueProjection' || node.type === 'FilterProjection') return this.missingName(node.left, value)
    if (node.type === 'Subexpression' || node.type === 'IndexExpression' || node.type === 'Pipe')
      return this.missingName(node.left, value) ?? this.missingName(node.right, this.visit(node.left, value))
    return this.missingInAll(partsOf(node), value)
  }

  /** The first missing part of expressions that have nothing else to go by. */
  private missingInAll(parts: readonly Expression[], value: Value): string | undefined {
    const names = parts.map((part) => this.missingName(part, value))
    return names.every((name) => name !== undefined) ? names[0] : undefined
  }

  /** The part of a path that no element of a list has; a projection leaves such elements out. */
  private missingInEach(list: Expression, path: Expression, value: Value): string | undefined {
    const missing = this.missingName(list, value)
    const elements = missing === undefined ? this.visit(list, value) : null
    if (!Array.isArray(elements)) return missing
    const names = elements.map((element) => this.missingName(path, element))
    return names.every((name) => name !== undefined) ? names[0] : undefined
  }

  private call(name: string, children: readonly Expression[], value: Value): Value {
    const values = children.map((child) => this.visit(child, value))
    const [first, second]: readonly unknown[] = values
    if (name === 'contains') {
      this.requireName(children[1], value)
      if (Array.isArray(first)) return first.some((element) => isEqual(element, second))
    }
    if (name === 'to_string' && typeof first !== 'string') return writeExactJson(first)
    if (name === 'to_number' && (typeof first === 'string' || typeof first === 'bigint'))
      return toNumber(`${first}`) as Value
    if (name === 'type' && typeof first === 'bigint') return 'number'
    if (!UNTOUCHED.includes(name)) for (const each of values) refuseLongIntegers(`${name}()`, each)
    return this.runtime.callFunction(name, values)
  }
}

const interpreter = new ExactInterpreter()

/** Functions that hand on what they are given, and never calculate with it. */
const UNTOUCHED = [
  'contains',
  'from_items',
  'items',
  'keys',
  'length',
  'map',
  'merge',
  'not_null',
  'reverse',
  'to_array',
  'values',
  'zip'
]

/** `null` is written for the value, though to JMESPath it is the name of a member that hardly any body has. */
function isConstant(node: Expression | undefined): boolean {
  return node?.type === 'Literal' || (node?.type === 'Field' && node.name === 'null')
}

/** What makes up the value of a function, a list, an object, or of one thing or another. */
function partsOf(node: Expression): readonly Expression[] {
  if (node.type === 'Function' || node.type === 'MultiSelectList') return node.children
  if (node.type === 'MultiSelectHash') return node.children.map((pair) => pair.value)
  return node.type === 'OrExpression' || node.type === 'AndExpression' ? [node.left, node.right] : []
}

/** Whether an expression is one that says of numbers which is greater, or several with "and" or "or". */
function isOrder(node: Expression): boolean {
  if (node.type === 'OrExpression' || node.type === 'AndExpression') return isOrder(node.left) || isOrder(node.right)
  return node.type === 'Comparator' && node.name !== 'EQ' && node.name !== 'NE'
}

function hasMember(value: unknown, name: string): value is Readonly<Record<string, Value>> {
  return isObject(value) && Object.hasOwn(value, name)
}

function compare(operator: string, left: unknown, right: unknown): boolean | null {
  if (operator === 'EQ') return isEqual(left, right)
  if (operator === 'NE') return !isEqual(left, right)
  refuseRounded(left)
  refuseRounded(right)
  if (!isNumber(left) || !isNumber(right)) return null
  if (operator === 'GT') return left > right
  if (operator === 'GTE') return left >= right
  return operator === 'LT' ? left < right : left <= right
}

function isEqual(left: unknown, right: unknown): boolean {
  refuseRounded(left)
  refuseRounded(right)
  if (left === right) return true
  if (typeof left === 'bigint' && typeof right === 'number') return Number.isInteger(right) && left === BigInt(right)
  if (typeof left === 'number' && typeof right === 'bigint') return isEqual(right, left)
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((element, index) => isEqual(element, right[index]))
  if (!isObject(left) || !isObject(right)) return false
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name]))
  )
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** https://jmespath.org/specification.html#to-number: the library's own takes an empty text for zero, and rounds. */
function toNumber(text: string): unknown {
  const value = parseExactJson(text)
  return isNumber(value) ? value : null
}

/** Two such numbers may be equal here, and not where they were written. */
function refuseRounded(value: unknown): void {
  if (isRounded(value))
    throw new Error(`a number beyond 2^53 was rounded to ${value}: integers alone are compared there`)
}

function refuseLongIntegers(what: string, value: unknown): void {
  const found = [value].flat().find((each) => typeof each === 'bigint' || isRounded(each))
  if (found === undefined) return
  throw new Error(
    `${what} cannot calculate with ${String(found)}: integers beyond 2^53 can be compared, and nothing else`
  )
}
