import { quoteValue } from '../guard/safe-text.ts'
import { inputInvalid } from './failures.ts'
import { parseList } from './values.ts'

/** The statuses that `expect_status` accepts. */
export interface StatusSet {
  /** As it was written. */
  readonly text: string
  readonly has: (status: number) => boolean
  /** Whether the very code is listed: only so does a refusal of Google's count as expected. */
  readonly lists: (status: number) => boolean
}

/**
 * @param text codes, ranges and classes: `200,204,301-303,4xx`
 * @throws {Failure} INPUT_INVALID
 */
export function parseStatusSet(text: string): StatusSet {
  const parts = parseList(text).map(parsePart)
  if (parts.length === 0) throw invalid(text)
  return {
    text,
    has: (status) => parts.some(({ from, to }) => status >= from && status <= to),
    lists: (status) => parts.some((part) => part.exact && part.from === status)
  }
}

function parsePart(part: string): { from: number; to: number; exact: boolean } {
  const [, hundreds] = /^([1-5])xx$/i.exec(part) ?? []
  if (hundreds !== undefined) return { from: Number(hundreds) * 100, to: Number(hundreds) * 100 + 99, exact: false }
  const [, first, last] = /^([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?$/.exec(part) ?? []
  const from = Number(first)
  const to = Number(last ?? first)
  if (first === undefined || from > to) throw invalid(part)
  return { from, to, exact: last === undefined }
}

function invalid(part: string): Error {
  return inputInvalid(
    'expect_status',
    `${quoteValue(part)} is no status`,
    'Write codes, ranges and classes, as 200,204,301-303,4xx.',
    ['expect_status: 200,204,301-303,4xx']
  )
}
