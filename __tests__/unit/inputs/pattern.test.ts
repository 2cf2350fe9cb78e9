import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPattern, matches } from '../../../src/inputs/pattern.ts'
import { assertFails } from '../fixtures.ts'

const MATCHES: [string, string, string, boolean][] = [
  ['somewhere in the text', 'b+', 'abbc', true],
  ['at the start of a line', '^two$', 'one\ntwo\nthree', true],
  ['nowhere', 'x', 'abc', false],
  ['only in another case', 'ABC', 'abc', false],
  ['only over a line break that a dot does not take', 'one.two', 'one\ntwo', false],
  ['with a flag of its own', '(?i:ABC)', 'abc', true],
  ['everything, because it is empty', '', '', true],
  ['a text that looks like code', '^"\\);', '"); process.exit()', true]
]

for (const [what, pattern, text, expected] of MATCHES) {
  test(`A pattern that matches ${what} is judged ${expected}.`, () => {
    assert.equal(matches(checkPattern('expect_body', pattern), text), expected)
  })
}

for (const pattern of ['(', '[', '*', 'a{2,1}', '(?<x>a)(?<x>b)', '\\']) {
  test(`${pattern} is known to be no regular expression before anything is sent.`, () => {
    assertFails(() => checkPattern('expect_body', pattern), 'INPUT_INVALID', /^Input expect_body: .* is not a regular/)
  })
}
