import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHeaderLine, parseHeaders } from '../../../src/inputs/request-headers.ts'
import { assertFails, wordsOf } from '../fixtures.ts'

const TOKEN_HEADERS: [string, string, string, string][] = [
  ['nothing is said', '', '', 'Authorization'],
  ['other headers are set', 'Accept: */*', '', 'Authorization'],
  ['headers sets Authorization', 'Authorization: Basic eA==', '', 'X-Serverless-Authorization'],
  ['headers sets authorization in lower case', 'authorization: Basic eA==', '', 'X-Serverless-Authorization'],
  ['headers sets X-Serverless-Authorization', 'X-Serverless-Authorization: x', '', 'Authorization'],
  ['one is named', '', 'Proxy-Authorization', 'Proxy-Authorization'],
  ['one is named in lower case', '', 'x-serverless-authorization', 'X-Serverless-Authorization'],
  ['one is named and headers sets another', 'Authorization: Basic eA==', 'Proxy-Authorization', 'Proxy-Authorization']
]

for (const [what, lines, wanted, header] of TOKEN_HEADERS) {
  test(`Where ${what}, the token travels in ${header}.`, () => {
    assert.equal(parseHeaders(lines, wanted).tokenHeader, header)
  })
}

const WRONG: [string, string, string, RegExp][] = [
  ['the token header named is set too', 'authorization: x', 'Authorization', /^Input token_header: /],
  ['no header is left', 'Authorization: x\nX-Serverless-Authorization: y', '', /^Input headers: /],
  ['the token header is another one', '', 'X-Api-Key', /^Input token_header: .*X-Api-Key/],
  ['Authorization stands there twice', 'Authorization: x\nAUTHORIZATION: y', '', /more than once/],
  ['a line has no colon', 'Accept', '', /: "Accept" is not of the form/],
  ['a line has no colon and may be a token', 'ya29.c.b0Aaekm1K', '', /: a token \(16 characters\) is not of the form/],
  ['a line has no name', ': x', '', /: a line is not of the form/],
  ['a name has a blank', 'My Header: x', '', /of the form/],
  ['a blank stands before the colon in the name', 'X(y): x', '', /of the form/],
  ['the host is another one', 'Host: other.run.app', '', /"Host" is set by HTTP/],
  ['the length is given', 'Content-Length: 3', '', /set by HTTP/],
  ['the framing is given', 'Transfer-Encoding: chunked', '', /set by HTTP/],
  ['the connection is controlled', 'Connection: x-serverless-authorization', '', /set by HTTP/],
  ['a value has a carriage return', 'X-A: b\rX-B: c', '', /no header can carry/],
  ['a value has a control character', 'X-A: b\u0000', '', /no header can carry/],
  ['a value has a character beyond Latin-1', 'X-A: €', '', /no header can carry/]
]

for (const [what, lines, wanted, problem] of WRONG) {
  test(`It is refused when ${what}.`, () => {
    assertFails(() => parseHeaders(lines, wanted), 'INPUT_INVALID', problem)
  })
}

for (const lines of [
  'Bearer s3cr3t',
  'My Header: s3cr3t',
  'X-A: s3cr3t€',
  'Authorization: s3cr3t\nAuthorization: s3cr3t',
  'Host: s3cr3t'
]) {
  test(`The value is not repeated when "${lines.replace('\n', '⏎')}" is refused.`, () => {
    assert.doesNotMatch(wordsOf(assertFails(() => parseHeaders(lines, ''), 'INPUT_INVALID')), /s3cr3t/)
  })
}

test('Where headers sets Authorization and the audience is an OAuth client, IAP finds the token in Proxy-Authorization.', () => {
  assert.equal(parseHeaders('Authorization: Basic eA==', '', 'id_token').tokenHeader, 'Proxy-Authorization')
  assert.equal(parseHeaders('', '', 'id_token').tokenHeader, 'Authorization')
  const lines = 'Authorization: x\nProxy-Authorization: y'
  assertFails(() => parseHeaders(lines, '', 'id_token'), 'INPUT_INVALID', /^Input headers: .*Proxy-Authorization/)
})

test('IAP does not find a signed JWT in X-Serverless-Authorization, which is refused', () => {
  assertFails(() => parseHeaders('', 'x-serverless-authorization', 'iap_jwt'), 'INPUT_INVALID', /^Input token_header: /)
  assert.equal(parseHeaders('Authorization: x', '', 'iap_jwt').tokenHeader, 'Proxy-Authorization')
})

test('Headers are kept as they were written, with every value of a name that is repeated.', () => {
  const { own } = parseHeaders('X-Key: a: b\r\n\n x-KEY :c\nAccept:\nX-Latin: é\n__proto__: x', '')
  assert.deepEqual(Object.entries(own), [
    ['X-Key', ['a: b', 'c']],
    ['Accept', ['']],
    ['X-Latin', ['é']],
    ['__proto__', ['x']]
  ])
})

test('Only the first colon of a line separates name and value.', () => {
  assert.deepEqual(parseHeaderLine('headers', 'X-Time:  12:30 '), { name: 'X-Time', value: '12:30' })
})
