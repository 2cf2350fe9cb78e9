import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finishesWithin } from '../../../src/guard/time-limit.ts'

const ENDLESS: [string, () => void][] = [
  [
    'a loop',
    () => {
      for (;;);
    }
  ],
  ['a regular expression that backtracks', () => void /(a+)+$/.test(`${'a'.repeat(40)}!`)],
  [
    'a loop that catches whatever is thrown',
    () => {
      for (;;)
        try {
          for (;;);
        } catch {
          continue
        }
    }
  ]
]

for (const [what, work] of ENDLESS) {
  test(`${what} is stopped`, () => {
    assert.equal(finishesWithin(20, work), false)
  })
}

test('what comes to its end has done its work', () => {
  const done: number[] = []
  assert.equal(
    finishesWithin(60_000, () => void done.push(1)),
    true
  )
  assert.deepEqual(done, [1])
})

test('what the work throws is thrown on', () => {
  assert.throws(
    () =>
      finishesWithin(60_000, () => {
        throw new TypeError('wrong')
      }),
    TypeError
  )
})
