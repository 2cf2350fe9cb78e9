import assert from 'node:assert/strict'
import { test } from 'node:test'
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
    'at <code>https&#58;//evil.example/a</code>, now'
  ],
  ['an address without a scheme', 'www.evil.example!', '`www.evil.example`!', '<code>www&#46;evil.example</code>!'],
  ['an address in capitals', 'WWW.EVIL.EXAMPLE', '`WWW.EVIL.EXAMPLE`', '<code>WWW&#46;EVIL.EXAMPLE</code>'],
  ['an e-mail address', 'by a@b.example.', 'by `a@b.example`.', 'by <code>a&#64;b.example</code>.'],
  ['a mention', 'thanks @octocat', 'thanks `@octocat`', 'thanks <code>&#64;octocat</code>'],
  ['a mention in brackets', '(@octo-org/team)', '(`@octo-org/team`)', '(<code>&#64;octo-org/team</code>)'],
  [
    'issues',
    'a #1 and octo/repo#1 and GH-1',
    'a `#1` and `octo/repo#1` and `GH-1`',
    'a <code>&#35;1</code> and <code>octo/repo&#35;1</code> and <code>GH-1</code>'
  ],
  [
    'a commit',
    'since c0ffee1 or 1234567',
    'since `c0ffee1` or `1234567`',
    'since <code>c0ffee1</code> or <code>1234567</code>'
  ],
  ['an emoji', 'a :smile: here', 'a `:smile`: here', 'a <code>&#58;smile</code>: here'],
  [
    'a tag',
    'a <img src=x onerror=alert(1)> b',
    'a `<img src=x onerror=alert(1)>` b',
    'a <code>&#60;img src=x onerror=alert(1)&#62;</code> b'
  ],
  ['a comment', '<!-- evil', '`<!--` evil', '<code>&#60;&#33;--</code> evil'],
  ['a reference', '&lt;b&gt;', '`&lt;b&gt`;', '<code>&#38;lt;b&#38;gt</code>;'],
  [
    'a link',
    'see [evil](https://evil.example)',
    'see `[evil](https://evil.example)`',
    'see <code>&#91;evil&#93;(https&#58;//evil.example)</code>'
  ],
  ['an image', '![evil](x)', '`![evil](x)`', '<code>&#33;&#91;evil&#93;(x)</code>'],
  [
    'a value in quotes',
    'Input id_token: "a_b and c" names a pool (see "d_e").',
    'Input `id_token`: `a_b and c` names a pool (see `d_e`).',
    'Input <code>id&#95;token</code>: <code>a&#95;b and c</code> names a pool (see <code>d&#95;e</code>).'
  ],
  ['plain words in quotes', 'said "no (not now)".', ...twice('said "no (not now)".')],
  [
    'a value and its origin in brackets',
    'the file /w/c.json (GOOGLE_CREDENTIALS) names none',
    'the file `/w/c.json` (`GOOGLE_CREDENTIALS`) names none',
    'the file <code>/w/c.json</code> (<code>GOOGLE&#95;CREDENTIALS</code>) names none'
  ],
  [
    'a call of a function',
    'use f(a_b), not (a_b)',
    'use `f(a_b)`, not (`a_b`)',
    'use <code>f(a&#95;b)</code>, not (<code>a&#95;b</code>)'
  ],
  [
    'emphasis',
    '**evil** ~~evil~~ id_token',
    '`**evil** ~~evil~~ id_token`',
    '<code>&#42;&#42;evil&#42;&#42; &#126;&#126;evil&#126;&#126; id&#95;token</code>'
  ],
  [
    'formulas',
    '$a$ and $`a`$',
    '`$a$` and `` $`a`$ ``',
    '<code>&#36;a&#36;</code> and <code>&#36;&#96;a&#96;&#36;</code>'
  ],
  ['bars', 'a | b', 'a `|` b', 'a <code>&#124;</code> b'],
  ['a backslash', 'a \\ b\\', 'a `\\ b\\`', 'a <code>&#92; b&#92;</code>'],
  ['a heading and a list', '# - evil', '`# -` evil', '<code>&#35; -</code> evil'],
  ['a fence', '```mermaid', '```` ```mermaid ````', '<code>&#96;&#96;&#96;mermaid</code>'],
  ['line breaks', 'a\n\n# evil\r\n<b>', 'a `#` evil `<b>`', 'a <code>&#35;</code> evil <code>&#60;b&#62;</code>'],
  ['a workflow command of the old form', '##[error]x', '`# #[error]x`', '<code>&#35; &#35;&#91;error&#93;x</code>']
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
  ['with a backtick', 'a`b', '`` a`b ``', '<code>a&#96;b</code>'],
  ['with runs of backticks', '`a``b```', '```` `a``b``` ````', '<code>&#96;a&#96;&#96;b&#96;&#96;&#96;</code>'],
  ['of backticks only', '``', '``` `` ```', '<code>&#96;&#96;</code>'],
  ['with a bar behind a backslash', 'a\\|b', '`a\\|b`', '<code>a&#92;&#124;b</code>'],
  ['with the end of its element', '</code></td>', '`</code></td>`', '<code>&#60;/code&#62;&#60;/td&#62;</code>'],
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

test('A run of backticks of any length is shorter than the fence around it.', () => {
  for (let length = 1; length < 100; length += 1) {
    const [fence = ''] = /^`+/.exec(inertCode('x`'.padEnd(length, '`'))) ?? []
    assert.ok(fence.length > Math.max(1, length - 1))
  }
})

const BLOCKS: [string, string, string][] = [
  ['tags', '</pre><script>&amp;', '&#60;/pre&#62;&#60;script&#62;&#38;amp;'],
  ['empty lines and fences', 'a\n\n```mermaid\r\npie\r```', 'a\n\n```mermaid\npie\n```'],
  ['tabs', '\ta', '  a'],
  ['controls and overrides of direction', 'a\u0000b\u001b[1m\u202e\ud800', 'a·b·[1m··'],
  ['line separators', 'a\u2028b\u2029c', 'a\nb\nc'],
  ['more than is shown', 'a'.repeat(101), `${'a'.repeat(100)}\n…`]
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
