import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mapStrings, seal } from '../../../src/guard/seal.ts'
import type { TokenFormat } from '../../../src/guard/seal.ts'
import { createMasks } from '../../../src/guard/secret.ts'
import { jwt } from '../fixtures.ts'

const JWT = jwt({ sub: 'x' })
const ACCESS = 'ya29.c.b0Aaekm1K-s3cr3t_s3cr3t'
const REFRESH = '1//0gs3cr3t-s3cr3t_s3cr3tS3cr3t'
const API_KEY = 'AIzas3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t'
const CLIENT_SECRET = 'GOCSPX-s3cr3ts3cr3ts3cr3t'
const OF_GITHUB = 'github_pat_s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t'
const OPAQUE = 'Opaque-s3cr3t-0123456789'
const PEM = '-----BEGIN RSA PRIVATE KEY-----\nMIIEs3cr3t\nAbCdEfGh\n-----END RSA PRIVATE KEY-----'
const BY_SHAPE = { JWT, ACCESS, REFRESH, API_KEY, CLIENT_SECRET, OF_GITHUB, PEM }

/** What is left to read once `text` went through the gate, and what was masked. */
function sealed(text: string, format?: TokenFormat): { shown: string; revealed: string; masks: string[] } {
  const masks: string[] = []
  const { json, text: rest } = seal(
    createMasks((lines) => masks.push(...lines.split('\n'))),
    text,
    format
  )
  const revealed = mapStrings(
    json,
    (value) => value,
    (secret) => `<${secret.reveal()}>`
  )
  return { shown: `${write(json)}${rest}`, revealed: write(revealed), masks }
}

function write(json: unknown): string {
  return json === undefined ? '' : JSON.stringify(json)
}

for (const [name, secret] of Object.entries(BY_SHAPE)) {
  const PLACES: [string, string][] = [
    ['as a member', JSON.stringify({ a: [{ b: secret }] })],
    ['as a name of a member', JSON.stringify({ [secret]: 1 })],
    ['in words', JSON.stringify({ error: { message: `could not store ${secret}, sorry` } })],
    ['in text', `backend error while returning "${secret}"`],
    ['in JSON within JSON', JSON.stringify({ message: JSON.stringify({ x: secret }) })],
    ['as the whole JSON', JSON.stringify(secret)],
    ['as the whole text', secret],
    ['in a query', `https://x.example/?t=${encodeURIComponent(secret)}&u=1`]
  ]
  for (const [where, text] of PLACES) {
    test(`The gate finds ${name} ${where} by its shape.`, () => {
      const { shown, masks } = sealed(text)
      assert.doesNotMatch(shown, /s3cr3t|eyJ|AbCdEfGh/)
      assert.ok(!shown.includes(secret.slice(-12)))
      assert.ok(masks.length > 0)
    })
  }
}

const NAMED = [
  'access_token',
  'accessToken',
  'id_token',
  'refresh_token',
  'client_secret',
  'private_key',
  'SecretAccessKey',
  'Token',
  'saml_response',
  'Authorization'
]

for (const name of NAMED) {
  test(`The gate finds what stands under "${name}", whatever it looks like.`, () => {
    const { shown, masks } = sealed(JSON.stringify({ a: [{ [name]: [OPAQUE] }] }))
    assert.equal(shown, `{"a":[{"${name}":["***"]}]}`)
    assert.deepEqual(masks, [OPAQUE])
  })
}

const IN_TEXT: [string, string][] = [
  ['JSON within JSON', JSON.stringify({ message: `got ${JSON.stringify({ access_token: OPAQUE })}` })],
  [
    'JSON within JSON within JSON',
    JSON.stringify({ m: JSON.stringify({ m: JSON.stringify({ access_token: OPAQUE }) }) })
  ],
  ['JSON that was cut', `{"expires_in": 3599, "access_token": "${OPAQUE}`],
  ['a form', `grant_type=x&access_token=${OPAQUE}&y=1`],
  ['a header', `authorization: Bearer ${OPAQUE}`],
  ['a scheme', `sent "Bearer ${OPAQUE}"`]
]

for (const [where, text] of IN_TEXT) {
  test(`The gate finds a token behind its name in ${where}.`, () => {
    const { shown, masks } = sealed(text)
    assert.doesNotMatch(shown, /s3cr3t/)
    assert.deepEqual(masks, [OPAQUE])
  })
}

const HARMLESS = [
  '',
  'words, and a host such as iamcredentials.googleapis.com or storage.googleapis.com.evil.example',
  'https://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci/providers/github',
  'http://127.0.0.1//0somewhere/over-the-rainbow-and-far-away',
  'eyewear-service-account@eyeglasses-and-more-project.iam.gserviceaccount.com',
  'Bearer realm="https://accounts.google.com/", error="invalid_token"',
  'vpcServiceControlsUniqueIdentifier: nkP5s3sW1uBq0Tq9cVwM2vX8yZ_abc-DEF123',
  JSON.stringify({
    error: 'invalid_grant',
    error_description: 'Token has been expired or revoked.',
    n: 1,
    x: null,
    y: true
  }),
  JSON.stringify({
    token_type: 'Bearer',
    expires_in: 3599,
    private_key_id: 'c0ffee',
    token_uri: 'https://oauth2.googleapis.com/token'
  })
]

for (const text of HARMLESS) {
  test(`The gate leaves as it is: ${text.slice(0, 50)}`, () => {
    assert.deepEqual([sealed(text).shown, sealed(text).masks], [text, []])
  })
}

test('A token with something around it is masked by itself too.', () => {
  assert.ok(sealed(JSON.stringify({ access_token: `<b>${ACCESS}</b>` })).masks.includes(ACCESS))
})

test('What stands behind a name is left out, but not masked where it may be words.', () => {
  assert.deepEqual(sealed('refresh_token=expired_or_revoked_token'), {
    shown: 'refresh_token=***',
    revealed: '',
    masks: []
  })
})

test('The headers of a document are secrets whatever their name, but for those that never are.', () => {
  const headers = { 'X-Vault-Token': OPAQUE, Accept: 'application/json', Metadata: 'True', 'X-Short': 'short' }
  const { shown, masks } = sealed(JSON.stringify({ credential_source: { headers } }))
  assert.deepEqual(JSON.parse(shown), { credential_source: { headers: { ...headers, 'X-Vault-Token': '***' } } })
  assert.deepEqual(masks, [OPAQUE])
})

test('The whole text is the token where its reader says so.', () => {
  assert.deepEqual(sealed(` ${OPAQUE}\n`, { type: 'text' }), {
    shown: '"***"',
    revealed: `"<${OPAQUE}>"`,
    masks: [OPAQUE]
  })
})

for (const text of ['', ' ', '{"a":"b"}', '{\n  "a": "b"\n}', '<html>', '<html>\n</html>', 'two words', 'two\nlines']) {
  test(`No token, and no mask: ${JSON.stringify(text)}`, () => {
    const { revealed, masks } = sealed(text, { type: 'text' })
    assert.doesNotMatch(revealed, /</)
    assert.deepEqual(masks, [])
  })
}

test('The member that its reader names is the token.', () => {
  const format = { type: 'json', field: 'value' } as const
  assert.deepEqual(sealed(JSON.stringify({ value: OPAQUE, other: 'x' }), format), {
    shown: '{"value":"***","other":"x"}',
    revealed: `{"value":"<${OPAQUE}>","other":"x"}`,
    masks: [OPAQUE]
  })
})

test('What is nested very deeply is left out.', () => {
  const { shown } = sealed(`${'['.repeat(200_000)}"${JWT}"${']'.repeat(200_000)}`)
  assert.ok(!shown.includes('eyJ'))
})
