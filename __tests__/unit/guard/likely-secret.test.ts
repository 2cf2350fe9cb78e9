import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quoteValue } from '../../../src/guard/safe-text.ts'
import { jwt } from '../fixtures.ts'

const KEY = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n'
const DOCUMENT = JSON.stringify({ type: 'authorized_user', refresh_token: '1//0abcdefgh' }, undefined, 2)
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const SECRETS: Readonly<Record<string, string>> = {
  'a JSON document': DOCUMENT,
  'a JSON document of one line': JSON.stringify(JSON.parse(DOCUMENT)),
  'a JSON document behind blanks': `  ${DOCUMENT}`,
  'a key in PEM': KEY,
  'the lines of a key': KEY.split('\n')[1] ?? '',
  'a JWT': jwt({ sub: 'x' }),
  'a JWT with words around it': `Bearer ${jwt({ sub: 'x' })}`,
  'an access token': 'ya29.c.c0ASRK0Ga',
  'a refresh token': '1//0gabcdef',
  'an API key': 'AIzaSyA-abc',
  "a token of GitHub's": 'ghs_16C7e42F292c6912E7710c838347Ae178B4a',
  'base64 of a document': base64(DOCUMENT),
  'base64 of a document, cut': base64(DOCUMENT).slice(0, 40),
  'base64 of base64 of a document': base64(base64(DOCUMENT)),
  'base64 of a key': base64(KEY),
  'base64 with line breaks': base64(DOCUMENT).replaceAll(/.{32}/g, '$&\n'),
  'random base64': 'q83vEjRWeJq83v7+kBI0Vniavc3u/wASNFZ4mrze8BI0VniavN7wEjRWeJq83vAS',
  'random base64 with slashes': 'Zz9sSO9h/wsr1FWzDi+5MS/F0wPfGZ/716gWJr+8rel=',
  'random base64url': 'Zz9sSO9h_wsr1FWzDi-5MS-F0wPfGZ-716gWJr-8rel',
  'random hexadecimal digits': 'c0ffee00deadbeef0123456789abcdef00112233'
}

for (const [what, value] of Object.entries(SECRETS)) {
  test(`${what} is described, and no piece of it is quoted`, () => {
    const quoted = quoteValue(value)
    assert.match(quoted, /^(a|base64 of a) [\w ]+ \([\d,]+ characters\)$/)
    for (let start = 0; start + 8 <= value.length; start += 1)
      assert.ok(!quoted.includes(value.slice(start, start + 8)))
  })
}

for (const value of [
  'soon',
  'projects/123456789012/locations/global/workloadIdentityPools/github/providers/my-repo',
  'https://hello-123456789012.europe-west1.run.app/api/v1',
  'very-long-name-of-an-account@my-project-123456.iam.gserviceaccount.com',
  'X-Serverless-Authorization',
  '/home/runner/work/Web-Shop/Web-Shop/.config/Build42/Key.json',
  'projects/123456789012/locations/global/workloadIdentityPools/GitHub-Pool-Prod-2/providers/x',
  'Feature-Branch-Build-2026-11-Preview',
  '[a'
]) {
  test(`${value} is quoted`, () => {
    assert.equal(quoteValue(value), `"${value}"`)
  })
}

test('A long value is described: cut, it would pass the mask of the whole', () => {
  assert.equal(quoteValue('a b '.repeat(250)), 'a value (1,000 characters)')
})
