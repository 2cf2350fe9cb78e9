import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, safeText, safeUrl, textOfPage } from '../../../src/guard/safe-text.ts'

const TEXTS: [string, string, string][] = [
  ['plain words', 'Hello, Wörld! 你好 😀', 'Hello, Wörld! 你好 😀'],
  ['blanks around it', '  a  b\t', 'a b'],
  ['a command behind a line break', 'x\n::error::y', 'x ::error::y'],
  ['a command behind a carriage return', 'x\r::add-mask::y', 'x ::add-mask::y'],
  ['a command behind a line separator', 'x\u2028::error::y\u2029z\u0085', 'x ::error::y z'],
  ['a command in the old form', 'x ##[error]y', 'x # #[error]y'],
  ['a command in the old form behind another sign', '###[error]y', '## #[error]y'],
  ['a command in the old form, twice', '##[a]##[b]', '# #[a]# #[b]'],
  ['a command in the old form with something invisible in it', '#\u200b#[error]', '# #[error]'],
  ['colours', '\u001b[31mred\u001b[0m', '[31mred [0m'],
  ['a null and a bell', 'a\u0000b\u0007', 'a b'],
  ['direction overrides', 'a\u202eb\u2066c\u200fd', 'a b c d'],
  ['a soft hyphen and a byte order mark', '\ufeffa\u00adb', 'a b'],
  ['half a character', 'a\ud83db', 'a\ufffdb'],
  ['nothing but controls', '\n\r\t', '']
]

for (const [what, text, expected] of TEXTS) {
  test(`Text with ${what} becomes one safe line.`, () => {
    assert.equal(safeText(text), expected)
  })
}

const LENGTHS: [string, string, number, string][] = [
  ['as long as allowed', 'abcde', 5, 'abcde'],
  ['one longer', 'abcdef', 5, 'abcd…'],
  ['much longer', 'a'.repeat(1_000_000), 5, 'aaaa…'],
  ['long only because of blanks', `a${' '.repeat(15)}b`, 5, 'a b'],
  ['longer after it was made safe', '##[##[', 6, '# #[#…'],
  ['cut in the middle of a word that may be a secret', `key: ${'aB3_'.repeat(20)}`, 40, 'key: …'],
  ['cut behind such a word', `${'aB3_'.repeat(9)}: ${'x '.repeat(20)}`, 40, `${'aB3_'.repeat(9)}: x…`],
  ['cut in such a word behind many blanks', `${' '.repeat(60)}${'aB3_'.repeat(30)}`, 30, '…'],
  [
    'cut in the middle of an address',
    'shop-123456789012.europe-west1.run.app/any/path',
    41,
    'shop-123456789012.europe-west1.run.app/a…'
  ],
  ['cut in the middle of another word', 'the quick brown fox', 12, 'the quick b…'],
  ['cut in the middle of a character', 'abc😀😀', 5, 'abc…']
]

for (const [what, text, maxLength, expected] of LENGTHS) {
  test(`Text that is ${what} is shown as ${expected}`, () => {
    assert.equal(safeText(text, maxLength), expected)
  })
}

const URLS: [string, string][] = [
  ['https://user:pass@shop.example/a?key=1#x', 'https://shop.example/a'],
  ['https://shop.example:8443', 'https://shop.example:8443/'],
  ['https://shop.example/%0a::error::', 'https://shop.example/%0a::error::']
]

for (const [url, expected] of URLS) {
  test(`${url} is shown as ${expected}`, () => {
    assert.equal(safeUrl(new URL(url)), expected)
  })
}

const PAGES: [string, string, RegExp][] = [
  ['tags', '<h1>Error: <b>Forbidden</b></h1>\n<h2>Ask.</h2>', /^ Error:\s+Forbidden\s+Ask\. $/],
  [
    'head, style and script',
    '<HEAD><title>x</title></HEAD><style>a{}</style>Hello<script>f("</p>")</script>!',
    /^\s+Hello !$/
  ],
  ['an element that only starts alike', '<header>Hello</header>', /^ Hello $/],
  ['an element that never ends', '<p>Hello<style>a{} <p>there', /^ Hello a\{\} {2}there$/],
  ['a tag that never ends', 'a <b', /^a <b$/],
  ['no tags', 'Rate exceeded.', /^Rate exceeded\.$/]
]

for (const [what, page, text] of PAGES) {
  test(`What a page says is without ${what}.`, () => {
    assert.match(textOfPage(page), text)
  })
}

test('Only the beginning of a long page is read.', () => {
  assert.ok(textOfPage(`<p>${'word '.repeat(1_000_000)}`).length < 5_000)
})

const CODES: [string, unknown, string][] = [
  ['a network error', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [
    'a certificate error',
    Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    'ERR_TLS_CERT_ALTNAME_INVALID'
  ],
  ['an error without a code', new Error('x'), 'UNKNOWN'],
  ['an error with a number', Object.assign(new Error('x'), { code: 7 }), 'UNKNOWN'],
  ['an error with words', Object.assign(new Error('x'), { code: 'E s3cr3t' }), 'UNKNOWN'],
  ['something else that was thrown', { code: 'ECONNREFUSED' }, 'UNKNOWN'],
  ['nothing', undefined, 'UNKNOWN']
]

for (const [what, error, code] of CODES) {
  test(`The code of ${what} is ${code}.`, () => {
    assert.equal(codeOf(error), code)
  })
}
