import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextAttempt, renewalTime } from '../../../src/proxy/renewal.ts'

const MINUTE = 60_000

for (const [life, expected] of [
  [60, 55],
  [12 * 60, 12 * 60 - 5],
  [10, 5],
  [6, 3],
  [1, 0.5]
] as const) {
  test(`a token that lives ${life} minutes is renewed after ${expected}`, () => {
    assert.equal(renewalTime({ obtainedAt: 1_000, expiresAt: 1_000 + life * MINUTE }), 1_000 + expected * MINUTE)
  })
}

test('there is one attempt in five seconds', () => {
  assert.equal(nextAttempt(1_000), 6_000)
})
