import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkIapJwt, createIapClaims } from '../../../src/token/iap-jwt.ts'
import { ACCOUNT, assertFails, jwt, NOW, secret, SERVICE, wordsOf } from '../fixtures.ts'

const AUDIENCE = `${SERVICE}/*`
const CLAIMS = createIapClaims(ACCOUNT, AUDIENCE, NOW)

test('The claims are those that Identity-Aware Proxy expects, ten seconds old and an hour long', () => {
  const iat = NOW / 1000 - 10
  assert.deepEqual(CLAIMS, { iss: ACCOUNT, sub: ACCOUNT, aud: AUDIENCE, iat, exp: iat + 3600 })
})

test('A JWT with the very claims is taken, whatever else it says', () => {
  const signed = secret(jwt({ ...CLAIMS, jti: 'x' }))
  const token = checkIapJwt(signed, CLAIMS)
  assert.equal(token.jwt, signed)
  assert.partialDeepStrictEqual(token, {
    kind: 'iap_jwt',
    audience: AUDIENCE,
    email: ACCOUNT,
    expiresAt: CLAIMS.exp * 1000
  })
})

const WRONG: Readonly<Record<string, unknown>> = {
  iss: 'other@shop.iam.gserviceaccount.com',
  sub: '112233445566778899001',
  aud: [AUDIENCE],
  iat: CLAIMS.iat + 1,
  exp: CLAIMS.exp - 1
}

for (const [claim, value] of Object.entries(WRONG)) {
  for (const claims of [
    { ...CLAIMS, [claim]: value },
    { ...CLAIMS, [claim]: undefined }
  ]) {
    test(`A JWT whose ${claim} is ${JSON.stringify(claims[claim])} is not the one that was to be signed`, () => {
      const signed = jwt(claims)
      const failure = assertFails(
        () => checkIapJwt(secret(signed), CLAIMS),
        'TOKEN_INVALID',
        new RegExp(`claim ${claim} is `)
      )
      assert.ok(!wordsOf(failure).includes(signed.slice(0, 30)))
    })
  }
}

test('What is no JWT is refused', () => {
  assertFails(() => checkIapJwt(secret('no-token'), CLAIMS), 'TOKEN_INVALID', /not a JSON Web Token/)
})
