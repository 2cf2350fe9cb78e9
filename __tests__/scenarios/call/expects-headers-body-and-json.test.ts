import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { assertSays, callScenario, callsOf, json } from '../call-given.ts'
import { assertFailure, assertSuccess } from '../given.ts'

const HEALTHY = json(
  { status: 'ok', commit: 'c0ffee1', version: 7, checks: [{ name: 'db', up: true }], nothing: null, text: 'yes' },
  { 'x-revision': 'hello-00042-abc', 'cache-control': 'no-store' }
)
/** A POST is not repeated, so that a miss costs no time. */
const once = { method: 'POST' }

describe('Expectations that are met', { concurrency: 4 }, () => {
  const expect_json = [
    "status == 'ok' && starts_with(commit, 'c0ffee')",
    "status=='ok'",
    'version > `6`',
    'version == `7`',
    "checks[?name=='db'] | [0].up",
    'length(checks) == `1`',
    'nothing == null'
  ].join('\n')
  callScenario('Each line is met', { app: [HEALTHY] }, async ({ call }) => {
    const expect_headers = 'X-Revision: ^hello-\\d+-abc$\ncontent-type: json\nCACHE-CONTROL: no-store\nx-revision: .'
    assertSuccess(await call({ expect_headers, expect_body: '"version":7\ncommit.*c0ffee\n.', expect_json }))
  })

  callScenario(
    'A pattern sees every line of the body, and its ends',
    { app: [{ body: 'one\ntwo\r\nthree' }] },
    async ({ call }) => {
      assertSuccess(await call({ ...once, expect_body: '^one$\n^three$\ntwo' }))
    }
  )
})

describe('Expectations that miss', { concurrency: 4 }, () => {
  /** By input: how a line is shown, and what of the answer is shown with each. */
  const MISSED: readonly (readonly [string, (line: string) => string, Readonly<Record<string, string>>])[] = [
    [
      'expect_headers',
      (line) => `header ${line.replace(': ', ' matches /')}/`,
      { 'X-Revision: 00043': 'hello-00042-abc', 'X-Nowhere: .': 'no such header' }
    ],
    ['expect_body', (line) => `body matches /${line}/`, { 'no such words': String(HEALTHY.body) }],
    [
      'expect_json',
      (line) => `JSON: ${line}`,
      {
        "commit == 'badbee'": 'commit is "c0ffee1"',
        "status == 'ok' && commit == 'badbee'": 'commit is "c0ffee1"',
        "starts_with(commit, 'badbee')": 'commit is "c0ffee1"',
        text: '"yes"',
        version: '7',
        nowhere: 'null',
        'checks[0]': '{"name":"db","up":true}',
        'length(version) == `1`': 'Invalid type: length() expected'
      }
    ]
  ]
  callScenario('A miss shows what there is instead', { app: [HEALTHY] }, async ({ world, call }) => {
    const inputs = Object.fromEntries(MISSED.map(([input, , lines]) => [input, Object.keys(lines).join('\n')]))
    const run = await call({ ...once, ...inputs })
    assertFailure(run, 'EXPECTATION_FAILED')
    for (const [, show, lines] of MISSED)
      for (const [line, actual] of Object.entries(lines))
        assertSays(run.log, `  missed: ${show(line)}; actual: ${actual}`)
    assert.equal(callsOf(world).length, 1)
  })

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
    ['a neighbour of a long id', '{"id":9007199254740993}', 'id == `9007199254740992`', 'id is 9007199254740993']
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
})
