import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeExpectations } from '../../../src/call/verdicts.ts'
import { assertFails, expectations, wordsOf } from '../fixtures.ts'

type Inputs = Parameters<typeof expectations>[0]

const ANSWER = {
  status: 200,
  headers: { 'content-type': 'application/json', 'x-empty': '', 'x-version': 'v1.2.3' },
  truncated: false
}
const BODY = '{"status":"ok"}'

/** What is expected, whether it is met, and what is shown of the answer. */
const VERDICTS: [string, Inputs, boolean, RegExp][] = [
  ['another status', { status: '404' }, false, /^200 OK$/],
  ['the status', { status: '2xx' }, true, /^200 OK$/],
  ['a header', { headers: 'X-Version: ^v1\\.' }, true, /^v1\.2\.3$/],
  ['a header with another value', { headers: 'X-Version: ^v2' }, false, /^v1\.2\.3$/],
  ['a header that is missing', { headers: 'X-Missing: .*' }, false, /no such header/],
  ['a header that is empty', { headers: 'X-Empty: .' }, false, /empty header/],
  ['a header of any value', { headers: 'X-Empty:' }, true, /empty header/],
  ['words of the body', { body: '"status":\\s*"ok"' }, true, /status/],
  ['words that the body lacks', { body: 'down' }, false, /status/],
  ['a pattern with a comma', { body: 'x{0,1}"ok"' }, true, /status/],
  ['JSON', { json: "status == 'ok'" }, true, /^true$/],
  ['JSON with another value', { json: "status == 'down'" }, false, /"ok"/],
  ['JSON that is only truthy', { json: 'status' }, false, /"ok"/]
]

for (const [what, inputs, met, actual] of VERDICTS) {
  test(`An answer is held against ${what}: ${met ? 'met' : 'missed'}.`, async () => {
    const verdict = judgeExpectations(await expectations(inputs), ANSWER, BODY, 1_000).at(-1)
    assert.equal(verdict?.met, met)
    assert.match(verdict.actual, actual)
  })
}

test('Every line is an expectation of its own, and the status comes first.', async () => {
  const inputs = { headers: 'X-Version: 1\nX-Version: 2', body: 'ok\n\ndown', json: "status == 'ok'\nmissing" }
  const verdicts = judgeExpectations(await expectations(inputs), ANSWER, BODY, 1_000)
  assert.deepEqual(
    verdicts.map(({ met }) => met),
    [true, true, true, true, false, true, false]
  )
  assert.match(verdicts[0]?.expectation ?? '', /^status 2xx$/)
  const [status, headers, body, json] = ['expect_status', 'expect_headers', 'expect_body', 'expect_json']
  assert.deepEqual(
    verdicts.map(({ input }) => input),
    [status, headers, headers, body, body, json, json]
  )
})

const NO_JSON: [string, string, boolean, RegExp][] = [
  ['longer than 4 MiB, even if what was read is JSON', BODY, true, /longer than 4 MiB/],
  ['HTML', '<p>ok</p>', false, /not JSON \(application\/json\).*<p>ok/],
  ['empty', '', false, /not JSON.*empty body/],
  ['JSON with something behind it', `${BODY};`, false, /not JSON/]
]

for (const [what, text, truncated, actual] of NO_JSON) {
  test(`JSON is missed and the verdict says so when the body is ${what}.`, async () => {
    const verdict = judgeExpectations(await expectations({ json: '@ == @' }), { ...ANSWER, truncated }, text, 1_000).at(
      -1
    )
    assert.equal(verdict?.met, false)
    assert.match(verdict.actual, actual)
  })
}

test('The patterns of a truncated body see what was read of it.', async () => {
  const verdicts = judgeExpectations(
    await expectations({ body: 'status' }),
    { ...ANSWER, truncated: true },
    BODY,
    1_000
  )
  assert.equal(verdicts[1]?.met, true)
})

test('A pattern that takes too long is missed, and the verdict says so.', async () => {
  const verdict = judgeExpectations(await expectations({ body: '(a+)+$' }), ANSWER, `${'a'.repeat(40)}!`, 50).at(-1)
  assert.deepEqual([verdict?.met, verdict?.actual], [false, 'the pattern takes too long on it'])
})

test('What is shown of an answer is one safe line.', async () => {
  const hostile = '::error::\n##[error]\u001b[31m\u202e'
  const headers = { 'x-version': hostile }
  const inputs = { headers: 'X-Version: x', body: 'x{9}', json: 'a' }
  for (const { expectation, actual } of judgeExpectations(
    await expectations(inputs),
    { ...ANSWER, headers },
    hostile,
    1_000
  ))
    assert.doesNotMatch(expectation + actual, /[\p{Cc}\u202e]|##\[/u)
})

const WRONG: [string, Inputs, RegExp][] = [
  ['a status that is none', { status: 'ok' }, /expect_status/],
  ['a header without a pattern for a name', { headers: 'just words' }, /expect_headers/],
  ['a header pattern that is none', { headers: 'X-A: (' }, /expect_headers/],
  ['a body pattern that is none', { body: 'fine\n[' }, /expect_body/],
  ['an expression that is none', { json: 'fine\n==' }, /expect_json/]
]

for (const [what, inputs, input] of WRONG) {
  test(`Expectations with ${what} are refused before any request.`, async () => {
    assertFails(await refusalOf(inputs), 'INPUT_INVALID', input)
  })
}

test('A header line that is none is not repeated: it may be a secret.', async () => {
  assert.doesNotMatch(wordsOf(assertFails(await refusalOf({ headers: 's3cr3t words' }), 'INPUT_INVALID')), /s3cr3t/)
})

/** Throws again what compiling these inputs throws. */
async function refusalOf(inputs: Parameters<typeof expectations>[0]): Promise<() => unknown> {
  const [outcome] = await Promise.allSettled([expectations(inputs)])
  return () => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }
}
