import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStatusSet } from '../../../src/inputs/status-set.ts'
import { describeStatus } from '../../../src/world/outcome.ts'
import { assertFails } from '../fixtures.ts'

/** Text, statuses that it has, statuses that it has not, statuses that it lists. */
const SETS: [string, number[], number[], number[]][] = [
  ['2xx', [200, 204, 299], [199, 300], []],
  ['4XX', [400, 403, 499], [399, 500], []],
  ['200', [200], [201], [200]],
  ['301-303', [301, 302, 303], [300, 304], []],
  ['403-403', [403], [402, 404], []],
  ['200,204,301-303,4xx', [200, 204, 302, 404], [201, 304, 500], [200, 204]],
  ['4xx,403', [401, 403], [500], [403]],
  [' 200 , ,\n 301 - 302 ', [200, 301, 302], [300], [200]]
]

for (const [text, has, hasNot, lists] of SETS) {
  test(`The statuses "${text.replace('\n', '⏎')}" are read, and only single codes count as listed.`, () => {
    const set = parseStatusSet(text)
    assert.equal(set.text, text)
    assert.deepEqual(has.filter(set.has), has)
    assert.deepEqual(hasNot.filter(set.has), [])
    assert.deepEqual([...has, ...hasNot].filter(set.lists), lists)
  })
}

for (const text of [
  '',
  ',',
  '0',
  '99',
  '600',
  '6xx',
  '2x',
  'xx',
  '20',
  '2000',
  '200-',
  '-200',
  '303-301',
  '2xx-3xx',
  '200 204',
  'OK',
  '!404',
  '2**',
  '200.5'
]) {
  test(`"${text}" is no set of statuses.`, () => {
    assertFails(() => parseStatusSet(text), 'INPUT_INVALID', /^Input expect_status: /)
  })
}

test('One wrong part makes the whole set wrong, and is the one that is shown.', () => {
  assertFails(() => parseStatusSet('200,abc'), 'INPUT_INVALID', /"abc"/)
})

test('A status is shown with its meaning, where it has one.', () => {
  assert.equal(describeStatus(404), '404 Not Found')
  assert.equal(describeStatus(299), '299')
})
