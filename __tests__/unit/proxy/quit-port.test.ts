import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { askToQuit, createKey, openQuitPort } from '../../../src/proxy/quit-port.ts'
import { createStatistics } from '../../../src/proxy/statistics.ts'

const { totals } = createStatistics(
  () => undefined,
  () => 0
)

test('Only with the whole key, and nothing besides, the process is asked to quit', async () => {
  const key = createKey()
  let asked = 0
  const { port, close } = await openQuitPort(key, totals, () => (asked += 1))
  const others = ['', '\n', key, `${createKey()}\n`, `${key}x\n`, `x${key}\n`, `${key}\n\n`, `${'x'.repeat(200)}\n`]
  for (const text of others) {
    const socket = connect({ port, host: '127.0.0.1' })
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk))).on('error', () => undefined)
    socket.end(text)
    await once(socket, 'close')
    assert.equal(answer, '', JSON.stringify(text))
  }
  assert.equal(asked, 0)
  // This process does not end, so that the connection stays.
  const told = JSON.parse(JSON.stringify(totals())) as unknown
  assert.deepEqual(await askToQuit(port, key, 500), { totals: told, gone: false })
  assert.equal(asked, 1)
  close()
})

test('A process that is gone, or does not answer, has nothing to tell', async () => {
  const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  assert.deepEqual(await askToQuit(port, createKey(), 100), { totals: undefined, gone: false })
  silent.close()
  await once(silent, 'close')
  assert.deepEqual(await askToQuit(port, createKey(), 30_000), { totals: undefined, gone: true })
})
