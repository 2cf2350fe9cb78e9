import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptRecord } from '../../../src/call/attempts.ts'
import { describeMiss, describeVerdict } from '../../../src/call/verdicts.ts'
import type { Response } from '../../../src/call/response.ts'
import type { FailureText } from '../../../src/failure/failure.ts'
import type { IdToken } from '../../../src/token/id-token.ts'
import type { Identity } from '../../../src/token/credential.ts'
import type { CallInputs } from '../../../src/inputs/call-inputs.ts'
import type { Verdict } from '../../../src/call/verdicts.ts'
import type { Inputs } from '../../../src/inputs/inputs.ts'
import { renderSummary } from '../../../src/report/summary.ts'
import type { RunRecord } from '../../../src/report/summary.ts'
import { ACCOUNT, NOW, SERVICE, secret } from '../fixtures.ts'

const LINK = 'https://github.com/octo-org/google-id-token/blob/v1/docs/troubleshooting.md#INVOKER_MISSING'

const CALL: CallInputs = {
  url: new URL(`${SERVICE}/health?key=do-not-show`),
  tag: undefined,
  method: 'GET',
  headers: { own: {}, tokenHeader: 'Authorization' },
  body: undefined,
  expectations: { status: { text: '2xx', has: () => true, lists: () => false }, headers: [], body: [], json: [] },
  assertPrivate: false,
  iamWaitMs: 0
}

const INPUTS: Inputs = {
  audiences: [SERVICE],
  audienceDerived: true,
  token: 'id_token',
  workloadIdentityProvider: undefined,
  serviceAccount: undefined,
  delegates: [],
  credentialsJson: undefined,
  universe: 'googleapis.com',
  exportEnv: undefined,
  call: CALL,
  timeoutMs: 30_000,
  deadlineMs: 180_000,
  summary: true
}

const TOKEN: IdToken = {
  kind: 'id_token',
  jwt: secret('do.not.show'),
  claims: { aud: SERVICE, email: ACCOUNT },
  audience: SERVICE,
  email: ACCOUNT,
  expiresAt: NOW
}

const STATUS: Verdict = { input: 'expect_status', expectation: 'status 2xx', met: true, actual: '200 OK' }
const MISSED_STATUS: Verdict = {
  input: 'expect_status',
  expectation: 'status 2xx',
  met: false,
  actual: '404 Not Found'
}
const BODY: Verdict = { input: 'expect_body', expectation: 'body matches /a|b/', met: true, actual: '<b>' }
const MISSED_BODY = { ...BODY, met: false }

const RESPONSE: Response = {
  answered: true,
  status: 200,
  headers: {},
  text: '{"status":"ok"}',
  responder: 'application',
  clientId: undefined,
  verdicts: [STATUS],
  accepted: true,
  milliseconds: 5
}

const FAILURE: FailureText = {
  code: 'INVOKER_MISSING',
  sentence: `${ACCOUNT} may not invoke the service.`,
  cause: 'It lacks a role.',
  remedy: 'Grant the role.',
  snippets: [{ place: 'In a terminal', language: 'shell', lines: ['gcloud run \\', '  --member=x'] }],
  answer: '403 Forbidden',
  details: ['aud: x', 'sub: y']
}

const IDENTITY: Identity = {
  credential: {
    description: 'a key (key.json)',
    principal: `serviceAccount:${ACCOUNT}`,
    endpoints: [],
    accessToken: () => Promise.resolve({ token: secret('do-not-show') })
  },
  impersonations: []
}

/** A run that failed, or ended, before a call. */
const UNCALLED: RunRecord = { inputs: INPUTS, identity: IDENTITY, tokens: new Map([[SERVICE, TOKEN]]) }
const STORY: RunRecord = { ...UNCALLED, ...attempted([attempt(1, 0, 5, '200')]) }

function attempt(number: number, startedMs: number, milliseconds: number, label: string, why?: string): AttemptRecord {
  const status = /^\d/.test(label) ? Number.parseInt(label, 10) : undefined
  const passed = label === '200'
  return { number, startedMs, milliseconds, status, label, description: '', passed, why, next: '' }
}

function attempted(attempts: readonly AttemptRecord[], response: Response | undefined = RESPONSE): Partial<RunRecord> {
  return { attempts, result: { response, token: TOKEN, failure: undefined } }
}

function withCall(call: Partial<CallInputs>): RunRecord {
  return { ...STORY, inputs: { ...INPUTS, call: { ...CALL, ...call } } }
}

function withToken(
  audience: string,
  audiences: Inputs['audiences'] = [SERVICE]
): RunRecord & Required<Pick<RunRecord, 'inputs' | 'tokens'>> {
  const tokens = new Map(audiences.map((asked) => [asked, { ...TOKEN, audience }]))
  return { ...STORY, inputs: { ...INPUTS, audiences, audienceDerived: false }, tokens }
}

const PLACE = '`shop-123456789012.europe-west1.run.app/health`'

const HEADLINES: [string, RunRecord, FailureText | undefined, string][] = [
  ['a call that passed', STORY, undefined, `### ✅ 200 OK, as expected: ${PLACE}`],
  ['a call that failed', STORY, FAILURE, `### ❌ INVOKER_MISSING: ${PLACE}`],
  [
    'a long URL',
    withCall({ url: new URL(`${SERVICE}/${'a'.repeat(999)}`) }),
    FAILURE,
    `### ❌ INVOKER_MISSING: \`${`${new URL(SERVICE).host}/`.padEnd(69, 'a')}…\``
  ],
  [
    'one token',
    { inputs: { ...INPUTS, call: undefined }, tokens: new Map([['a', TOKEN]]) },
    undefined,
    '### ✅ ID token issued'
  ],
  [
    'two tokens',
    {
      tokens: new Map([
        ['a', TOKEN],
        ['b', TOKEN]
      ])
    },
    undefined,
    '### ✅ 2 ID tokens issued'
  ],
  ['a failure before anything', {}, { code: 'INPUT_INVALID', sentence: 'a', remedy: 'b' }, '### ❌ INPUT_INVALID']
]

for (const [what, record, failure, headline] of HEADLINES) {
  test(`The headline of ${what} says the verdict first, and no more than a line.`, () => {
    assert.equal(renderSummary(record, failure, LINK).split('\n')[0], headline)
  })
}

test('A fact alone is a sentence, and no expectation is shown twice.', () => {
  const record = { ...STORY, ...attempted([], { ...RESPONSE, verdicts: [STATUS, MISSED_BODY] }) }
  const details = [describeVerdict(STATUS), describeVerdict(MISSED_BODY), 'It could not be looked up.']
  const summary = renderSummary(record, { ...FAILURE, details }, LINK)
  assertInOrder(summary, ['**The answer was:**', '\n\nIt could not be looked up.\n\n', '<table>'])
  assert.ok(!summary.includes('missed: '))
})

test('Cause and remedy come before everything else.', () => {
  const record = { ...STORY, ...attempted([], { ...RESPONSE, verdicts: [STATUS, MISSED_BODY] }) }
  assertInOrder(renderSummary(record, FAILURE, LINK), [
    '### ❌ INVOKER_MISSING',
    `\n\n**The identity is not allowed to call the service.** \`${ACCOUNT}\` may not invoke the service.\n\n`,
    '**Likely cause:** It lacks a role.',
    '**Remedy:** Grant the role.\n\nIn a terminal:\n\n<pre>gcloud run \\\n  --member=x</pre>',
    `[More about INVOKER_MISSING](${LINK})`,
    '**The answer was:** `403 Forbidden`\n\n<pre>aud: x\nsub: y</pre>\n\n<table>',
    '</table>\n\n<table>',
    '<summary>Claims',
    '<summary>Body'
  ])
})

test('Details follow the answer, and no link is shown where it would lead nowhere.', () => {
  const summary = renderSummary(UNCALLED, FAILURE, 'docs/troubleshooting.md')
  assertInOrder(summary, ['**The answer was:**', '<pre>aud: x\nsub: y</pre>', '<table>'])
  assert.ok(!summary.includes(']('))
})

test('The facts stand in one table, in this order.', () => {
  const record = { ...withCall({ tag: 'green' }), isPrivate: true }
  const names = [...renderSummary(record, undefined, '').matchAll(/<tr><th align="left">([A-Z][^<]*)<\/th>/g)]
  assert.deepEqual(
    names.map(([, name]) => name),
    ['Service', 'Tag', 'Audience', 'Identity', 'Credential', 'Attempts', 'Latency', 'Private', 'Token&nbsp;expires']
  )
})

const TIMED_OUT = {
  ...STORY,
  ...attempted([attempt(1, 0, 5, '503'), attempt(2, 1_000, 30_000, 'timeout')], { ...RESPONSE, status: 503 })
}
const CUSTOM = '<code>x</code> (as set in the workflow'
const FACTS: [string, RunRecord, FailureText | undefined, string, string][] = [
  [
    'the URL without its query',
    STORY,
    undefined,
    'Service',
    'GET <code>https://shop-123456789012.europe-west1.run.app/health</code>'
  ],
  ['the tag', withCall({ tag: 'green' }), undefined, 'Tag', '<code>green</code>'],
  [
    'a derived audience',
    STORY,
    undefined,
    'Audience',
    '<code>https://shop-123456789012.europe-west1.run.app</code> (derived from the URL)'
  ],
  ['an audience', withToken('x', ['x']), undefined, 'Audience', `${CUSTOM})`],
  ['two audiences', withToken('x', ['x', 'x']), undefined, 'Audience', `${CUSTOM})<br>${CUSTOM})`],
  [
    "a person's audience",
    withToken('y', ['x']),
    undefined,
    'Audience',
    `${CUSTOM}; the token itself is for <code>y</code>)`
  ],
  ['the identity', STORY, undefined, 'Identity', `<code>${ACCOUNT}</code>`],
  ['the credential', STORY, undefined, 'Credential', 'a key (<code>key.json</code>)'],
  ['the status of a failure that does not name it', STORY, FAILURE, 'Status', '200 OK'],
  [
    'no status',
    { ...STORY, ...attempted([attempt(1, 0, 5, 'no answer')]) },
    FAILURE,
    'Status',
    'no answer; before it 200 OK'
  ],
  ['no status at the end', TIMED_OUT, FAILURE, 'Status', 'timeout; before it 503 Service Unavailable'],
  ['one attempt', STORY, undefined, 'Attempts', '1'],
  ['attempts', TIMED_OUT, FAILURE, 'Attempts', '2, in 31.0 s'],
  ['a short time', STORY, undefined, 'Latency', '5 ms'],
  ['a long time', TIMED_OUT, FAILURE, 'Latency', '30.0 s'],
  [
    'a private service',
    { ...STORY, isPrivate: true },
    undefined,
    'Private',
    '✅ Google refused a call without a token'
  ],
  [
    'a public service',
    withCall({ assertPrivate: true }),
    { ...FAILURE, code: 'NOT_PRIVATE' },
    'Private',
    '❌ Google did not refuse a call without a token'
  ],
  ['the end of the token', STORY, undefined, 'Token&nbsp;expires', '2026-11-23 12:00:00 UTC']
]

for (const [what, record, failure, name, value] of FACTS) {
  test(`The table shows ${what}.`, () => {
    const summary = renderSummary(record, failure, LINK)
    assert.ok(summary.includes(`<tr><th align="left">${name}</th><td>${value}</td></tr>\n`), summary)
  })
}

test('An account that the run never became is called the wanted one.', () => {
  const identity = { ...IDENTITY, impersonations: [{ account: 'a@b.example', delegates: [], origin: 'x' }] }
  const summary = renderSummary({ inputs: INPUTS, identity }, FAILURE, LINK)
  assert.match(summary, /Service account \(wanted\)<\/th><td><code>a@b\.example/)
  assert.ok(!summary.includes('>Identity<'))
})

/** Verdicts, who answered, whether the run failed, and the rows of the table of expectations. */
const TABLES: [string, Response['verdicts'], Response['responder'], boolean, string[]][] = [
  ['nothing of an expected status, which the headline has', [STATUS], 'application', false, []],
  ['no piece of the body of a success', [STATUS, BODY], 'application', false, ['✅ body matches /a|b/']],
  ['what was found instead', [STATUS, MISSED_BODY], 'application', true, ['❌ body matches /a|b/ <b>']],
  ['nothing of the status alone, which the sentence has', [MISSED_STATUS], 'application', true, []],
  [
    'everything where the status is wrong',
    [MISSED_STATUS, MISSED_BODY],
    'application',
    true,
    ['❌ status 2xx 404 Not Found', '❌ body matches /a|b/ <b>']
  ],
  ['nothing where Google answered instead of the application', [MISSED_STATUS, MISSED_BODY], 'front end', true, []]
]

for (const [what, verdicts, responder, failed, rows] of TABLES) {
  test(`The table of expectations shows ${what}.`, () => {
    const record = { ...STORY, ...attempted([], { ...RESPONSE, verdicts, responder }) }
    const summary = renderSummary(record, failed ? FAILURE : undefined, LINK)
    const shown = [...summary.matchAll(/<tr><td>([✅❌].*)<\/td><\/tr>/gu)].map(([, row = '']) =>
      row
        .replaceAll(/<\/?\w+>/g, ' ')
        .replaceAll(/ +/g, ' ')
        .trim()
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
    )
    assert.deepEqual(shown, rows)
    assert.equal(summary.includes('Expectation'), rows.length > 0)
  })
}

const MISS: Verdict = {
  input: 'expect_json',
  expectation: "JSON: status == 'up' && a.b",
  met: false,
  actual: 'status is "ok"'
}

/** [what, status of the answer, sentence, verdicts]: how often the status is said. */
const SAID_ONCE: [string, number, string | undefined, Response['verdicts']][] = [
  ['a success', 200, undefined, [STATUS, BODY]],
  ['a failure that names it', 404, 'Google answered 404.', [MISSED_STATUS]],
  ['a failure with other expectations', 404, 'It failed.', [MISSED_STATUS, MISSED_BODY]],
  ['a failure of another expectation', 200, 'It failed.', [STATUS, MISS]]
]

for (const [what, status, sentence, verdicts] of SAID_ONCE) {
  test(`The status is said once in ${what}.`, () => {
    const record = { ...STORY, ...attempted([attempt(1, 0, 5, `${status}`)], { ...RESPONSE, status, verdicts }) }
    const failure = sentence === undefined ? undefined : { ...FAILURE, sentence, answer: 'words' }
    assert.equal(renderSummary(record, failure, LINK).split(/\b(?:200|404)\b/).length - 1, 1)
  })
}

test('What was expected and what was found are one piece of code each, wherever the sentence has them.', () => {
  const verdicts = [STATUS, MISS, MISSED_BODY]
  const sentence = `It failed: ${describeMiss(MISS)}; ${describeMiss(MISSED_BODY)}. Traffic goes to hello-00041.`
  assert.ok(
    renderSummary({ ...STORY, ...attempted([], { ...RESPONSE, verdicts }) }, { ...FAILURE, sentence }, LINK).includes(
      'It failed: expected `JSON: status == \'up\' && a.b`, found `status is "ok"`; expected `body matches /a|b/`, found `<b>`. Traffic goes to `hello-00041`.'
    )
  )
})

const LONG = `gcloud run --member=${'x'.repeat(100)}`
const LINES: [string, NonNullable<FailureText['snippets']>[number]['language'], string[], string][] = [
  ['a short command in a block', 'shell', ['gcloud run'], '<pre>gcloud run</pre>'],
  ['long commands where they wrap', 'shell', ['gcloud run', LONG], `\`gcloud run\`<br>\n\`${LONG}\``],
  ['a long command of several lines as it is', 'bash', [`${LONG} \\`, '  --x'], `<pre>${LONG} \\\n  --x</pre>`],
  ['YAML as it is, whatever its length', 'yaml', [LONG], `<pre>${LONG}</pre>`]
]

for (const [what, language, lines, shown] of LINES) {
  test(`A snippet shows ${what}.`, () => {
    const failure = { ...FAILURE, snippets: [{ place: 'Here', language, lines }] }
    assert.ok(renderSummary(UNCALLED, failure, '').includes(`Here:\n\n${shown}\n`))
  })
}

const every = (count: number, milliseconds: number): AttemptRecord[] =>
  Array.from({ length: count }, (_unused, index) => attempt(index + 1, index * milliseconds, 5, '503'))

const DIAGRAMS: [string, readonly AttemptRecord[], readonly string[]][] = [
  [
    'short attempts and long pauses',
    [attempt(1, 0, 5, '503', 'the service is busy'), attempt(2, 4_000, 1_000, 'timeout'), attempt(3, 9_995, 5, '200')],
    [
      'axisFormat %-S s',
      'tickInterval 1second',
      '  ❌ 1 – 503, 5 ms – the service is busy :crit, 1970-01-01T00:00:00.000, 100ms',
      '  ❌ 2 – timeout, 1.0 s :crit, 1970-01-01T00:00:04.000, 1000ms',
      '  ✅ 3 – 200, 5 ms :active, 1970-01-01T00:00:09.995, 100ms'
    ]
  ],
  [
    'attempts within a moment',
    every(2, 0),
    ['axisFormat %-S.%L s', 'tickInterval 200millisecond', '1970-01-01T00:00:00.000, 5ms']
  ],
  ['attempts within a minute', every(2, 60_000), ['axisFormat %M:%S', 'tickInterval 10second']],
  ['attempts within minutes', every(2, 300_000), ['axisFormat %M:%S', 'tickInterval 1minute']],
  [
    'attempts within an hour',
    every(2, 3_000_000),
    ['axisFormat %H:%M h', 'tickInterval 10minute', '1970-01-01T00:50:00.000']
  ],
  ['attempts within days', every(2, 90_000_000), ['tickInterval 1hour', '1970-01-02T01:00:00.000']],
  ['as many attempts as fit', every(20, 1_000), ['10 – 503', '11 – 503', '20 – 503']],
  [
    'more attempts than fit',
    every(60, 1_000),
    ['10 – 503', '40 more :done, 1970-01-01T00:00:10.000, 39005ms', '51 – 503', '60 – 503']
  ]
]

for (const [what, attempts, lines] of DIAGRAMS) {
  test(`A diagram shows ${what}.`, () => {
    const [diagram = ''] = drawDiagram(attempts)
    assertInOrder(diagram, ['```mermaid\ngantt\n', ...lines, '\n```\n'])
    assert.ok(diagram.split(' :').length - 1 <= 21)
  })
}

test('One attempt alone needs no diagram.', () => {
  assert.deepEqual(drawDiagram([attempt(1, 0, 5, '200')]), [])
})

function drawDiagram(attempts: readonly AttemptRecord[]): string[] {
  return renderSummary({ ...STORY, ...attempted(attempts) }, undefined, '').match(/^```mermaid\n[^]*?\n```\n/gm) ?? []
}

const EVIL =
  '</pre></table>\n\n# evil\n```mermaid\n@evil www.evil.example a@evil.example https://evil.example <img> | `evil` \\|'

test('Whatever came from outside stands in code, wherever it comes from.', () => {
  const { inputs, tokens } = withToken(EVIL, [EVIL])
  const uncalled: RunRecord = { inputs, tokens }
  const called: RunRecord = {
    ...uncalled,
    ...attempted(every(2, 1_000), {
      ...RESPONSE,
      text: EVIL,
      verdicts: [{ input: 'expect_body', expectation: EVIL, met: false, actual: EVIL }]
    })
  }
  const failure = {
    ...FAILURE,
    sentence: EVIL,
    cause: EVIL,
    remedy: EVIL,
    snippets: [{ place: EVIL, language: 'shell' as const, lines: [EVIL] }],
    answer: EVIL,
    details: [EVIL]
  }
  for (const record of [uncalled, called]) {
    const summary = renderSummary(record, failure, LINK)
    const rest = summary
      .replaceAll(/^```(mermaid)?$/gm, '')
      .replaceAll(/<pre>[^<]*<\/pre>/g, '')
      .replaceAll(/<code>[^<]*<\/code>/g, '')
      .replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '')
    assert.doesNotMatch(
      rest,
      /<(?!\/?(table|t[rhd]|details|summary|br)\b)|@|www|https:(?!\/\/github\.com\/octo-org\/)|^# |`/m
    )
    assert.ok(!summary.includes('do-not-show') && !summary.includes('do.not.show'))
  }
})

test('The summary stays far below the megabyte that GitHub shows, whatever comes.', () => {
  const long = '&|`@\u{1F600}'.repeat(5_000)
  const audiences = Array.from({ length: 1_000 }, (_unused, index) => `${index}${long}`)
  const claims = Object.fromEntries(audiences.slice(0, 100).map((name) => [name, long]))
  const verdicts = audiences.map((): Verdict => ({ input: 'expect_body', expectation: long, met: true, actual: long }))
  const record = {
    ...withToken(long, ['x', ...audiences]),
    ...attempted(every(10_000, 1_000), {
      ...RESPONSE,
      text: long,
      verdicts: [...verdicts, { input: 'expect_body', expectation: 'e', met: false, actual: 'a' }]
    })
  }
  const tokens = new Map(audiences.map((audience) => [audience, { ...TOKEN, claims, audience }]))
  const failure = {
    ...FAILURE,
    sentence: long,
    cause: long,
    remedy: long,
    snippets: [{ place: long, language: 'text' as const, lines: audiences }],
    answer: long
  }
  const summary = renderSummary({ ...record, tokens }, failure, LINK)
  assert.ok(Buffer.byteLength(summary) < 400_000, `${Buffer.byteLength(summary)}`)
  // What was left out is said, and a missed expectation never is.
  assertInOrder(summary, ['and 991 more', '<td>❌</td><td><code>e</code>', '<td>950 more</td>', '9980 more :done'])
})

/** Asserts that each of the words comes behind the one before. */
function assertInOrder(text: string, words: readonly string[]): void {
  let end = 0
  for (const word of words) {
    const start = text.indexOf(word, end)
    assert.ok(start !== -1, `"${word}" is missing in, or out of order:\n${text.slice(0, 5_000)}`)
    end = start + word.length
  }
}
