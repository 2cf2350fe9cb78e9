import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileJsonExpression } from '../../../src/inputs/json-expression.ts'
import { assertFails } from '../fixtures.ts'

const BODY = {
  status: 'ok',
  commit: 'c0ffee123',
  ready: true,
  word: 'true',
  count: 3,
  zero: 0,
  items: [1, 2],
  nothing: null,
  nested: { name: 'x' }
}

/** Expression, whether it is met, and what is shown. */
const VERDICTS: [string, boolean, RegExp][] = [
  ["status == 'ok' && starts_with(commit, 'c0ffee')", true, /^true$/],
  ['ready', true, /^true$/],
  ['length(items) == `2`', true, /^true$/],
  ["nested.name == 'x'", true, /^true$/],
  ['contains(items, `2`)', true, /^true$/],
  ["status == 'down'", false, /status is "ok"/],
  ["status == 'ok' && commit == 'x'", false, /commit is "c0ffee123"/],
  ["status == 'down' && ready", false, /status is "ok"/],
  ['length(items) == `3`', false, /^2$/],
  ["starts_with(commit, 'x')", false, /commit is "c0ffee123"/],
  ['word', false, /"true"/],
  ['count', false, /3/],
  ['items', false, /\[1,2\]/],
  ['nothing', false, /null/],
  ['missing', false, /null/],
  ['zero', false, /0/],
  ['!ready', false, /false/],
  ['[ready]', false, /\[true\]/],
  ['length(count) == `1`', false, /./]
]

for (const [text, met, actual] of VERDICTS) {
  test(`The expression ${text} is ${met ? 'met' : 'missed, and shows what is there'}.`, () => {
    const verdict = compileJsonExpression(text).evaluate(BODY)
    assert.equal(verdict.met, met)
    assert.match(verdict.actual, actual)
  })
}

const SCALARS: [string, unknown, boolean][] = [
  ['true', true, true],
  ['null', null, false],
  ['a string', 'true', false],
  ['1', 1, false]
]

for (const [what, json, met] of SCALARS) {
  test(`A body that is ${what} is ${met ? '' : 'not '}exactly true.`, () => {
    assert.equal(compileJsonExpression('@').evaluate(json).met, met)
  })
}

const WRONG: [string, string][] = [
  ['a syntax error', 'status =='],
  ['a single equals sign', "status = 'ok'"],
  ['an unknown function', 'matches(status, `1`)'],
  ['an unknown function behind another operand', "status == 'ok' && nope(@)"],
  ['an unknown function in an argument', 'length(nope(@))'],
  ['an unknown function in a projection', 'items[?nope(@)]'],
  ['too many arguments', 'length(items, items)'],
  ['too few arguments', 'starts_with(status)'],
  ['no arguments', 'length()'],
  ['an open bracket', 'items[0'],
  ['an open quote', "status == 'ok"]
]

for (const [what, text] of WRONG) {
  test(`An expression with ${what} is refused before any request.`, () => {
    assertFails(() => compileJsonExpression(text), 'INPUT_INVALID', /^Input expect_json: /)
  })
}

for (const text of ['not_null(a, b, c)', 'sort_by(items, &name)', "join(',', items)", 'merge(@, @)', 'type(@)']) {
  test(`The functions in ${text} are known with that many arguments.`, () => {
    assert.equal(compileJsonExpression(text).text, text)
  })
}

test('A value that is shown is one short line.', () => {
  const { actual } = compileJsonExpression('@').evaluate({ text: `\n::error::\u202e${'x'.repeat(5_000)}` })
  assert.doesNotMatch(actual, /[\n\u202e]/)
  assert.ok(actual.length <= 200)
})
