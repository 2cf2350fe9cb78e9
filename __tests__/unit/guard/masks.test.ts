import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMasks } from '../../../src/guard/masks.ts'
import type { Masks } from '../../../src/guard/masks.ts'
import { jwt } from '../fixtures.ts'

const TOKEN = jwt({ sub: 'x' })
const SIGNATURE = TOKEN.split('.')[2] ?? ''
const AWS = encodeURIComponent('{"url":"https://sts.us-east-1.amazonaws.com?Action=GetCallerIdentity"}')

const MASKED: [string, (masks: Masks) => void, string[]][] = [
  [
    'a secret',
    (masks) => {
      masks.add('s3cr3t-value')
    },
    ['s3cr3t-value']
  ],
  [
    'a secret without the blanks around it',
    (masks) => {
      masks.add(' s3cr3t-value\n')
    },
    ['s3cr3t-value']
  ],
  [
    'nothing that is empty',
    (masks) => {
      masks.add('')
    },
    []
  ],
  [
    'nothing short, such as a word',
    (masks) => {
      masks.add('True')
    },
    []
  ],
  [
    'a secret once',
    (masks) => {
      masks.add('s3cr3t-value')
      masks.add('s3cr3t-value')
    },
    ['s3cr3t-value']
  ],
  [
    'a JWT and its signature',
    (masks) => {
      masks.addJwt(TOKEN)
    },
    [TOKEN, SIGNATURE]
  ],
  [
    'a token that is no JWT as a whole',
    (masks) => {
      masks.addJwt('opaque-token')
    },
    ['opaque-token']
  ],
  [
    "no name of a host in AWS's token",
    (masks) => {
      masks.addJwt(AWS)
    },
    [AWS]
  ],
  [
    'the lines of a private key',
    (masks) => {
      masks.addPrivateKey('-----BEGIN PRIVATE KEY-----\nMIIEvQ\r\nAbCdEf\n-----END PRIVATE KEY-----\n')
    },
    ['MIIEvQ', 'AbCdEf']
  ],
  [
    'the lines of a private key with escaped line breaks',
    (masks) => {
      masks.addPrivateKey('-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\nAbCdEf\\n-----END PRIVATE KEY-----')
    },
    ['MIIEvQ', 'AbCdEf']
  ],
  [
    'the content of a private key that lost its line breaks',
    (masks) => {
      masks.addPrivateKey('-----BEGIN PRIVATE KEY-----MIIEvQ==-----END PRIVATE KEY-----')
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
    assert.deepEqual(masks.known(), expected)
  })
}
