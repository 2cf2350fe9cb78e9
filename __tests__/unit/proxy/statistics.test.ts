import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FailureCode, FailureText } from '../../../src/failure/failure.ts'
import { createStatistics } from '../../../src/proxy/statistics.ts'
import type { Statistics } from '../../../src/proxy/statistics.ts'

interface Stage {
  readonly statistics: Statistics
  readonly lines: readonly string[]
  readonly clock: { now: number }
}

function given(): Stage {
  const lines: string[] = []
  const clock = { now: 1_000 }
  const statistics = createStatistics(
    (line) => lines.push(line),
    () => clock.now
  )
  return { statistics, lines, clock }
}

function text(code: FailureCode, sentence = 'Some.'): FailureText {
  return { code, sentence, remedy: 'Do.' }
}

test('Each exchange is one line of the log and one of its class: when it was answered, not when it ended.', () => {
  const { statistics, lines, clock } = given()
  const entry = statistics.begin('GET', '/path?secret=1#x')
  clock.now += 20.4
  entry.answered(204)
  clock.now += 5_000
  entry.end()
  entry.end()
  assert.deepEqual(lines, ['GET /path 204 20 ms'])
  assert.deepEqual(statistics.totals().classes, { '2xx': 1 })
  assert.deepEqual(statistics.totals().slowest, { method: 'GET', path: '/path', milliseconds: 20 })
})

test('An exchange without an answer is told by how long it lasted.', () => {
  const { statistics, lines, clock } = given()
  const entry = statistics.begin('PUT', '/')
  clock.now += 70
  entry.end()
  assert.deepEqual(lines, ['PUT / no answer 70 ms'])
  assert.deepEqual(statistics.totals().classes, { none: 1 })
  assert.equal(statistics.totals().slowest, undefined)
})

test('Method and path are shown short, on one line, and without what acts on a terminal or a runner.', () => {
  const { statistics, lines } = given()
  const entry = statistics.begin(`M${'X'.repeat(100)}`, `/a\n::error::b\u001B[31m/${'y'.repeat(1_000)}?q`)
  entry.answered(500)
  entry.end()
  assert.match(lines[0] ?? '', /^MX{100} \/a ::error::b \[31m\/y+… 500 0 ms$/)
  assert.ok((statistics.totals().slowest?.path.length ?? 0) <= 200)
})

test('The slowest request is the one whose answer took longest to begin.', () => {
  const { statistics, clock } = given()
  for (const [path, milliseconds] of [
    ['/a', 10],
    ['/b', 30],
    ['/c', 20]
  ] as const) {
    const entry = statistics.begin('GET', path)
    clock.now += milliseconds
    entry.answered(200)
    clock.now += 1_000
    entry.end()
  }
  assert.deepEqual(statistics.totals().slowest, { method: 'GET', path: '/b', milliseconds: 30 })
})

test('Refusals and failures are counted by code, each with the text of the first.', () => {
  const { statistics, lines } = given()
  for (const sentence of ['One.', 'Two.']) {
    const entry = statistics.begin('GET', '/')
    entry.answered(403)
    entry.refused(text('INVOKER_MISSING', sentence))
    entry.end()
  }
  const failed = statistics.begin('GET', '/')
  failed.answered(502)
  failed.failed(text('SERVICE_UNAVAILABLE'))
  failed.end()
  const { refusals, failures, classes } = statistics.totals()
  assert.deepEqual(refusals, [{ count: 2, text: text('INVOKER_MISSING', 'One.') }])
  assert.deepEqual(failures, [{ count: 1, text: text('SERVICE_UNAVAILABLE') }])
  assert.deepEqual(classes, { '4xx': 2, '5xx': 1 })
  assert.match(lines[0] ?? '', / INVOKER_MISSING$/)
  assert.match(lines[2] ?? '', / SERVICE_UNAVAILABLE$/)
})

test('What was not passed on, bytes and renewals are counted.', () => {
  const { statistics, lines } = given()
  const entry = statistics.begin('POST', '/')
  entry.answered(421)
  entry.rejected()
  entry.sent(3)
  entry.sent(4)
  entry.received(10)
  entry.end()
  statistics.renewed()
  const { rejected, bytesSent, bytesReceived, renewals } = statistics.totals()
  assert.deepEqual(
    { rejected, bytesSent, bytesReceived, renewals },
    { rejected: 1, bytesSent: 7, bytesReceived: 10, renewals: 1 }
  )
  assert.match(lines[0] ?? '', / not passed on$/)
})

test('A client that was turned away before its request was read is counted too.', () => {
  const { statistics, lines } = given()
  statistics.turnedAway(431)
  assert.equal(statistics.totals().rejected, 1)
  assert.deepEqual(statistics.totals().classes, { '4xx': 1 })
  assert.deepEqual(lines, ['- - 431 not passed on'])
})

test('A defect is counted, and told by its place and never by its message.', () => {
  const { statistics, lines } = given()
  statistics.defect(new TypeError('Bearer eyJ'))
  statistics.defect('eyJ')
  assert.equal(statistics.totals().defects, 2)
  assert.match(lines[0] ?? '', /^A defect of the proxy: TypeError at .*statistics\.test\.ts:/)
  assert.equal(lines[1], 'A defect of the proxy: string')
  assert.ok(!lines.join().includes('eyJ'))
})

test('The proxy is idle since its last request began or ended, and never while one is open.', () => {
  const { statistics, clock } = given()
  clock.now += 50
  assert.equal(statistics.idleMs(), 50)
  const [one, other] = [statistics.begin('GET', '/'), statistics.begin('GET', '/')]
  clock.now += 7 * 60 * 60_000
  one.end()
  assert.equal(statistics.idleMs(), 0)
  clock.now += 10
  other.end()
  clock.now += 30
  assert.equal(statistics.idleMs(), 30)
})
