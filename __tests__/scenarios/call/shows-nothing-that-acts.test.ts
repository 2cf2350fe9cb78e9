import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, json } from '../call-given.ts'
import type { AppAnswer } from '../call-given.ts'
import type { ActionRun } from '../../runner/run-action.ts'
import { assertFailure, assertSuccess, SERVICE_URL, SHORT } from '../given.ts'

const COMMANDS = [
  '::error::you have been had',
  '::error title=x,file=y::you have been had',
  '::warning::you have been had',
  '::set-output name=outcome::you have been had',
  '::set-env name=PATH::you have been had',
  '::save-state name=x::you have been had',
  '::add-path::/you/have/been/had',
  '::add-mask::status',
  '::group::you have been had',
  '::stop-commands::you-have-been-had',
  '##[error]you have been had',
  '##[set-output name=outcome]you have been had',
  '##[add-mask]status',
  '##[group]you have been had',
  '[command]you have been had'
]

const MARKUP = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</pre></code></details></td></table><h1>evil</h1>',
  '<!-- evil',
  '[evil](https://evil.example)',
  '![evil](https://evil.example/x.png)',
  'https://evil.example/bare www.evil.example',
  '@octocat octo-org/octo-repo#1',
  '# evil\n\n| evil | evil |\n| --- | --- |\n| evil | evil |',
  '```\n```mermaid\ngraph TD; evil-->evil; click evil "https://evil.example"\n```\n~~~mermaid\npie\n~~~',
  '`` ` evil `` **evil** ~~evil~~ $$evil$$',
  '%%{init: {"securityLevel": "loose"}}%%'
]

const SEPARATORS = ['\n', '\r\n', '\r', '\u2028', '\u0085', '\n \t', '\u0000\n', '\v', '\f']
const EVIL = [...SEPARATORS.flatMap((separator) => COMMANDS.map((command) => separator + command)), ...MARKUP].join(
  '\n'
)
/** What a header may hold. */
const EVIL_HEADER = [...COMMANDS, ...MARKUP].join(' ').replaceAll('\n', ' ')

const KNOWN_OUTPUTS =
  /^(id_tokens?|audience|email|expires_at|outcome|failure_code|status|headers|body|attempts|latency_ms)$/

function assertInert(run: ActionRun): void {
  // The scenario itself has asserted that no command came through.
  for (const name of Object.keys(run.outputs)) assert.match(name, KNOWN_OUTPUTS)
  for (const { text } of run.lines) assert.doesNotMatch(text, /^\s*(##)?\[(command|error|group|add-mask)/)
  for (const text of [run.rawStdout, run.rawStderr, run.summary]) {
    // Controls but the line feed, separators and overrides of direction.
    assert.doesNotMatch(text, /[^\P{Cc}\n]|[\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069]/u)
  }
  assertInertSummary(run.summary)
}

/** Whatever can act in GitHub's Markdown is ours: nothing of the other side's stands outside of blocks and code. */
function assertInertSummary(summary: string): void {
  const blocks = summary.match(/<pre[^>]*>[^]*?<\/pre>/g) ?? []
  for (const block of blocks)
    assert.doesNotMatch(block.replace(/^<pre[^>]*>(<code>)?|(<\/code>)?<\/pre>$/g, ''), /[<>]/)
  const diagrams = summary.match(/^```mermaid\n[^]*?^```$/gm) ?? []
  for (const diagram of diagrams) assert.doesNotMatch(diagram, /evil|click|%%\{|had/)
  const rest = summary
    .replaceAll(/<pre[^>]*>[^]*?<\/pre>/g, '')
    .replaceAll(/^```mermaid\n[^]*?^```$/gm, '')
    // No Markdown within the HTML of a table, and nothing that GitHub makes links of within code.
    .replaceAll(/<code>[^<]*<\/code>/g, '')
    .replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '')
  assert.doesNotMatch(rest, /<(?!\/?(details|summary|br|code|strong|b|sub|p|table|t[rdh]|thead|tbody)\b)/)
  assert.doesNotMatch(rest, /\]\((?!https:\/\/github\.com\/octo-org\/google-id-token\/)/)
  assert.doesNotMatch(rest, /!\[|@octocat|octo-repo#1|:\/\/evil|www\.evil|^# evil|\$\$|\*\*evil|^(```|~~~)/m)
}

describe('A body full of commands and markup', { concurrency: 4 }, () => {
  callScenario('It does nothing where the answer is right', { app: [{ body: EVIL }] }, async ({ call }) => {
    const run = await call({ expect_body: 'had' })
    assertSuccess(run)
    assertInert(run)
    assert.deepEqual(run.annotations, [])
  })

  const text = { headers: { 'content-type': 'text/html' }, body: EVIL }
  const ANSWERS: readonly [string, AppAnswer][] = [
    ['a 500', { ...text, status: 500 }],
    ['a 401 of its own', { ...text, status: 401 }],
    ['a redirect', { ...text, status: 302, headers: { location: `/${EVIL_HEADER.replaceAll(/[^\x20-\x7E]/g, '')}` } }],
    [
      'a refusal like the front end’s',
      { ...text, status: 403, body: `Your client does not have permission to get URL ${EVIL}` }
    ],
    ['a refusal like IAP’s', { ...text, status: 401, body: `Invalid IAP credentials: ${EVIL}` }],
    ['a refusal like a gateway’s', { ...json({ code: 401, message: `Jwt is ${EVIL}` }), status: 401 }],
    ['a page where the front end says 404', { ...text, status: 404, body: `Error 404 (Not Found)!!1 ${EVIL}` }]
  ]
  for (const [what, answer] of ANSWERS) {
    callScenario(`It does nothing in ${what}`, { app: [answer] }, async ({ call }) => {
      const run = await call({ iam_wait: '0', method: 'POST', ...SHORT })
      assert.equal(run.exitCode, 1)
      assertInert(run)
      assert.equal(run.annotations.length, 1)
    })
  }

  const evils = [...COMMANDS, ...MARKUP]
  for (const [what, some] of [
    ['commands', COMMANDS],
    ['markup', MARKUP]
  ] as const) {
    const members = Object.fromEntries(some.map((evil, index) => [`m${index}`, `\n${evil}\n`]))
    const headers = Object.fromEntries(evils.map((evil, index) => [`x-evil-${index}`, evil.replaceAll('\n', ' ')]))
    callScenario(
      `They do nothing where they are shown as actual: ${what}`,
      { app: [json(members, headers)] },
      async (stage) => {
        const run = await stage.call({
          method: 'POST',
          expect_json: `${Object.keys(members).join(" == 'x'\n")} == 'x'\n@\nkeys(@)`,
          expect_headers: `${Object.keys(headers).join(': nothing\n')}: nothing`,
          expect_body: 'nothing'
        })
        assert.deepEqual([run.exitCode, run.outputs['failure_code']], [1, 'EXPECTATION_FAILED'])
        assertInert(run)
        assert.equal(run.annotations.length, 1)
      }
    )
  }

  callScenario(
    'The content type of what is no JSON does nothing',
    { app: [{ headers: { 'content-type': EVIL_HEADER }, body: EVIL }] },
    async ({ call }) => {
      const run = await call({ method: 'POST', expect_json: '@' })
      assertFailure(run, 'EXPECTATION_FAILED', 'not JSON')
      assertInert(run)
    }
  )

  // GitHub makes links of these by itself: https://github.github.com/gfm/#autolinks-extension-
  const bare = 'www.evil.example and https://evil.example/bare'
  callScenario('A bare address becomes no link', { app: [{ status: 400, body: bare }] }, async ({ call }) => {
    const run = await call({ expect_body: 'nothing' })
    assertFailure(run, 'EXPECTATION_FAILED', bare)
    assertInert(run)
  })

  const delimiters =
    'EOF\noutcome=success\nghadelimiter_x\noutcome<<EOF\nsuccess\nEOF\n_GitHubActionsFileCommandDelimeter_\nfailure_code='
  callScenario('A body cannot end its own output', { app: [{ status: 400, body: delimiters }] }, async ({ call }) => {
    const run = await call()
    assertFailure(run, 'EXPECTATION_FAILED')
    assert.equal(run.outputs['body'], delimiters)
    assertInert(run)
  })

  callScenario('A path that the front end repeats does nothing', { invokers: [] }, async ({ call }) => {
    const run = await call({ url: `${SERVICE_URL}/%0A::error::had?<script>=##[error]had`, iam_wait: '0' })
    assertFailure(run, 'INVOKER_MISSING')
    assertInert(run)
    assert.equal(run.annotations.length, 1)
  })
})
