import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audienceRequired, inputInvalid, quoteValue } from '../../../src/inputs/failures.ts'
import { HOSTILE, testFailures } from '../rows.ts'

testFailures([
  [
    'a wrong input',
    inputInvalid('url', `${quoteValue(HOSTILE)} is not a URL`, 'Write it as https://HOST/PATH.'),
    'INPUT_INVALID',
    /Input url: "x .*" is not a URL/
  ],
  [
    'a custom domain',
    audienceRequired(new URL('https://user:pass@shop.example/a?key=s3cr3t')),
    'AUDIENCE_REQUIRED',
    /from https:\/\/shop\.example\/a\.(?!.*(pass@|s3cr3t))/
  ],
  [
    'a function without a name',
    audienceRequired(new URL('https://ew1-shop.cloudfunctions.net/')),
    'AUDIENCE_REQUIRED',
    /name of the function/
  ]
])

test('A long value is quoted in part.', () => {
  assert.equal(quoteValue('a'.repeat(1_000)), `"${'a'.repeat(119)}…"`)
})
