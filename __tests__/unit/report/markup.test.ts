import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMasker } from '../../runner/masker.ts'
import { details, inert, inertBlock, inertCode, inertHtml, inertHtmlCode, table } from '../../../src/report/markup.ts'

/** [what, text, in Markdown, in HTML] */
const PROSE: [string, string, string, string][] = [
  [
    'plain words',
    'It isn’t well-known, 50% of 2 and 3.5: yes (no).',
    ...twice('It isn’t well-known, 50% of 2 and 3.5: yes (no).')
  ],
  ['letters of other scripts', 'Ärger, 你好 и да', ...twice('Ärger, 你好 и да')],
  ['nothing', ' \n ', '', ''],
  [
    'an address',
    'at https://evil.example/a, now',
    'at `https://evil.example/a`, now',
    'at <code>https://evil.example/a</code>, now'
  ],
  ['an address without a scheme', 'www.evil.example!', '`www.evil.example`!', '<code>www.evil.example</code>!'],
  ['an address in capitals', 'WWW.EVIL.EXAMPLE', '`WWW.EVIL.EXAMPLE`', '<code>WWW.EVIL.EXAMPLE</code>'],
  ['an e-mail address', 'by a@b.example.', 'by `a@b.example`.', 'by <code>a@b.example</code>.'],
  ['a mention', 'thanks @octocat', 'thanks `@octocat`', 'thanks <code>@octocat</code>'],
  ['a mention in brackets', '(@octo-org/team)', '(`@octo-org/team`)', '(<code>@octo-org/team</code>)'],
  [
    'issues',
    'a #1 and octo/repo#1 and GH-1',
    'a `#1` and `octo/repo#1` and `GH-1`',
    'a <code>#1</code> and <code>octo/repo#1</code> and <code>GH-1</code>'
  ],
  [
    'a commit',
    'since c0ffee1 or 1234567',
    'since `c0ffee1` or `1234567`',
    'since <code>c0ffee1</code> or <code>1234567</code>'
  ],
  ['an emoji', 'a :smile: here', 'a `:smile`: here', 'a <code>:smile</code>: here'],
  [
    'a tag',
    'a <img src=x onerror=alert(1)> b',
    'a `<img src=x onerror=alert(1)>` b',
    'a <code>&lt;img src=x onerror=alert(1)&gt;</code> b'
  ],
  ['a comment', '<!-- evil', '`<!--` evil', '<code>&lt;!--</code> evil'],
  ['a reference', '&lt;b&gt;', '`&lt;b&gt`;', '<code>&amp;lt;b&amp;gt</code>;'],
  [
    'a link',
    'see [evil](https://evil.example)',
    'see `[evil](https://evil.example)`',
    'see <code>[evil](https://evil.example)</code>'
  ],
  ['an image', '![evil](x)', '`![evil](x)`', '<code>![evil](x)</code>'],
  [
    'a value in quotes',
    'Input id_token: "a_b and c" names a pool (see "d_e").',
    'Input `id_token`: `a_b and c` names a pool (see `d_e`).',
    'Input <code>id_token</code>: <code>a_b and c</code> names a pool (see <code>d_e</code>).'
  ],
  ['plain words in quotes', 'said "no (not now)".', ...twice('said "no (not now)".')],
  [
    'a value and its origin in brackets',
    'the file /w/c.json (GOOGLE_CREDENTIALS) names none',
    'the file `/w/c.json` (`GOOGLE_CREDENTIALS`) names none',
    'the file <code>/w/c.json</code> (<code>GOOGLE_CREDENTIALS</code>) names none'
  ],
  [
    'a call of a function',
    'use f(a_b), not (a_b)',
    'use `f(a_b)`, not (`a_b`)',
    'use <code>f(a_b)</code>, not (<code>a_b</code>)'
  ],
  ['emphasis', '**evil** ~~evil~~ id_token', '`**evil** ~~evil~~ id_token`', '<code>**evil** ~~evil~~ id_token</code>'],
  ['formulas', '$a$ and $`a`$', '`$a$` and `` $`a`$ ``', '<code>$a$</code> and <code>$`a`$</code>'],
  ['bars', 'a | b', 'a `|` b', 'a <code>|</code> b'],
  ['a backslash', 'a \\ b\\', 'a `\\ b\\`', 'a <code>\\ b\\</code>'],
  ['a heading and a list', '# - evil', '`# -` evil', '<code># -</code> evil'],
  ['a fence', '```mermaid', '```` ```mermaid ````', '<code>```mermaid</code>'],
  ['line breaks', 'a\n\n# evil\r\n<b>', 'a `#` evil `<b>`', 'a <code>#</code> evil <code>&lt;b&gt;</code>'],
  ['a workflow command of the old form', '##[error]x', '`# #[error]x`', '<code># #[error]x</code>']
]

for (const [what, text, markdown, html] of PROSE) {
  test(`Prose with ${what} is inert in Markdown and in HTML.`, () => {
    assert.equal(inert(text), markdown)
    assert.equal(inertHtml(text), html)
  })
}

const CODE: [string, string, string, string][] = [
  ['plain', 'a b', '`a b`', '<code>a b</code>'],
  ['nothing', '\u0000', '', ''],
  ['with a backtick', 'a`b', '`` a`b ``', '<code>a`b</code>'],
  ['with runs of backticks', '`a``b```', '```` `a``b``` ````', '<code>`a``b```</code>'],
  ['of backticks only', '``', '``` `` ```', '<code>``</code>'],
  ['with a bar behind a backslash', 'a\\|b', '`a\\|b`', '<code>a\\|b</code>'],
  ['with the end of its element', '</code></td>', '`</code></td>`', '<code>&lt;/code&gt;&lt;/td&gt;</code>'],
  ['of several lines', 'a\n\nb\u2028c', '`a b c`', '<code>a b c</code>']
]

for (const [what, text, markdown, html] of CODE) {
  test(`Code ${what} stays what it is.`, () => {
    assert.equal(inertCode(text), markdown)
    assert.equal(inertHtmlCode(text), html)
  })
}

for (const [name, show] of Object.entries({ inert, inertHtml, inertCode, inertHtmlCode })) {
  test(`${name} shows no more than it is told to.`, () => {
    assert.equal(show('aaaa aaaa', 5).replaceAll(/[^a…]|code/g, ''), 'aaaa…')
    assert.ok(show('&'.repeat(1_000_000)).length < 2_000)
  })
}

test("What the runner's masks know is still known in whatever shows it.", () => {
  const secret = 'sk_live_51Hx*[a]|#!~\\$b@c:^{d}<&>www.e'
  const masker = createMasker()
  masker.add(secret)
  for (const show of [inert, inertHtml, inertCode, inertHtmlCode, (text: string) => inertBlock(text, 300)])
    assert.match(masker.hide(show(`the key ${secret} here`)), /^[^s]*\*\*\*[^s]*$/)
})

test('A run of backticks of any length is shorter than the fence around it.', () => {
  for (let length = 1; length < 100; length += 1) {
    const [fence = ''] = /^`+/.exec(inertCode('x`'.padEnd(length, '`'))) ?? []
    assert.ok(fence.length > Math.max(1, length - 1))
  }
})

const BLOCKS: [string, string, string][] = [
  ['tags', '</pre><script>&amp;', '&lt;/pre&gt;&lt;script&gt;&amp;amp;'],
  ['empty lines and fences', 'a\n\n```mermaid\r\npie\r```', 'a\n\n```mermaid\npie\n```'],
  ['tabs', '\ta', '  a'],
  ['controls and overrides of direction', 'a\u0000b\u001b[1m\u202e\ud800', 'a·b·[1m··'],
  ['line separators', 'a\u2028b\u2029c', 'a\nb\nc'],
  ['more than is shown', 'a '.repeat(51), `${'a '.repeat(50)}\n…`],
  ['a long word at its end, which may be a secret', `b ${'aB3_'.repeat(30)}`, 'b \n…']
]

for (const [what, text, shown] of BLOCKS) {
  test(`A block with ${what} is text only.`, () => {
    assert.equal(inertBlock(text, 100), `<pre>${shown}</pre>`)
  })
}

test('A table without a header has a name at the beginning of each row, and no empty line, which would end it.', () => {
  assert.equal(
    table([
      ['a', 'b'],
      ['c', 'd']
    ]),
    '<table>\n<tr><th align="left">a</th><td>b</td></tr>\n<tr><th align="left">c</th><td>d</td></tr>\n</table>'
  )
})

test('A table with a header has it first.', () => {
  assert.equal(
    table([['a', 'b']], ['', 'B']),
    '<table>\n<tr><th align="left"></th><th align="left">B</th></tr>\n<tr><td>a</td><td>b</td></tr>\n</table>'
  )
})

test('Details are folded away, with empty lines around what is Markdown in them.', () => {
  assert.equal(details('<b>a</b>', '**b**'), '<details><summary><b>a</b></summary>\n\n**b**\n\n</details>')
})

function twice(text: string): [string, string] {
  return [text, text]
}
