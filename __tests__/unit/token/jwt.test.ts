import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from '../../../src/token/jwt.ts'
import { jwt } from '../fixtures.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64url')
const HEADER = encode('{"alg":"RS256"}')

test('The claims of a JWT are decoded, whatever characters they hold.', () => {
  assert.deepEqual(decodeJwt(jwt({ sub: 'repo:Ä/ß:ref', n: 1, list: ['a'] }))?.claims, {
    sub: 'repo:Ä/ß:ref',
    n: 1,
    list: ['a']
  })
})

const NO_JWTS: [string, string][] = [
  ['nothing', ''],
  ['an opaque token', 'ya29.c.b0Aaekm1K'],
  ['two parts', `${HEADER}.${encode('{}')}`],
  ['four parts', `${HEADER}.${encode('{}')}.x.y`],
  ['an empty signature', `${HEADER}.${encode('{}')}.`],
  ['a line break at its end', `${HEADER}.${encode('{}')}.x\n`],
  ['blanks before it', ` ${HEADER}.${encode('{}')}.x`],
  ['padding', `${HEADER}.${Buffer.from('{"a":1}').toString('base64')}.x`],
  ['a payload that is no JSON', `${HEADER}.${encode('no')}.x`],
  ['a payload that is an array', `${HEADER}.${encode('[]')}.x`],
  ['a payload that is null', `${HEADER}.${encode('null')}.x`],
  ['a header that is no JSON', `abc.${encode('{}')}.x`],
  ['a header that is a string', `${encode('"x"')}.${encode('{}')}.x`]
]

for (const [what, token] of NO_JWTS) {
  test(`A text with ${what} is no JWT.`, () => {
    assert.equal(decodeJwt(token)?.claims, undefined)
  })
}
