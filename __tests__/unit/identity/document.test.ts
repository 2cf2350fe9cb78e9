import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMasks, Secret } from '../../../src/guard/secret.ts'
import { readDocument } from '../../../src/identity/document.ts'
import type { CredentialDocument } from '../../../src/identity/document.ts'
import { ACCOUNT, assertFails, wordsOf } from '../fixtures.ts'

type Raw = Readonly<Record<string, unknown>>

const PROVIDER = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github'
const IMPERSONATION = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`
const KEY_LINES = ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', 'BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj']
const PRIVATE_KEY = ['-----BEGIN PRIVATE KEY-----', ...KEY_LINES, '-----END PRIVATE KEY-----'].join('\n')

const KEY = { type: 'service_account', client_email: ACCOUNT, private_key: PRIVATE_KEY }
const USER = {
  type: 'authorized_user',
  client_id: 'id.apps',
  client_secret: 'client-s3cr3t',
  refresh_token: '1//refresh-s3cr3t'
}
const WORKFORCE = {
  ...USER,
  type: 'external_account_authorized_user',
  audience: '//iam.googleapis.com/locations/global/workforcePools/staff/providers/okta'
}
const EXTERNAL = {
  type: 'external_account',
  audience: PROVIDER,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  credential_source: { file: '/var/token' }
}
const IMPERSONATED = {
  type: 'impersonated_service_account',
  service_account_impersonation_url: IMPERSONATION,
  source_credentials: USER
}
const DOCUMENTS = { KEY, USER, WORKFORCE, EXTERNAL, IMPERSONATED }

function read(raw: Raw | string, universe = 'googleapis.com', registered: string[] = []): CredentialDocument {
  const masks = createMasks((secret) => registered.push(...secret.split('\n')))
  return readDocument(masks, typeof raw === 'string' ? raw : JSON.stringify(raw), 'credentials_json', universe)
}

/** The members that matter, with URLs as texts. */
function plain(document: CredentialDocument): unknown {
  return JSON.parse(
    JSON.stringify(document, function (this: Raw, name, value: unknown) {
      const member = this[name]
      return member instanceof Secret ? member.reveal() : value
    })
  )
}

const READ: [string, Raw, Raw][] = [
  [
    'a key',
    KEY,
    {
      type: 'service_account',
      email: ACCOUNT,
      privateKey: PRIVATE_KEY,
      tokenUrl: 'https://oauth2.googleapis.com/token'
    }
  ],
  [
    'a key with its id and a token URL from before 2019',
    { ...KEY, private_key_id: 'abc', token_uri: 'https://accounts.google.com/o/oauth2/token' },
    {
      type: 'service_account',
      email: ACCOUNT,
      privateKey: PRIVATE_KEY,
      keyId: 'abc',
      tokenUrl: 'https://accounts.google.com/o/oauth2/token'
    }
  ],
  [
    "a person's credentials",
    USER,
    {
      type: 'authorized_user',
      clientId: 'id.apps',
      clientSecret: 'client-s3cr3t',
      refreshToken: '1//refresh-s3cr3t',
      tokenUrl: 'https://oauth2.googleapis.com/token'
    }
  ],
  [
    "a workforce identity's credentials",
    WORKFORCE,
    {
      type: 'external_account_authorized_user',
      client: { id: 'id.apps', secret: 'client-s3cr3t' },
      refreshToken: '1//refresh-s3cr3t',
      tokenUrl: 'https://sts.googleapis.com/v1/oauthtoken',
      pool: '//iam.googleapis.com/locations/global/workforcePools/staff'
    }
  ],
  [
    'an external account',
    EXTERNAL,
    {
      type: 'external_account',
      audience: PROVIDER,
      subjectTokenType: EXTERNAL.subject_token_type,
      tokenUrl: 'https://sts.googleapis.com/v1/token',
      source: { kind: 'file', path: '/var/token', format: { type: 'text' } }
    }
  ],
  [
    'an external account with everything',
    {
      ...EXTERNAL,
      token_url: 'https://sts.mtls.googleapis.com/v1/token',
      client_id: 'id',
      client_secret: 'client-s3cr3t',
      workforce_pool_user_project: '42',
      service_account_impersonation_url: IMPERSONATION.replace('@', '%40')
    },
    {
      type: 'external_account',
      audience: PROVIDER,
      subjectTokenType: EXTERNAL.subject_token_type,
      tokenUrl: 'https://sts.mtls.googleapis.com/v1/token',
      client: { id: 'id', secret: 'client-s3cr3t' },
      userProject: '42',
      source: { kind: 'file', path: '/var/token', format: { type: 'text' } },
      account: ACCOUNT
    }
  ],
  [
    'an impersonated account',
    {
      ...IMPERSONATED,
      delegates: ['projects/-/serviceAccounts/a@shop.iam.gserviceaccount.com', 'b@shop.iam.gserviceaccount.com']
    },
    {
      type: 'impersonated_service_account',
      account: ACCOUNT,
      delegates: ['a@shop.iam.gserviceaccount.com', 'b@shop.iam.gserviceaccount.com'],
      source: {
        type: 'authorized_user',
        origin: 'credentials_json, source_credentials',
        clientId: 'id.apps',
        clientSecret: 'client-s3cr3t',
        refreshToken: '1//refresh-s3cr3t',
        tokenUrl: 'https://oauth2.googleapis.com/token'
      }
    }
  ]
]

for (const [what, raw, expected] of READ) {
  test(`The document of ${what} is read.`, () => {
    assert.deepEqual(plain(read(raw)), { origin: 'credentials_json', ...expected })
  })
}

const TEXT = JSON.stringify(USER)
const FORMS: [string, string][] = [
  ['indented JSON', `\n${JSON.stringify(USER, undefined, 2)}\n`],
  ['JSON behind a byte order mark', `\ufeff${TEXT}`],
  ['base64', Buffer.from(TEXT).toString('base64')],
  ['base64 in lines', Buffer.from(TEXT).toString('base64').replaceAll(/.{40}/g, '$&\n')],
  ['base64url', Buffer.from(TEXT).toString('base64url')],
  ['base64 of JSON behind a byte order mark', Buffer.from(`\ufeff${TEXT}`).toString('base64')],
  ['base64 behind a byte order mark', `\ufeff${Buffer.from(TEXT).toString('base64')}\n`]
]

for (const [what, text] of FORMS) {
  test(`A document may be given as ${what}.`, () => {
    assert.equal(read(text).type, 'authorized_user')
  })
}

test('In another universe the hosts are that of the universe.', () => {
  const document = read(
    { ...KEY, universe_domain: 'apis.example', token_uri: 'https://oauth2.apis.example/token' },
    'apis.example'
  )
  assert.ok(document.type === 'service_account')
  assert.equal(document.tokenUrl.href, 'https://oauth2.apis.example/token')
})

const REQUIRED: [keyof typeof DOCUMENTS, string[]][] = [
  ['KEY', ['client_email', 'private_key']],
  ['USER', ['client_id', 'client_secret', 'refresh_token']],
  ['WORKFORCE', ['client_id', 'client_secret', 'refresh_token']],
  ['EXTERNAL', ['audience', 'subject_token_type', 'credential_source']],
  ['IMPERSONATED', ['service_account_impersonation_url', 'source_credentials']]
]

for (const [name, members] of REQUIRED) {
  for (const member of members) {
    test(`A document of type ${DOCUMENTS[name].type} needs "${member}".`, () => {
      for (const value of [undefined, '', 7])
        assertFails(
          () => read({ ...DOCUMENTS[name], [member]: value }),
          'CREDENTIALS_INVALID',
          new RegExp(`"${member}"`)
        )
    })
  }
}

const SECRET_HOSTS: [keyof typeof DOCUMENTS, string, string, string][] = [
  ['KEY', 'token_uri', 'oauth2', '/token'],
  ['USER', 'token_uri', 'oauth2', '/token'],
  ['WORKFORCE', 'token_url', 'sts', '/v1/oauthtoken'],
  ['EXTERNAL', 'token_url', 'sts', '/v1/token'],
  ['EXTERNAL', 'service_account_impersonation_url', 'iamcredentials', new URL(IMPERSONATION).pathname],
  ['IMPERSONATED', 'service_account_impersonation_url', 'iamcredentials', new URL(IMPERSONATION).pathname]
]

for (const [name, member, service, path] of SECRET_HOSTS) {
  const host = `${service}.googleapis.com`
  const refused = [
    `https://${host}.evil.example${path}`,
    `https://evil.googleapis.com${path}`,
    `https://${host}@evil.example${path}`,
    `https://s3cr3t:s3cr3t@${host}${path}`,
    `https://${host}:8443${path}`,
    `http://${host}${path}`,
    `http://127.0.0.1${path}`,
    `https://${service}.apis.example${path}`,
    `file://${path}`,
    'no URL'
  ]
  test(`"${member}" of type ${DOCUMENTS[name].type} may only name a token service of Google's.`, () => {
    assert.doesNotThrow(() => read({ ...DOCUMENTS[name], [member]: `https://${host}${path}` }))
    for (const url of refused) {
      const failure = assertFails(
        () => read({ ...DOCUMENTS[name], [member]: url }),
        'CREDENTIALS_INVALID',
        new RegExp(member)
      )
      assert.doesNotMatch(wordsOf(failure), /s3cr3t/)
    }
  })
}

test('Hosts are checked in nested documents too.', () => {
  const source = { ...USER, token_uri: 'https://evil.example/token' }
  assertFails(() => read({ ...IMPERSONATED, source_credentials: source }), 'CREDENTIALS_INVALID', /evil\.example/)
})

const PATHS: [string, string][] = [
  ['no account', '/v1/projects/-/serviceAccounts/'],
  ['another method', `/v1/projects/-/serviceAccounts/${ACCOUNT}:signJwt`],
  ['an account with a path', '/v1/projects/-/serviceAccounts/a%2Fb:generateAccessToken'],
  ['something behind the method', `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken/x`]
]

for (const [what, path] of PATHS) {
  test(`An impersonation URL with ${what} is refused.`, () => {
    const url = `https://iamcredentials.googleapis.com${path}`
    assertFails(
      () => read({ ...EXTERNAL, service_account_impersonation_url: url }),
      'CREDENTIALS_INVALID',
      /does not name/
    )
  })
}

const UNUSABLE: [string, Raw | string, 'CREDENTIALS_INVALID' | 'CREDENTIALS_UNSUPPORTED', RegExp][] = [
  ['nothing', '', 'CREDENTIALS_INVALID', /empty/],
  ['blanks and a byte order mark', '\ufeff \n', 'CREDENTIALS_INVALID', /empty/],
  ['words', 's3cr3t words', 'CREDENTIALS_INVALID', /neither/],
  ['arrays in arrays, very often', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'CREDENTIALS_INVALID', /./],
  ['an array', '[{"s3cr3t":1}]', 'CREDENTIALS_INVALID', /it is a JSON list \(14 characters\)\. Store the whole/],
  ['a private key alone', PRIVATE_KEY, 'CREDENTIALS_INVALID', /it is a private key in PEM alone/],
  ['JSON that was cut', TEXT.slice(0, -5), 'CREDENTIALS_INVALID', /it is JSON that is cut off \(\d+ characters\)/],
  // In quadratic time it would not end within the limit of a test.
  ['a text of 1 MiB without an end', `{"${'\\"'.repeat(500_000)}`, 'CREDENTIALS_INVALID', /it is JSON that is cut off/],
  [
    'JSON that was cut behind a text',
    '{"type": "s3cr3t", "a": ["b"',
    'CREDENTIALS_INVALID',
    /it is JSON that is cut off/
  ],
  ['JSON in quotes', JSON.stringify(TEXT), 'CREDENTIALS_INVALID', /JSON text that holds the document, with quotes/],
  ['JSON without its quotes', TEXT.replaceAll('"', ''), 'CREDENTIALS_INVALID', /JSON whose quotes were lost/],
  ['JSON of a spoilt key', TEXT.replace('s3cr3t', 's3\ncr3t'), 'CREDENTIALS_INVALID', /a line break inside of a text/],
  ['JSON with a comma too many', TEXT.replace('}', ',}'), 'CREDENTIALS_INVALID', /it is JSON with a mistake in it/],
  [
    'base64 that was cut',
    Buffer.from(TEXT).toString('base64').slice(0, 60),
    'CREDENTIALS_INVALID',
    /base64 of JSON that is cut off/
  ],
  ['base64 of a key', Buffer.from(PRIVATE_KEY).toString('base64'), 'CREDENTIALS_INVALID', /base64 of a private key/],
  [
    'base64 twice',
    Buffer.from(Buffer.from(TEXT).toString('base64')).toString('base64'),
    'CREDENTIALS_INVALID',
    /it is base64 of base64 of a document/
  ],
  ...['./s3cr3t.json', '/s3cr3t/a b.json', 'C:\\s3cr3t\\a.json', '~/s3cr3t.json', 's3cr3t.json'].map(
    (path): [string, string, 'CREDENTIALS_INVALID', RegExp] => [
      `the path ${path}`,
      path,
      'CREDENTIALS_INVALID',
      /it is a path \(\d+ characters\)\. Give credentials_json the content of the file/
    ]
  ),
  ['what GitHub shows for it', '***', 'CREDENTIALS_INVALID', /it is the \*\*\* that GitHub shows/],
  ['an expression', '${{ secrets.S3cr3t }}', 'CREDENTIALS_INVALID', /an expression that was not evaluated/],
  [
    'an unknown type',
    { ...USER, type: 'new_kind' },
    'CREDENTIALS_INVALID',
    /"new_kind" is none of service_account, authorized_user, external_account, /
  ],
  [
    "Google's own host over plain http",
    { ...EXTERNAL, token_url: 'http://sts.googleapis.com/v1/token' },
    'CREDENTIALS_INVALID',
    /"token_url" points to http:\/\/sts\.googleapis\.com, which is not https\. Let each URL/
  ],
  [
    "a provider's host over plain http",
    { ...EXTERNAL, credential_source: { url: 'http://idp.example/s3cr3t' } },
    'CREDENTIALS_INVALID',
    /"url" of "credential_source" points to http:\/\/idp\.example, which is neither https/
  ],
  [
    'a source without any',
    { ...EXTERNAL, credential_source: {} },
    'CREDENTIALS_INVALID',
    /names no file.*Let gcloud make the document again.*create-cred-config/s
  ],
  ['a type that is a sentence', { ...USER, type: 's3cr3t\n::error::' }, 'CREDENTIALS_INVALID', /"type"/],
  ['no type', { ...USER, type: undefined }, 'CREDENTIALS_INVALID', /"type" is missing/],
  ['an OAuth client', { installed: USER }, 'CREDENTIALS_INVALID', /OAuth client/],
  ['another universe', { ...KEY, universe_domain: 'apis.example' }, 'CREDENTIALS_INVALID', /universe/],
  [
    'a source of another universe',
    { ...IMPERSONATED, source_credentials: { ...USER, universe_domain: 'apis.example' } },
    'CREDENTIALS_INVALID',
    /universe/
  ],
  ['an API key', `AIza${'s3cr3t'.repeat(6)}`, 'CREDENTIALS_UNSUPPORTED', /API key/],
  ['an API key in a document', { api_key: 'AIzas3cr3t' }, 'CREDENTIALS_UNSUPPORTED', /API key/],
  [
    'an identity of Google Distributed Cloud',
    { ...KEY, type: 'gdch_service_account' },
    'CREDENTIALS_UNSUPPORTED',
    /gdch/
  ],
  [
    'one nested too deeply',
    [1, 2, 3, 4, 5, 6].reduce<Raw>((source) => ({ ...IMPERSONATED, source_credentials: source }), USER),
    'CREDENTIALS_INVALID',
    /too deeply/
  ]
]

for (const [what, raw, code, problem] of UNUSABLE) {
  test(`A document with ${what} is refused, and no message quotes it.`, () => {
    const failure = assertFails(() => read(raw), code)
    const words = wordsOf(failure)
    assert.match(`${failure.sentence} ${failure.remedy} ${failure.snippets?.[0]?.lines.join(' ') ?? ''}`, problem)
    for (const secret of ['s3cr3t', ...KEY_LINES, Buffer.from(TEXT).toString('base64').slice(0, 20)])
      assert.ok(!words.includes(secret))
  })
}

function masksOf(raw: Raw | string): string[] {
  const registered: string[] = []
  read(raw, 'googleapis.com', registered)
  return registered
}

function withHeaders(headers: Raw): Raw {
  return { ...EXTERNAL, credential_source: { url: 'https://idp.example', headers } }
}

const MASKS: [string, Raw | string, string[]][] = [
  ["a key's lines without BEGIN and END", KEY, KEY_LINES],
  ["a person's secrets", USER, ['client-s3cr3t', '1//refresh-s3cr3t']],
  ['the secrets of a nested document', IMPERSONATED, ['client-s3cr3t', '1//refresh-s3cr3t']],
  ['nothing, where there is no secret', EXTERNAL, []],
  [
    "a header's credential",
    withHeaders({ Authorization: 'Bearer header-s3cr3t', Accept: 'application/json' }),
    ['header-s3cr3t']
  ],
  ["a header's credential without a scheme", withHeaders({ authorization: 'header-s3cr3t' }), ['header-s3cr3t']],
  ['no header such as Metadata: True', withHeaders({ Metadata: 'True', Authorization: 'True' }), []]
]

for (const [what, raw, expected] of MASKS) {
  test(`What is masked: ${what}.`, () => {
    assert.deepEqual(masksOf(raw), expected)
  })
}

test('The lines of a document in base64 are masked too, for the runner knows only the whole of it.', () => {
  const lines = Buffer.from(TEXT).toString('base64').replaceAll(/.{40}/g, '$&\n')
  for (const line of lines.split('\n')) assert.ok(line.length < 6 || masksOf(lines).includes(line))
})

test('Secrets are masked even where the document turns out to be unusable.', () => {
  const registered: string[] = []
  assertFails(() => read({ ...USER, type: 'new_kind' }, 'googleapis.com', registered), 'CREDENTIALS_INVALID')
  assert.deepEqual(registered, ['client-s3cr3t', '1//refresh-s3cr3t'])
})

const MISSPELLED = 'ci@shop.iam.gserviceacount.com'
const EDITED: [string, Raw][] = [
  ['client_email', { ...KEY, client_email: MISSPELLED }],
  [
    'service_account_impersonation_url',
    { ...EXTERNAL, service_account_impersonation_url: IMPERSONATION.replace(ACCOUNT, MISSPELLED) }
  ],
  [
    'service_account_impersonation_url',
    { ...IMPERSONATED, service_account_impersonation_url: IMPERSONATION.replace(ACCOUNT, MISSPELLED) }
  ],
  ['delegates', { ...IMPERSONATED, delegates: [`projects/-/serviceAccounts/${MISSPELLED}`] }]
]

for (const [name, raw] of EDITED) {
  test(`A misspelled domain in "${name}" of ${String(raw['type'])} is named before any request.`, () => {
    const problem = new RegExp(`"${name}" names "${MISSPELLED}", which does not end in \\.gserviceaccount\\.com`)
    assertFails(() => read(raw), 'CREDENTIALS_INVALID', problem)
  })
}
