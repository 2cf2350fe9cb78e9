import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seal } from '../../../../src/guard/seal.ts'
import { createMasks } from '../../../../src/guard/secret.ts'
import { judgeResponse } from '../../../../src/identity/subject-token/executable.ts'
import { NOW } from '../../fixtures.ts'

type Response = Readonly<Record<string, unknown>>

function sealed(response: Response): unknown {
  return seal(
    createMasks(() => undefined),
    JSON.stringify(response)
  ).json
}

const TYPE = 'urn:ietf:params:oauth:token-type:'
const GOOD = {
  version: 1,
  success: true,
  token_type: `${TYPE}jwt`,
  id_token: 't0k3n',
  expiration_time: NOW / 1000 + 60
}
const SAML = { ...GOOD, token_type: `${TYPE}saml2`, id_token: undefined, saml_response: 't0k3n' }

const TAKEN: [string, Response, boolean][] = [
  ['a JWT', GOOD, true],
  ['an ID token', { ...GOOD, token_type: `${TYPE}id_token` }, true],
  ['a SAML response', SAML, true],
  ['a JWT that need not say when it expires', { ...GOOD, expiration_time: undefined }, false]
]

for (const [what, response, mustExpire] of TAKEN) {
  test(`A program may answer with ${what}.`, () => {
    assert.equal(judgeResponse(sealed(response), NOW, mustExpire).token?.reveal(), 't0k3n')
  })
}

const REFUSED: [string, Response, boolean, RegExp][] = [
  ['nothing', {}, false, /"version": 1/],
  ['another version', { ...GOOD, version: 2 }, false, /"version": 1/],
  ['a version that is a text', { ...GOOD, version: '1' }, false, /"version": 1/],
  ['neither success nor failure', { ...GOOD, success: undefined }, false, /it failed/],
  ['success that is a text', { ...GOOD, success: 'true' }, false, /it failed/],
  [
    'a failure',
    { version: 1, success: false, code: '401', message: 'Caller not\n::error::authorized.' },
    false,
    /it failed: 401 Caller not ::error::authorized\.$/
  ],
  ['no expiry where it is cached', { ...GOOD, expiration_time: undefined }, true, /"expiration_time"/],
  [
    'an expiry that is a text where it is cached',
    { ...GOOD, expiration_time: '9999999999' },
    true,
    /"expiration_time"/
  ],
  ['an expiry in the past', { ...GOOD, expiration_time: NOW / 1000 - 1 }, false, /has expired/],
  ['an expiry that is now', { ...GOOD, expiration_time: NOW / 1000 }, true, /has expired/],
  ['no token', { ...GOOD, id_token: undefined }, false, /"id_token"/],
  ['a token in the place of another type', { ...GOOD, token_type: `${TYPE}saml2` }, false, /"saml_response"/],
  ['an empty token', { ...GOOD, id_token: '' }, false, /"id_token"/]
]

for (const [what, response, mustExpire, problem] of REFUSED) {
  test(`A program that answers with ${what} gives no token, and the problem does not quote one.`, () => {
    const verdict = judgeResponse(sealed(response), NOW, mustExpire)
    assert.equal(verdict.token, undefined)
    assert.match(verdict.problem, problem)
    assert.doesNotMatch(verdict.problem, /t0k3n|\n/)
  })
}
