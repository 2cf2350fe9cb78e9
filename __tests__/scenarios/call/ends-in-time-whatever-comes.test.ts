import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe } from 'node:test'
import { callScenario } from '../call-given.ts'
import type { AppAnswer, Inputs } from '../call-given.ts'
import { ACCOUNT, assertFailure, assertSuccess, assertWithin, scenario, SHORT } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, givenExternalIdentity } from '../token-documents.ts'

const MIB = 1024 * 1024
const fill = (text: string): string => text.repeat((4 * MIB) / text.length)
const names = (prefix: string): string => JSON.stringify(Array.from({ length: 200_000 }, (_, n) => `${prefix}${n}`))
const nest = (depth: number, inside: string): string => `${'['.repeat(depth)}${inside}${']'.repeat(depth)}`
const page = (body: string): AppAnswer => ({ status: 400, headers: { 'content-type': 'text/html' }, body })

/** What the service answers, what is expected of it, and what is said. No limit of time bounds what runs without a pause. */
const HOSTILE: readonly [string, AppAnswer, Inputs, string][] = [
  ['a page of opening brackets', page(fill('<')), {}, '400 Bad Request'],
  ['a page of styles that never end', page(fill('<style>')), {}, '400 Bad Request'],
  ['a page of tags', page(fill('<>')), {}, '400 Bad Request'],
  ['a page of blanks', page(fill(' ')), {}, '400 Bad Request'],
  [
    'a pattern that backtracks',
    { body: `${'a'.repeat(50)}!` },
    { method: 'GET', expect_body: '^(a+)+$' },
    'expected body matches /^(a+)+$/, found the pattern takes too long on it'
  ],
  [
    'forty patterns that backtrack',
    { body: `${'a'.repeat(50)}!` },
    { expect_body: Array.from({ length: 40 }, (_, number) => `^(a+)+b{${number}}$`).join('\n') },
    'the pattern takes too long on it'
  ],
  [
    'a pattern that backtracks in a header',
    { headers: { 'x-names': `${'a'.repeat(50_000)}!` } },
    { expect_headers: 'X-Names: ^(a|a)*$' },
    'the pattern takes too long on it'
  ],
  [
    'a pattern that overflows the stack',
    { body: fill('ab') },
    { expect_body: '^((a|b)(a|b))*c' },
    'missed: body matches'
  ],
  [
    'blanks to be trimmed',
    { body: JSON.stringify({ status: `${' '.repeat(3 * MIB)}x` }) },
    { expect_json: "trim(status) == 'ok'" },
    'the expression takes too long on it'
  ],
  [
    'lists to be searched for each other',
    { body: `{"ids":${names('a')},"seen":${names('b')}}` },
    { expect_json: 'ids[?contains($.seen, @)] == `["x"]`' },
    'the expression takes too long on it'
  ],
  ['JSON of 100,000 levels', { body: nest(100_000, '1') }, { expect_json: '[0] == `1`' }, 'missed: JSON'],
  [
    'JSON of 100,000 levels with a long integer',
    { body: nest(100_000, '9007199254740993') },
    { expect_json: '[0] == `1`' },
    'needs too much memory'
  ],
  ['an integer of 4 MiB', { body: fill('9') }, { expect_json: '@ == `1`' }, 'missed: JSON']
]

describe('What the service answers never holds the step beyond its deadline', () => {
  for (const [what, answer, inputs, words] of HOSTILE) {
    callScenario(`Not ${what}`, { app: [answer] }, async ({ call }) => {
      // A POST is not repeated.
      const run = await call({ method: 'POST', ...inputs, ...SHORT })
      assertFailure(run, 'EXPECTATION_FAILED', words)
      assertWithin(run, SHORT)
    })
  }

  callScenario(
    'Forty patterns and forty expressions take no longer than one',
    { app: [{ body: '{"status":"ok"}' }] },
    async ({ call }) => {
      const run = await call({
        expect_body: Array.from({ length: 40 }, (_, number) => `status.{0,${number + 3}}ok`).join('\n'),
        expect_json: Array.from({ length: 40 }, (_, number) => `status != '${number}'`).join('\n')
      })
      assertSuccess(run)
      assert.equal(run.outputs['attempts'], '1')
    }
  )
})

const longest = MIB - 1

/** Subject tokens as long as a file with one may be. */
const SUBJECT_TOKENS: Readonly<Record<string, string>> = {
  'as good as random': createHash('shake256', { outputLength: MIB })
    .update('token')
    .digest('base64url')
    .slice(0, longest),
  'which repeats itself': 'ab'.repeat(MIB).slice(0, longest)
}

for (const [what, token] of Object.entries(SUBJECT_TOKENS)) {
  scenario(`A subject token of 1 MiB, ${what}, never holds the step, not even where it comes back`, async (stage) => {
    const { provider } = await givenExternalIdentity(stage.world)
    stage.world.noteSecret('signed JWT', token)
    const echo = JSON.stringify({ error: 'invalid_grant', error_description: token.slice(1, 250_000) })
    stage.world.fail('sts.googleapis.com', { status: 400, headers: { 'content-type': 'application/json' }, body: echo })
    const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
    const files = { 'token.txt': token }
    const result = await stage.run(FOR_SERVICE, asInput(document), { files, inputs: SHORT })
    assertFailure(result, 'FEDERATION_REJECTED')
    assertWithin(result, SHORT)
  })
}
