import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileJsonExpression } from '../../../src/inputs/json-expression.ts'
import { parseExactJson } from '../../../src/guard/json.ts'
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

const IDS = parseExactJson(`{
  "id": 9007199254740993, "other": 9007199254740992, "same": 9007199254740993, "small": 7,
  "ids": [1, 9007199254740993], "nested": { "at": 1793750400123456789 }, "text": "9007199254740993",
  "exponent": 9.007199254740993e15, "money": 12345678901234567.89, "endless": 1e400, "empty": ""
}`)

const LONG: [string, boolean, RegExp][] = [
  ['id == `9007199254740993`', true, /./],
  ['id == `9007199254740992`', false, /id is 9007199254740993$/],
  ['id != `9007199254740992`', true, /./],
  ['id == same', true, /./],
  ['id == other', false, /9007199254740993/],
  ['id > other', true, /./],
  ['id > `9007199254740992`', true, /./],
  ['id < `9007199254740994` && id >= `9007199254740993`', true, /./],
  ['id > small && small < id', true, /./],
  ['small > `-9007199254740993`', true, /./],
  ['other == `9.007199254740992e15`', true, /./],
  ['contains(ids, `9007199254740993`)', true, /./],
  ['contains(ids, `9007199254740992`)', false, /\[1,9007199254740993\]/],
  ['ids == `[1,9007199254740993]`', true, /./],
  ['ids == `[1,9007199254740992]`', false, /9007199254740993/],
  ["to_string(id) == '9007199254740993'", true, /./],
  ["to_string(ids) == '[1,9007199254740993]'", true, /./],
  ["starts_with(to_string(nested.at), '1793750400123456789')", true, /./],
  ['to_number(text) == id', true, /./],
  ['to_number(text) == other', false, /./],
  ["type(id) == 'number'", true, /./],
  ['length(ids[?@ == `9007199254740993`]) == `1`', true, /./],
  ['not_null(nothing, id) == same', true, /./],
  ['id && small == `7`', true, /./],
  ['nested == `{"at":1793750400123456789}`', true, /./],
  ['nested == `{"at":1793750400123456788}`', false, /1793750400123456789/],
  ['id', false, /^9007199254740993$|is 9007199254740993$/],
  ['ids', false, /9007199254740993/],
  ['id + `1` == `9007199254740994`', false, /arithmetic cannot calculate with 9007199254740993.*2\^53/],
  ['-id == `-9007199254740993`', false, /cannot calculate with 9007199254740993/],
  ['sum(ids) == `9007199254740994`', false, /sum\(\) cannot calculate with 9007199254740993/],
  ['max(ids) == id', false, /max\(\) cannot/],
  ['abs(id) == id', false, /abs\(\) cannot/],
  ['sort(ids)[1] == id', false, /sort\(\) cannot/],
  ['let $wanted = id in ids[1] == $wanted', true, /./],
  ['let $wanted = other in ids[1] == $wanted', false, /./],
  ['exponent == id', true, /./],
  ['exponent == other', false, /9007199254740993/],
  ['id == `9.007199254740993e15`', true, /./],
  ['money == `12345678901234567`', false, /a number beyond 2\^53 was rounded to 12345678901234568/],
  ['money == `12345678901234568`', false, /rounded/],
  ['money != `12345678901234567`', false, /rounded/],
  ['money > `1`', false, /rounded/],
  ['[money] == `[12345678901234568]`', false, /rounded/],
  ['contains([money], `12345678901234568`)', false, /rounded/],
  ['money + `0` == `12345678901234568`', false, /arithmetic cannot calculate/],
  ['endless == endless', false, /rounded to Infinity/],
  ['endless == `1e401`', false, /rounded/],
  ['endless == `null`', false, /rounded/],
  ["to_string(endless) == 'null'", false, /a number beyond 1e308/],
  ['endless', false, /a number beyond 1e308/],
  ['`9007199254740991` + `2` == `9007199254740993`', false, /rounded to 9007199254740992/],
  ['to_number(empty) == `0`', false, /null/],
  ["to_number('9.007199254740993e15') == id", true, /./],
  ["to_number('1e400') == to_number('1e401')", false, /rounded/]
]

for (const [text, met, actual] of LONG) {
  test(`Integers beyond 2^53 are themselves: ${text} is ${met ? 'met' : 'missed'}.`, () => {
    const verdict = compileJsonExpression(text).evaluate(IDS)
    assert.equal(verdict.met, met, verdict.actual)
    assert.match(verdict.actual, actual)
  })
}

/** Expression, body, and the name that is missing. */
const MISSING: [string, unknown, RegExp][] = [
  ['status == ok', { message: 'down' }, /no member status/],
  ['status == ok', { status: 'down' }, /no member ok; a text is written 'ok'/],
  ['status != error', { status: 'error' }, /no member error/],
  ['status != error', { message: 'down' }, /no member status/],
  ['!(status == error)', { status: 'error' }, /no member error/],
  ['a.b.c == a.b.d', { a: { b: {} } }, /no member c$/],
  ['a.b.c == a.x.d', { a: { b: { c: 1 } } }, /no member x/],
  ['items[3].id == wanted', { items: [], wanted: null }, /no member \[3\]/],
  ['up == true', { down: true }, /no member up/],
  ['up != true', { up: true }, /no member true; the value is written `true`/],
  ['length(items) != total', { items: [1] }, /no member total/],
  ['upper(status) != error', { status: 'error' }, /no member error/],
  ['length(items[?state == failed]) == `0`', { items: [{ state: 'failed' }] }, /no member failed/],
  ['length(items[?@ == failed]) == `0`', { items: ['failed'] }, /no member failed/],
  ['!contains(errors, fatal)', { errors: ['fatal'] }, /no member fatal/],
  ['!contains(errors, "fatal error")', { errors: ['fatal error'] }, /no member fatal error/],
  ['status != "not ok"', { status: 'not ok' }, /no member not ok/],
  ['a == b || c == d', {}, /no member c/],
  ['items[*].a == items[*].b', { items: [{ c: 1 }] }, /no member a/],
  ['items[].a == items[].b', { items: [{ c: 1 }] }, /no member a/],
  ['a.* == b.*', {}, /no member a/],
  ['a[?c].d == b[?c].d', {}, /no member a/],
  ['!(a == b)', {}, /no member a/],
  ['!(a == b || a == c)', {}, /no member a/],
  ['to_string(a) == to_string(b)', {}, /no member a$/],
  ["to_string(a) != to_string('x')", {}, /no member a$/],
  ['not_null(a, b) == not_null(c, d)', {}, /no member a$/],
  ['[a] == [b]', {}, /no member a$/],
  ['{x: a} == {x: b}', {}, /no member a$/],
  ['(a || b) == (c || d)', {}, /no member a$/],
  ['(a | b) == (c | d)', {}, /no member a$/],
  ['a.[b] == c.[d]', { a: {}, c: {} }, /no member b$/],
  ['!(latency > `500`)', {}, /no number/],
  ['!(errors > `5` || warnings > `5`)', {}, /no number/],
  ['!(ready && errors > `5`)', { ready: true }, /no number/],
  ['!(count >= `5`)', { count: '7' }, /no number/],
  ['toString == valueOf', {}, /no member toString/],
  ['constructor.name == other.name', {}, /no member constructor/]
]

test('One side of || decides where the other names what is not in the body.', () => {
  for (const text of ["a == b || status == 'ok'", "status == 'ok' || a == b"])
    assert.deepEqual(compileJsonExpression(text).evaluate({ status: 'ok' }), { met: true, actual: 'true' })
})

for (const [text, body, actual] of MISSING) {
  test(`A comparison with a name that is not in the body is never met: ${text} on ${JSON.stringify(body)}.`, () => {
    const verdict = compileJsonExpression(text).evaluate(body)
    assert.equal(verdict.met, false)
    assert.match(verdict.actual, actual)
  })
}

const PRESENT: [string, unknown][] = [
  ['a == b', { a: null, b: null }],
  ['a.b == c.d', { a: { b: 1 }, c: { d: 1 } }],
  ['a != b', { a: 1, b: null }],
  ["status != 'error'", {}],
  ['error == null', {}],
  ['error == `null`', {}],
  ['null == "last-error"', {}],
  ['!error', {}],
  ["status || 'ok' == 'ok'", {}],
  ['ready == total', { ready: 2, total: 2 }],
  ['(status || state) == wanted', { state: 1, wanted: 1 }],
  ['[a, b] == [c, d]', { a: 1, c: 1 }],
  ["type(a) == 'null'", {}],
  ['join(to_string(`1`), names) == text', { names: ['a', 'b'], text: 'a1b' }],
  ['!(latency > `500`)', { latency: 20 }],
  ['!(error || latency > `500`)', { latency: 20 }],
  ['!(error || warning)', {}],
  ['length(items[?age > `5`]) == `1`', { items: [{ age: 6 }, {}] }],
  ['items[-1].id == last', { items: [{ id: 1 }, { id: 2 }], last: 2 }],
  [
    'length(items[?ready == wanted]) == `1`',
    {
      items: [
        { ready: 1, wanted: 1 },
        { ready: 0, wanted: 1 }
      ]
    }
  ],
  ['"content-type" == "x-type"', { 'content-type': 'a', 'x-type': 'a' }],
  ['"ok".status == \'up\'', { ok: { status: 'up' } }],
  ['toString == `1`', { toString: 1 }],
  ['@ == `{"type":"Function","name":"db"}`', { type: 'Function', name: 'db' }],
  ['__proto__.x == `1`', JSON.parse('{"__proto__":{"x":1}}')],
  ['toString == null && constructor == null && __proto__ == null && hasOwnProperty == null', { a: 1 }]
]

for (const [text, body] of PRESENT) {
  test(`What can mean what it says is met: ${text} on ${JSON.stringify(body)}.`, () => {
    const verdict = compileJsonExpression(text).evaluate(body)
    assert.deepEqual(verdict, { met: true, actual: 'true' })
  })
}

/** Expression, and as it was meant. */
const DOUBLE_QUOTES: [string, string][] = [
  ['status == "ok"', "status == 'ok'"],
  ['status != "error"', "status != 'error'"],
  ['"ok" == status', "'ok' == status"],
  ['contains(errors, "fatal")', "contains(errors, 'fatal')"],
  ['!contains(errors, "fatal")', "!contains(errors, 'fatal')"],
  ['length(items[?state == "failed"]) == `0`', "length(items[?state == 'failed']) == `0`"],
  ['items[*].checks[?name == "db"] | [0].up', "items[*].checks[?name == 'db'] | [0].up"],
  ['status == "ok" && commit == "c0ffee" || up', "status == 'ok' && commit == 'c0ffee' || up"],
  ['!(status == "ok")', "!(status == 'ok')"],
  ['[?a == `"x"` && b == "y"]', '[?a == `"x"` && b == \'y\']'],
  ['contains(["ok", "up"], status)', "contains(['ok', 'up'], status)"],
  ['starts_with(to_string("a"), \'a\') && text == \'"ok"\'', "starts_with(to_string('a'), 'a') && text == '\"ok\"'"],
  ['status == "\\u006fk"', "status == 'ok'"]
]

for (const [text, meant] of DOUBLE_QUOTES) {
  test(`A text in double quotes is known before any request: ${text}.`, () => {
    const failure = assertFails(() => compileJsonExpression(text), 'INPUT_INVALID', /is the name of a member/)
    assert.ok(failure.remedy.includes(meant), failure.remedy)
    assert.deepEqual(failure.snippets?.at(-1)?.lines, ['expect_json: |', `  ${meant}`])
  })
}

test('The names of private use do not get in the way.', () => {
  const expression = compileJsonExpression('"\uE0000" == \'x\' && "\uE000\uE0001" == `9007199254740993`')
  assert.equal(expression.evaluate({ '\uE0000': 'x', '\uE000\uE0001': 9007199254740993n }).met, true)
})

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
  ['a single equals sign in a filter', 'items[?id = `1`]'],
  ['a name where a function takes an expression', 'sort_by(items, id)'],
  ['an expression where a function takes a value', "ends_with(&a, 'b')"],
  ['a literal that a function does not take', 'length(`5`) == `1`'],
  ['a literal that a function does not take, behind a name', 'starts_with(commit, `1`)'],
  ['a text that is to be ordered', "status > 'a'"],
  ['a slice that never moves', 'items[0:3:0]'],
  ['an unknown function', 'matches(status, `1`)'],
  ['an unknown function behind another operand', "status == 'ok' && nope(@)"],
  ['an unknown function in an argument', 'length(nope(@))'],
  ['an unknown function in a projection', 'items[?nope(@)]'],
  ['too many arguments', 'length(items, items)'],
  ['too few arguments', 'starts_with(status)'],
  ['no arguments', 'length()'],
  ['a function that every object has', 'toString(@)'],
  ['an open bracket', 'items[0'],
  ['an open quote', "status == 'ok"],
  // In quadratic time it would not end within the limit of a test.
  ['an open quote with a million others behind', `'${"\\'".repeat(1_000_000)}`]
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
