import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { assertSays, callScenario, callsOf, json } from '../call-given.ts'
import type { Inputs } from '../call-given.ts'
import { assertFailure, assertSuccess } from '../given.ts'

const HEALTHY = json(
  { status: 'ok', commit: 'c0ffee1', version: 7, checks: [{ name: 'db', up: true }], nothing: null, text: 'yes' },
  { 'x-revision': 'hello-00042-abc', 'cache-control': 'no-store' }
)
/** A POST is not repeated, so that a miss costs no time. */
const once = { method: 'POST' }

describe('Expectations that are met', { concurrency: 4 }, () => {
  const MET: readonly Inputs[] = [
    { expect_headers: 'X-Revision: ^hello-\\d+-abc$\ncontent-type: json\nCACHE-CONTROL: no-store' },
    { expect_body: '"version":7\ncommit.*c0ffee' },
    { expect_json: "status == 'ok' && starts_with(commit, 'c0ffee')" },
    { expect_json: "version > `6`\nchecks[?name=='db'] | [0].up\nlength(checks) == `1`\nnothing == null" },
    { expect_json: "status=='ok'\nversion == `7`", expect_headers: 'x-revision: .', expect_body: '.' }
  ]
  for (const inputs of MET) {
    callScenario(`${JSON.stringify(inputs)} is met`, { app: [HEALTHY] }, async ({ call }) => {
      assertSuccess(await call(inputs))
    })
  }

  callScenario(
    'A pattern sees every line of the body, and its ends',
    { app: [{ body: 'one\ntwo\r\nthree' }] },
    async ({ call }) => {
      assertSuccess(await call({ ...once, expect_body: '^one$\n^three$\ntwo' }))
    }
  )
})

describe('Expectations that miss', { concurrency: 4 }, () => {
  const MISSED: readonly [string, Inputs, readonly (string | RegExp)[]][] = [
    [
      'the value on the left side of a comparison',
      { expect_json: "commit == 'badbee'" },
      ["commit == 'badbee'", 'c0ffee1']
    ],
    [
      'the value on the left side of a second term',
      { expect_json: "status == 'ok' && commit == 'badbee'" },
      ['c0ffee1']
    ],
    ['what a function was about', { expect_json: "starts_with(commit, 'badbee')" }, ['c0ffee1']],
    ['a value that is not exactly true', { expect_json: 'text' }, ['"yes"']],
    ['a number that is not true', { expect_json: 'version' }, [/\b7\b/]],
    ['null for what is not there', { expect_json: 'nowhere' }, ['null']],
    ['an object', { expect_json: 'checks[0]' }, ['"db"']],
    ['the complaint of a function', { expect_json: 'length(version) == `1`' }, ['length(version)', /type|expected/i]],
    ['the header', { expect_headers: 'X-Revision: 00043' }, ['00043', 'hello-00042-abc']],
    ['that there is no such header', { expect_headers: 'X-Nowhere: .' }, ['X-Nowhere', 'no such header']],
    ['the body', { expect_body: 'no such words' }, ['no such words', 'c0ffee1']]
  ]
  for (const [what, inputs, words] of MISSED) {
    callScenario(`A miss shows ${what}`, { app: [HEALTHY] }, async ({ world, call }) => {
      assertFailure(await call({ ...once, ...inputs }), 'EXPECTATION_FAILED', ...words)
      assert.equal(callsOf(world).length, 1)
    })
  }

  callScenario(
    'All that miss are shown, not only the first',
    { app: [{ ...HEALTHY, status: 418 }] },
    async ({ call }) => {
      const run = await call({
        expect_status: '200',
        expect_headers: 'X-Revision: 00043\nX-Nowhere: .',
        expect_body: 'first wish\nsecond wish',
        expect_json: "commit == 'badbee'\nversion == `8`\nstatus == 'ok'"
      })
      assertFailure(
        run,
        'EXPECTATION_FAILED',
        '418',
        '00043',
        'hello-00042-abc',
        'X-Nowhere',
        'first wish',
        'second wish'
      )
      assertSays(run.log, "commit == 'badbee'", 'c0ffee1', 'version == `8`', "I'm a Teapot")
    }
  )

  callScenario(
    'However many miss, the annotation is whole and ends with the link',
    { app: [HEALTHY] },
    async ({ call }) => {
      const wishes = Array.from({ length: 30 }, (_, index) => `commit == 'wish number ${index} ${'x'.repeat(100)}'`)
      const run = await call({ ...once, expect_json: wishes.join('\n') })
      assertFailure(run, 'EXPECTATION_FAILED', 'wish number 0 ', 'wish number 29 ')
    }
  )

  const NO_JSON: readonly [string, object, readonly (string | RegExp)[]][] = [
    [
      'HTML',
      { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<h1>Welcome to nginx!</h1>' },
      ['not JSON', 'text/html', 'Welcome to nginx!']
    ],
    ['nothing at all', {}, ['not JSON', 'an empty body']],
    [
      'half of a document',
      { headers: { 'content-type': 'application/json' }, body: '{"status":"o' },
      ['not JSON', 'application/json', '"status":"o']
    ],
    ['text without a type', { body: 'OK' }, ['not JSON', 'no content type', 'OK']]
  ]
  for (const [what, answer, words] of NO_JSON) {
    callScenario(`A body that is not JSON says so: ${what}`, { app: [answer] }, async ({ call }) => {
      assertFailure(await call({ ...once, expect_json: "status == 'ok'" }), 'EXPECTATION_FAILED', ...words)
    })
  }

  callScenario(
    'JSON is JSON whatever its content type',
    { app: [{ headers: { 'content-type': 'text/plain' }, body: '\uFEFF{"status":"ok"}' }] },
    async ({ call }) => {
      assertSuccess(await call({ ...once, expect_json: "status == 'ok'" }))
    }
  )

  const MIB = 1024 * 1024
  const document = (bytes: number): string => `{"status":"ok","fill":"${'x'.repeat(bytes - 25)}"}`
  callScenario('JSON of just 4 MiB is read', { app: [{ body: document(4 * MIB) }] }, async ({ call }) => {
    assertSuccess(await call({ ...once, expect_json: "status == 'ok'" }))
  })

  callScenario(
    'A body of more than 4 MiB fails expect_json and says so',
    { app: [{ body: document(4 * MIB + 1) }] },
    async ({ call }) => {
      assertFailure(await call({ ...once, expect_json: "status == 'ok'" }), 'EXPECTATION_FAILED', /longer than 4 MiB/)
    }
  )

  callScenario(
    'expect_body sees the first 4 MiB',
    { app: [{ body: `${'x'.repeat(4 * MIB - 3)}endbeyond` }] },
    async ({ call }) => {
      assertFailure(await call({ ...once, expect_body: 'end$\nbeyond' }), 'EXPECTATION_FAILED', 'beyond')
    }
  )
})

describe('Expectations that would be met by mistake', { concurrency: 4 }, () => {
  const BY_MISTAKE: readonly [string, string, string, string][] = [
    ['a word without quotes', '{"message":"down"}', 'status == ok', "no member status; a text is written 'status'"],
    ['another word without quotes', '{"status":"error"}', 'status != error', "a text is written 'error'"],
    [
      'a word in a filter',
      '{"items":[{"state":"failed"}]}',
      'length(items[?state == failed]) == `0`',
      'no member failed'
    ],
    ['a word to look for', '{"errors":["fatal"]}', '!contains(errors, fatal)', 'no member fatal'],
    ['a neighbour of a long id', '{"id":9007199254740993}', 'id == `9007199254740992`', 'id is 9007199254740993'],
    ['a neighbour in a list', '{"ids":[9007199254740993]}', 'contains(ids, `9007199254740992`)', '[9007199254740993]'],
    ['a neighbour in time', '{"at":1793750400123456789}', 'at == `1793750400123456788`', 'at is 1793750400123456789'],
    ['a sum that is rounded', '{"id":9007199254740993}', 'id + `0` == `9007199254740992`', 'cannot calculate with'],
    ['members that every object has', '{"a":1}', 'constructor.name == toString.name', 'no member constructor']
  ]
  for (const [what, body, expression, words] of BY_MISTAKE) {
    callScenario(`${what} misses: ${expression}`, { app: [{ body }] }, async ({ call }) => {
      assertFailure(await call({ ...once, expect_json: expression }), 'EXPECTATION_FAILED', words)
    })
  }

  callScenario(
    'Integers of any length are compared as they are',
    { app: [{ body: '\uFEFF{"id":9007199254740993,"ids":[9007199254740993],"toString":"x"}' }] },
    async ({ call }) => {
      const expressions = [
        'id == `9007199254740993`',
        'id > `9007199254740992`',
        'contains(ids, `9007199254740993`)',
        "to_string(id) == '9007199254740993'",
        "toString == 'x'"
      ]
      assertSuccess(await call({ ...once, expect_json: expressions.join('\n') }))
    }
  )

  const DOUBLE_QUOTES: readonly [string, string][] = [
    ['status == "ok"', "status == 'ok'"],
    ['status != "error"', "status != 'error'"],
    ['!contains(errors, "fatal")', "!contains(errors, 'fatal')"],
    ['length(items[?state == "failed"]) == `0`', "length(items[?state == 'failed']) == `0`"]
  ]
  for (const [expression, meant] of DOUBLE_QUOTES) {
    callScenario(`A text in double quotes is found before any request: ${expression}`, {}, async ({ world, call }) => {
      assertFailure(await call({ expect_json: expression }), 'INPUT_INVALID', 'expect_json', meant)
      assert.deepEqual(world.requests, [])
    })
  }
})

describe('Expectations that cannot be meant', { concurrency: 4 }, () => {
  const WRONG: readonly Inputs[] = [
    { expect_json: 'status ==' },
    { expect_json: "status == 'ok'\n[?" },
    { expect_json: 'no_such_function(status)' },
    { expect_json: 'length()' },
    { expect_json: 'toString(@)' },
    { expect_body: '(' },
    { expect_headers: 'X-Revision: [' },
    { expect_headers: 'no colon here' },
    { expect_status: '2yy' },
    { expect_status: '600' },
    { expect_status: '303-301' },
    { expect_status: ',' }
  ]
  for (const inputs of WRONG) {
    callScenario(`${JSON.stringify(inputs)} is INPUT_INVALID before any request`, {}, async ({ world, call }) => {
      assertFailure(await call(inputs), 'INPUT_INVALID', Object.keys(inputs)[0] ?? '')
      assert.deepEqual(world.requests, [])
    })
  }
})
