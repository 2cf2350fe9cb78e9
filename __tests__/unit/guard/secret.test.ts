import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { createMasks } from '../../../src/guard/secret.ts'
import type { Masks, Secret } from '../../../src/guard/secret.ts'
import { jwt } from '../fixtures.ts'

const TOKEN = jwt({ sub: 'x' })
const SIGNATURE = TOKEN.split('.')[2] ?? ''
const AWS = encodeURIComponent('{"url":"https://sts.us-east-1.amazonaws.com?Action=GetCallerIdentity"}')

const MASKED: [string, (masks: Masks) => void, string[]][] = [
  [
    'a secret',
    (masks) => {
      masks.keep('s3cr3t-value')
    },
    ['s3cr3t-value']
  ],
  [
    'a secret without the blanks around it',
    (masks) => {
      masks.keep(' s3cr3t-value\n')
    },
    ['s3cr3t-value']
  ],
  [
    'nothing that is empty',
    (masks) => {
      masks.keep('')
    },
    []
  ],
  [
    'nothing short, such as a word',
    (masks) => {
      masks.keep('True')
    },
    []
  ],
  [
    'a secret once',
    (masks) => {
      masks.keep('s3cr3t-value')
      masks.keep('s3cr3t-value')
    },
    ['s3cr3t-value']
  ],
  [
    'a JWT and its signature',
    (masks) => {
      masks.keep(TOKEN)
    },
    [TOKEN, SIGNATURE]
  ],
  [
    'a token that is no JWT as a whole',
    (masks) => {
      masks.keep('opaque-token')
    },
    ['opaque-token']
  ],
  [
    "no name of a host in AWS's token",
    (masks) => {
      masks.keep(AWS)
    },
    [AWS]
  ],
  [
    'a credential without its scheme',
    (masks) => {
      masks.keep('Bearer s3cr3t-value')
    },
    ['s3cr3t-value']
  ],
  [
    "the password in a header's Basic credentials",
    (masks) => {
      masks.keep(`Basic ${Buffer.from('user:s3cr3t:value').toString('base64')}`)
    },
    [Buffer.from('user:s3cr3t:value').toString('base64'), 's3cr3t:value']
  ],
  [
    'no brace or word of JSON in several lines',
    (masks) => {
      masks.keep(JSON.stringify({ access_token: 's3cr3t-value-of-some-length', kind: 'Bearer' }, undefined, 2))
    },
    []
  ],
  [
    'what could be a token in several lines',
    (masks) => {
      masks.keep('{\n}\ns3cr3t-value-of-some-length\n<html>')
    },
    ['s3cr3t-value-of-some-length']
  ],
  [
    'the lines of a private key',
    (masks) => {
      masks.keep('-----BEGIN PRIVATE KEY-----\nMIIEvQ\r\nAbCdEf\n-----END PRIVATE KEY-----\n')
    },
    ['MIIEvQ', 'AbCdEf']
  ],
  [
    'the lines of a private key with escaped line breaks',
    (masks) => {
      masks.keep('-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\nAbCdEf\\n-----END PRIVATE KEY-----')
    },
    ['MIIEvQ', 'AbCdEf']
  ],
  [
    'the content of a private key that lost its line breaks',
    (masks) => {
      masks.keep('-----BEGIN PRIVATE KEY-----MIIEvQ==-----END PRIVATE KEY-----')
    },
    ['MIIEvQ==']
  ]
]

for (const [what, act, expected] of MASKED) {
  test(`A mask falls on ${what}.`, () => {
    const registered: string[] = []
    const masks = createMasks((secret) => registered.push(...secret.split('\n')))
    act(masks)
    assert.deepEqual(registered, expected)
    assert.deepEqual(
      masks.known().map((secret) => secret.reveal()),
      expected
    )
  })
}

const SECRET = createMasks(() => undefined).keep('s3cr3t-value')

const SHOWN: [string, (secret: Secret) => string][] = [
  ['a template literal', (secret) => `a ${secret as unknown as string}`],
  ['a sum', (secret) => 'a ' + (secret as unknown as string)],
  ['String()', String],
  ['JSON', (secret) => JSON.stringify({ secret, list: [secret] })],
  ['the console', (secret) => inspect({ secret }, { depth: null, showHidden: true })],
  ['console.log with a format', (secret) => format('%s %o %O %j', secret, secret, secret, secret)],
  ['the message of an error', (secret) => new Error(String(secret), { cause: secret }).stack ?? ''],
  ['an error that was thrown', (secret) => inspect(new Error('x', { cause: secret }))],
  [
    'its members',
    (secret) => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret), Object.assign({}, secret)])
  ],
  ['a clone', (secret) => inspect(structuredClone(secret))],
  ['a header with it', (secret) => inspect([secret.asBearer(), secret.asPasswordOf('user')])]
]

for (const [where, show] of SHOWN) {
  test(`A secret in ${where} is not shown.`, () => {
    assert.doesNotMatch(show(SECRET), /s3cr3t/)
  })
}

test('A secret is made only after the runner was told, and the same one for the same value.', () => {
  const told: string[] = []
  const masks = createMasks((lines) => {
    assert.equal(masks.known().length, told.length)
    told.push(lines)
  })
  assert.equal(masks.keep('s3cr3t-value'), masks.keep(' s3cr3t-value\n'))
  assert.deepEqual(told, ['s3cr3t-value'])
})

test('A secret goes out as it is, behind a prefix, and as a password.', () => {
  assert.equal(SECRET.reveal(), 's3cr3t-value')
  assert.equal(SECRET.asBearer().reveal(), 'Bearer s3cr3t-value')
  assert.equal(SECRET.asPasswordOf('id').reveal(), `Basic ${Buffer.from('id:s3cr3t-value').toString('base64')}`)
})
