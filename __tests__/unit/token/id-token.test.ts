import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkIdToken } from '../../../src/token/id-token.ts'
import type { Expected } from '../../../src/token/id-token.ts'
import { ACCOUNT, assertFails, jwt, NOW, secret, SERVICE, wordsOf } from '../fixtures.ts'

const CLAIMS = {
  iss: 'https://accounts.google.com',
  aud: SERVICE,
  azp: '112233445566778899001',
  sub: '112233445566778899001',
  email: ACCOUNT,
  email_verified: true,
  iat: NOW / 1000,
  exp: NOW / 1000 + 3600
}
const EXPECTED: Expected = {
  audience: SERVICE,
  account: ACCOUNT,
  universe: 'googleapis.com',
  fixedAudience: undefined,
  now: NOW
}

type Changes = Readonly<Record<string, unknown>>

const GOOD: [string, Changes, Partial<Expected>][] = [
  ['as it was asked for', {}, {}],
  ['of the issuer in its older form', { iss: 'accounts.google.com' }, {}],
  ['of an account whose e-mail is in another case', { email: ACCOUNT.toUpperCase() }, {}],
  ['of an account that could not be known before', {}, { account: undefined }],
  ['of an account that was named by its unique id', { email: undefined }, { account: CLAIMS.sub }],
  ['that expires in a second', { exp: NOW / 1000 + 1 }, {}],
  ["of a person, for gcloud's client", { aud: 'gcloud.apps' }, { account: undefined, fixedAudience: ['gcloud.apps'] }],
  ['of a person who hides the e-mail', { email: undefined }, { account: undefined, fixedAudience: ['gcloud.apps'] }],
  ["of another universe's issuer", { iss: 'https://accounts.apis.example' }, { universe: 'apis.example' }],
  ["of Google's issuer in another universe", {}, { universe: 'apis.example' }]
]

for (const [what, changes, expected] of GOOD) {
  test(`A token ${what} is taken.`, () => {
    const claims: Changes = { ...CLAIMS, ...changes }
    const token = jwt(claims)
    const checked = checkIdToken(secret(token), { ...EXPECTED, ...expected })
    assert.deepEqual(
      [checked.jwt.reveal(), checked.audience, checked.email, checked.expiresAt / 1000],
      [token, claims['aud'], claims['email'] ?? '', claims['exp']]
    )
  })
}

const BAD: [string, Changes, RegExp, Partial<Expected>?][] = [
  ['no issuer', { iss: undefined }, /\(iss\) is missing/],
  ['another issuer', { iss: 'https://token.actions.githubusercontent.com' }, /\(iss\) is "https:\/\/token/],
  ['an issuer that looks alike', { iss: 'https://accounts.google.com.evil.example' }, /\(iss\)/],
  ['an issuer with a slash', { iss: 'https://accounts.google.com/' }, /\(iss\)/],
  ["another universe's issuer", { iss: 'https://accounts.apis.example' }, /\(iss\)/],
  ['several issuers', { iss: ['https://accounts.google.com'] }, /\(iss\)/],
  ['no audience', { aud: undefined }, /\(aud\) is missing/],
  ['another audience', { aud: 'https://other.example' }, /\(aud\) is "https:\/\/other/],
  ['an audience with a slash', { aud: `${SERVICE}/` }, /\(aud\)/],
  ['an audience in another case', { aud: SERVICE.toUpperCase() }, /\(aud\)/],
  ['several audiences', { aud: [SERVICE] }, /\(aud\)/],
  [
    "no audience, though it is a person's",
    { aud: undefined },
    /\(aud\)/,
    { account: undefined, fixedAudience: ['gcloud.apps'] }
  ],
  ['no expiry', { exp: undefined }, /\(exp\)/],
  ['an expiry that is a text', { exp: '9999999999' }, /\(exp\)/],
  ['an expiry in the past', { exp: NOW / 1000 - 1 }, /expired at 2026-11-23T11:59:59/],
  ['an expiry that is now', { exp: NOW / 1000 }, /expired at/],
  ['an expiry before all time', { exp: -1e20 }, /exp/],
  ['an expiry after all time', { exp: 1e20 }, /exp/],
  ['no e-mail', { email: undefined }, /\(email\) is missing/],
  ['another e-mail', { email: 'other@shop.iam.gserviceaccount.com' }, /\(email\) is "other@/],
  ['an e-mail that is a list', { email: [ACCOUNT] }, /\(email\)/],
  ['no e-mail, where it could not be known before', { email: undefined }, /\(email\)/, { account: undefined }],
  ['another subject', { sub: '998877665544332211009' }, /\(sub\) is "998877/, { account: CLAIMS.sub }],
  ['no subject', { sub: undefined }, /\(sub\) is missing/, { account: CLAIMS.sub }]
]

for (const [what, changes, problem, expected = {}] of BAD) {
  test(`A token with ${what} is refused, and no message shows the token.`, () => {
    const token = jwt({ ...CLAIMS, ...changes })
    const words = wordsOf(
      assertFails(() => checkIdToken(secret(token), { ...EXPECTED, ...expected }), 'TOKEN_INVALID', problem)
    )
    for (const part of token.split('.')) assert.ok(!words.includes(part))
  })
}

for (const token of ['', 'ya29.c.b0Aaekm1K', 'eyJhbGciOiJSUzI1NiJ9.e30', '<html>sign in</html>']) {
  test(`"${token}" is refused, because it is not a JWT, and is not shown.`, () => {
    const failure = assertFails(() => checkIdToken(secret(token), EXPECTED), 'TOKEN_INVALID', /not a JSON Web Token/)
    assert.ok(token === '' || !wordsOf(failure).includes(token))
  })
}

test('A claim that is shown is one safe line.', () => {
  const token = jwt({ ...CLAIMS, aud: 'x\n::error::\u202e' })
  assert.doesNotMatch(assertFails(() => checkIdToken(secret(token), EXPECTED), 'TOKEN_INVALID').sentence, /[\n\u202e]/)
})
