import { readAll, readEach } from './complaints.ts'
import type { JsonExpression } from './json-expression.ts'
import { parseHeaderLine } from './request-headers.ts'
import { checkPattern } from './pattern.ts'
import { parseStatusSet, type StatusSet } from './status-set.ts'
import { parseLines } from './values.ts'

/** What the author expects of the answer, compiled. */
export interface Expectations {
  readonly status: StatusSet
  readonly headers: readonly { readonly name: string; readonly pattern: string }[]
  readonly body: readonly string[]
  readonly json: readonly JsonExpression[]
}

/**
 * @throws {Failure | AggregateError} INPUT_INVALID for whatever can be known to be wrong
 */
export async function compileExpectations(
  inputs: Readonly<Record<'status' | 'headers' | 'body' | 'json', string>>
): Promise<Expectations> {
  return await readAll({
    status: () => parseStatusSet(inputs.status),
    headers: () =>
      readEach(parseLines(inputs.headers), (line) => {
        const { name, value } = parseHeaderLine('expect_headers', line)
        return { name, pattern: checkPattern('expect_headers', value) }
      }),
    body: () => readEach(parseLines(inputs.body), (line) => checkPattern('expect_body', line)),
    json: async () => await compileJson(parseLines(inputs.json))
  })
}

/** The library is loaded only where there is an expression. */
async function compileJson(expressions: readonly string[]): Promise<JsonExpression[]> {
  if (expressions.length === 0) return []
  const { compileJsonExpression } = await import('./json-expression.ts')
  return readEach(expressions, compileJsonExpression)
}
