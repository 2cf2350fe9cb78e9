import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createRedaction } from '../../../src/guard/redaction.ts'
import { ACCOUNT, jwt, secret, SERVICE } from '../fixtures.ts'

const TOKEN = jwt({ aud: SERVICE, email: ACCOUNT, exp: 1_795_440_000, iss: 'https://accounts.google.com', sub: '1122' })
const redact = createRedaction([secret(TOKEN)])

const hex = (letter: string): string => letter.charCodeAt(0).toString(16)
const each = (form: (letter: string) => string): string => Array.from(TOKEN, form).join('')
const split = (separator: string, size = 8): string =>
  (TOKEN.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(separator)
const base64 = (before: string): string => Buffer.from(`${before}${TOKEN}`).toString('base64')

/** RFC 4648, 6, bit by bit. */
function base32(text: string): string {
  const bits = Array.from(Buffer.from(text), (byte) => byte.toString(2).padStart(8, '0')).join('')
  const letter = (five: string): string =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(five.padEnd(5, '0'), 2))
  return (bits.match(/.{1,5}/g) ?? []).map(letter).join('')
}

const DISGUISES: [string, string][] = [
  ['whole', TOKEN],
  ['after "Bearer"', `Bearer ${TOKEN}`],
  ['twice', `${TOKEN} ${TOKEN}`],
  ['without its last part', TOKEN.replace(/\.[^.]*$/, '')],
  ['as its payload alone', TOKEN.split('.')[1] ?? ''],
  ['as its signature alone', TOKEN.split('.')[2] ?? ''],
  ['cut at both ends', TOKEN.slice(100, 160)],
  ['cut to twelve letters', TOKEN.replaceAll(/[^a-zA-Z0-9]/g, '').slice(-12)],
  ['cut, in angle brackets', `<${TOKEN.slice(100, 160)}>`],
  ['in upper case', TOKEN.toUpperCase()],
  ['in lower case', TOKEN.toLowerCase()],
  ['reversed', Array.from(TOKEN).toReversed().join('')],
  ['split by line breaks', split('\n')],
  ['split by carriage returns and line breaks', split('\r\n', 76)],
  ['split by blanks', split(' ', 1)],
  ['split by quotes and commas', split('", "')],
  ['split by quotes, plus signs and line breaks', split("' +\n  '")],
  ['split by markup', split('<wbr>')],
  ['split by markup with attributes', split('</span><span class="token">')],
  ['split by escaped line breaks', split('\\n')],
  ['split by escaped carriage returns and line breaks', split('\\r\\n')],
  ['split by quotes and escaped line breaks', split('",\\n  "')],
  ['split by escaped quotes and escaped line breaks', split('\\",\\n\\"')],
  ['split by line breaks that are escaped twice', split('\\\\n')],
  ['in Base64', base64('')],
  ['in Base64, one byte behind', base64('x')],
  ['in Base64, two bytes behind', base64('xy')],
  ['in Base64 with line breaks', base64('').replaceAll(/.{76}/g, '$&\r\n')],
  ['in base64url', Buffer.from(TOKEN).toString('base64url')],
  ['in hexadecimal', Buffer.from(TOKEN).toString('hex')],
  ['in upper-case hexadecimal', Buffer.from(TOKEN).toString('hex').toUpperCase()],
  ['in hexadecimal with colons', each((letter) => `${hex(letter)}:`)],
  ['percent-encoded', each((letter) => `%${hex(letter)}`)],
  ['percent-encoded in upper case', each((letter) => `%${hex(letter).toUpperCase()}`)],
  ['with \\u escapes', each((letter) => `\\u00${hex(letter)}`)],
  ['with upper-case \\u escapes', each((letter) => `\\u00${hex(letter).toUpperCase()}`)],
  ['with \\x escapes', each((letter) => `\\x${hex(letter)}`)],
  ['with decimal HTML entities', each((letter) => `&#${letter.charCodeAt(0)};`)],
  ['with hexadecimal HTML entities', each((letter) => `&#x${hex(letter)};`)],
  ['with its hyphens as entities', TOKEN.replaceAll('-', '&#45;').replaceAll('_', '&#95;').replaceAll('.', '&period;')],
  ['with padded entities', each((letter) => `&#0${letter.charCodeAt(0)};`)],
  ['with padded hexadecimal entities in upper case', each((letter) => `&#X00${hex(letter)};`)],
  ['with entities that are escaped twice', each((letter) => `&amp;#${letter.charCodeAt(0)};`)],
  ['with entities without a semicolon', each((letter) => `&#${letter.charCodeAt(0)}&#8203;`)],
  ['percent-encoded twice', each((letter) => `%25${hex(letter)}`)],
  ['with octal escapes', each((letter) => `\\${letter.charCodeAt(0).toString(8)}`)],
  ['with \\u escapes in braces', each((letter) => `\\u{${hex(letter)}}`)],
  ['with \\u escapes that are escaped twice', each((letter) => `\\\\u00${hex(letter)}`)],
  ['as a list of bytes in hexadecimal', each((letter) => `0x${hex(letter)}, `)],
  ['as a list of bytes', [...Buffer.from(TOKEN)].join(', ')],
  ['as a buffer in JSON', JSON.stringify(Buffer.from(TOKEN))],
  ['in Base32', base32(TOKEN)],
  ['in Base32, behind a scheme', base32(`Bearer ${TOKEN}`)],
  ['split by soft hyphens', split('\u00ad', 4)],
  ['split by soft hyphens as entities', split('&shy;', 4)],
  ['split by soft hyphens as numbers', split('&#173;', 4)],
  ['split by zero-width spaces', split('\u200b', 1)],
  ['split by zero-width spaces as entities', split('&ZeroWidthSpace;', 4)],
  ['split by word joiners and byte order marks', split('\u2060\ufeff', 2)],
  ['split by nulls, as UTF-16 is in ASCII', split('\u0000', 1)],
  ['split by very long tags', split(`<span style="${'color: red; '.repeat(40)}">`)],
  ['split by tags across lines', split('<span\n  class="a"\n>')],
  ['split by comments', split('<!-- - -->')],
  ['with upper-case hexadecimal HTML entities', each((letter) => `&#x${hex(letter).toUpperCase()};`)]
]

for (const [what, disguise] of DISGUISES) {
  test(`A token that comes back ${what} is taken out.`, () => {
    const left = redact(disguise).replaceAll('***', '')
    // Separators, and pieces that are too short to be known.
    assert.ok(left.length <= 11 + disguise.length / 20, left)
  })
}

const HARMLESS: [string, string][] = [
  ['nothing', ''],
  ['words', 'The quick brown fox jumps over the lazy dog. '.repeat(20)],
  ['JSON with escapes', JSON.stringify({ path: 'C:\\new\\table', text: 'a\n\tb', umlaut: 'ä', emoji: '😀' })],
  ['HTML', '<!doctype html><p class="a">1 &lt; 2 &amp;&#65; </p><script>if (a<b) {}</script>'],
  ['broken characters and controls', '\u0000\ud800 \ufffd\r\n\u2028'],
  ['escapes', '100% &amp; &#65;&nope; \\u00e4 \\x 0x1f 0xfg %zz &# \\'.repeat(9)],
  ['long numbers', Array.from({ length: 500 }, (_, index) => String(index * 7919)).join(', ')],
  ['eleven letters of the token', TOKEN.slice(0, 11)],
  ['asterisks', '*** *** ***']
]

for (const [what, text] of HARMLESS) {
  test(`A text with ${what} stays as it is, byte for byte.`, () => {
    assert.equal(redact(text), text)
  })
}

test('What stands around a token stays as it is.', () => {
  assert.equal(redact(`{"token": "${TOKEN}", "äöü": [1]}\r\n`), '{"token": "***", "äöü": [1]}\r\n')
})

test('Every token is taken out, not only the first.', () => {
  const other = jwt({ sub: 'somebody else' })
  assert.equal(createRedaction([secret(TOKEN), secret(other)])(`1 ${TOKEN}, 2 ${other}.`), '1 ***, 2 ***.')
})

test('Without tokens nothing is taken out.', () => {
  assert.equal(createRedaction([])(TOKEN), TOKEN)
})

const LARGE: [string, string, string][] = [
  ['words', 'lorem ipsum ', 'lorem ipsum '],
  ['one letter', 'a', 'a'],
  ['the beginnings of tags', '<', '<'],
  ['backslashes', '\\', '\\'],
  ['a header of the same kind, letter by letter', 'e y J h ', 'e y J h ']
]

for (const [what, piece, kept] of LARGE) {
  test(`A text of 4 MiB made of ${what} is searched to its end.`, () => {
    const count = Math.ceil((4 * 1024 * 1024) / piece.length)
    const redacted = redact(`${piece.repeat(count)}>${TOKEN}`)
    assert.ok(redacted === `${kept.repeat(count)}>***`)
  })
}

const LONG = Array.from({ length: 1_000 }, (_, index) =>
  createHash('sha512').update(`${index}`).digest('base64url')
).join('')
const REPEATED = 'ab'.repeat(500_000)

test('A secret of a hundred thousand characters is known as a whole, and in disguise by its end.', () => {
  const redactLong = createRedaction([secret(`${LONG}.${LONG}`), secret(REPEATED)])
  const end = LONG.slice(-20_000)
  for (const piece of [
    LONG,
    LONG.slice(30_000, 30_040),
    end,
    Buffer.from(end).toString('hex'),
    REPEATED.slice(7, 300)
  ]) {
    assert.match(redactLong(`x ${piece} y`), /^x \S{0,4}\*\*\*\S{0,4} y$/)
  }
})

const HOSTILE: [string, string][] = [
  ['pieces of the token that are one letter too short', `${TOKEN.replaceAll(/[^a-zA-Z0-9]/g, '').slice(50, 61)}!!`],
  ['the token without its first letter, over and over', TOKEN.slice(1)],
  ['what repeats a secret that repeats itself', 'ab'],
  ['beginnings of escapes', '\\\\\\\\&#%u'],
  ['ends of tags', '>'],
  ['beginnings and ends of tags', '<>'],
  ['half an entity', '&amp;'],
  ['zeros', '0'],
  ['decimal digits', '1019']
]

for (const [what, piece] of HOSTILE) {
  test(`A text of 4 MiB made of ${what} is searched to its end.`, () => {
    const text = `${piece.repeat(Math.ceil((4 * 1024 * 1024) / piece.length))} > `
    assert.ok(createRedaction([secret(TOKEN), secret(REPEATED)])(`${text}${TOKEN}`).endsWith(' > ***'))
  })
}

test('A secret that is too short to have pieces is taken out as a whole.', () => {
  const redactShort = createRedaction([secret('p4ss-word'), secret('short')])
  assert.equal(redactShort('the p4ss-word is short, p4ss-wor is not'), 'the *** is short, p4ss-wor is not')
})
