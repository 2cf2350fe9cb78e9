import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSubjectTokenSource } from '../../../../src/identity/subject-token/source.ts'
import { assertFails } from '../../fixtures.ts'

type Raw = Parameters<typeof readSubjectTokenSource>[0]

const AWS = {
  environment_id: 'aws1',
  region_url: 'http://169.254.169.254/latest/meta-data/placement/availability-zone',
  url: 'http://169.254.169.254/latest/meta-data/iam/security-credentials',
  imdsv2_session_token_url: 'http://169.254.169.254/latest/api/token',
  regional_cred_verification_url: 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15'
}
const JSON_FORMAT = { type: 'json', subject_token_field_name: 'value' }
const CERTIFICATE = { certificate: { use_default_certificate_config: true } }
const TEXT = { type: 'text' }

const READ: [string, Raw, unknown][] = [
  ['a file', { file: '/var/token' }, { kind: 'file', path: '/var/token', format: TEXT }],
  [
    'a file of JSON',
    { file: '/var/token', format: JSON_FORMAT },
    { kind: 'file', path: '/var/token', format: { type: 'json', field: 'value' } }
  ],
  [
    'a file of text',
    { file: '/var/token', format: { type: 'text' } },
    { kind: 'file', path: '/var/token', format: TEXT }
  ],
  [
    'a URL',
    { url: 'https://idp.example/token' },
    { kind: 'url', url: 'https://idp.example/token', headers: {}, format: TEXT }
  ],
  [
    'a URL with headers',
    { url: 'https://idp.example/token', headers: { Metadata: 'True', n: 1 } },
    { kind: 'url', url: 'https://idp.example/token', headers: { Metadata: 'True' }, format: TEXT }
  ],
  [
    'a program',
    { executable: { command: '/bin/token --now' } },
    { kind: 'executable', command: '/bin/token --now', timeoutMs: 30_000 }
  ],
  [
    'a program with limits',
    { executable: { command: 'x', timeout_millis: 5_000, output_file: '/tmp/x' } },
    { kind: 'executable', command: 'x', timeoutMs: 5_000, outputFile: '/tmp/x' }
  ],
  ['AWS', AWS, { kind: 'aws', raw: AWS }],
  ['a certificate', CERTIFICATE, { kind: 'certificate', raw: CERTIFICATE }]
]

for (const [what, raw, expected] of READ) {
  test(`The token may come from ${what}.`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(readSubjectTokenSource(raw, 'x'))), expected)
  })
}

for (const url of [
  'https://idp.example/',
  'https://idp.example:8443/',
  'http://localhost:8080/',
  'http://127.0.0.1/',
  'http://[::1]/',
  'http://169.254.169.254/metadata',
  'http://[fe80::1]/'
]) {
  test(`The token may come from ${url}.`, () => {
    assert.equal(readSubjectTokenSource({ url }, 'x').kind, 'url')
  })
}

const FOREIGN = [
  'http://idp.example/',
  'http://10.0.0.1/',
  'http://localhost.evil.example/',
  'http://169.254.169.254.evil.example/',
  'ftp://127.0.0.1/',
  'file:///etc/passwd',
  'no URL',
  ''
]

for (const url of FOREIGN) {
  test(`The token may not come from "${url}", whatever it is needed for.`, () => {
    assertFails(() => readSubjectTokenSource({ url }, 'x'), 'CREDENTIALS_INVALID', /"url" of "credential_source"/)
    for (const name of ['region_url', 'url', 'imdsv2_session_token_url'])
      assertFails(
        () => readSubjectTokenSource({ ...AWS, [name]: url }, 'x'),
        'CREDENTIALS_INVALID',
        new RegExp(`"${name}"`)
      )
  })
}

const WRONG: [string, Raw, RegExp][] = [
  ['nothing', {}, /names no file, url, executable/],
  ['a URL that is a number', { url: 7 }, /not a URL/],
  ['another environment', { ...AWS, environment_id: 'aws2' }, /environment_id/],
  [
    'AWS without the URL that STS calls',
    { ...AWS, regional_cred_verification_url: undefined },
    /regional_cred_verification_url/
  ],
  ['another format', { file: '/x', format: { type: 'xml', subject_token_field_name: 'value' } }, /"format"/],
  ['JSON without a member', { file: '/x', format: { type: 'json' } }, /"format"/],
  ['a program without a command', { executable: {} }, /"command"/],
  ['a program with too little time', { executable: { command: 'x', timeout_millis: 4_999 } }, /timeout_millis/],
  ['a program with too much time', { executable: { command: 'x', timeout_millis: 120_001 } }, /timeout_millis/],
  ['a program with a text for a time', { executable: { command: 'x', timeout_millis: '5000' } }, /timeout_millis/]
]

for (const [what, raw, problem] of WRONG) {
  test(`A source with ${what} is refused.`, () => {
    assertFails(() => readSubjectTokenSource(raw, 'x'), 'CREDENTIALS_INVALID', problem)
  })
}
