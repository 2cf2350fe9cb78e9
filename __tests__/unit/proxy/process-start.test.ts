import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { isSameProcess, startOnLinux } from '../../../src/proxy/process-start.ts'

test('the start of a process on Linux, whatever its name holds', () => {
  const stat = `4242 (no) de (x)) S 1 4242 4242 0 -1 4194560 ${'0 '.repeat(12)}12345 999`
  assert.equal(startOnLinux(stat, 'cpu 1 2\nbtime 1700000000\n'), 1_700_000_000_000 + 123_450)
  assert.equal(startOnLinux('nothing', 'btime 1'), undefined)
  assert.equal(startOnLinux(stat, ''), undefined)
})

test('this process is itself, and is none that began at another time', async () => {
  assert.equal(await isSameProcess(process.pid, performance.timeOrigin), true)
  assert.equal(await isSameProcess(process.pid, performance.timeOrigin - 60_000), false)
  assert.equal(await isSameProcess(2 ** 22 + 1, performance.timeOrigin), false)
})
