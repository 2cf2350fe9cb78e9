import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startPretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, SERVICE_HOST } from '../given.ts'
import { send } from './given.ts'

const REPOSITORY = path.resolve(fileURLToPath(import.meta.url), '../../../..')

interface Foreground {
  readonly text: () => string
  /** Resolves once the output says it. */
  readonly says: (words: RegExp) => Promise<RegExpExecArray>
  /** As a terminal does, to every process in the foreground, so that the first of them sends it on once more. */
  readonly interrupt: () => Promise<void>
  readonly ended: Promise<number | null>
}

/** What `npm run proxy` runs, in a process group of its own. */
function runInForeground(args: readonly string[], env: Record<string, string>): Foreground {
  const script = ['scripts/on-node-24.mjs', 'scripts/proxy.ts', ...args]
  const child = spawn(process.execPath, script, {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nowhere', TMPDIR: tmpdir(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    text: () => text,
    async says(words) {
      for (;;) {
        const found = words.exec(text)
        if (found !== null) return found
        const isOver = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)])
        if (isOver) throw new Error(`It ended without a word of ${String(words)}:\n${text}`)
      }
    },
    async interrupt() {
      process.kill(-(child.pid ?? 0), 'SIGINT')
      await wait(50)
      child.kill('SIGINT')
    },
    ended
  }
}

test('npm run proxy serves until Ctrl-C, and tells then what it did', async () => {
  // Windows has no process groups that a signal reaches.
  if (process.platform === 'win32') return
  await using world = await startPretendGoogle()
  world.addServiceAccount({ email: ACCOUNT })
  const key = JSON.stringify(await world.addServiceAccountKey(ACCOUNT))
  const service = world.addService({ host: SERVICE_HOST, invokers: [`serviceAccount:${ACCOUNT}`] })
  const proxy = runInForeground(['--url', service, '--credentials-json', key, '--check', '/'], world.env())
  const [, url = ''] = await proxy.says(/Press Ctrl-C to end it\. Try: curl (\S+)\/\n/)
  assert.equal((await send(url, '/')).text, 'Hello')
  await proxy.interrupt()
  assert.equal(await proxy.ended, 0, proxy.text())
  assert.match(proxy.text(), /Requests: 1 × 2xx/)
  await assert.rejects(send(url, '/'), { code: 'ECONNREFUSED' })
})

test('npm run proxy leaves no process where Ctrl-C ends its post step too', async () => {
  if (process.platform === 'win32') return
  await using world = await startPretendGoogle()
  world.addServiceAccount({ email: ACCOUNT })
  const key = JSON.stringify(await world.addServiceAccountKey(ACCOUNT))
  const service = world.addService({ host: SERVICE_HOST, invokers: [`serviceAccount:${ACCOUNT}`] })
  const proxy = runInForeground(['--url', service, '--credentials-json', key], world.env())
  const [, url = ''] = await proxy.says(/Press Ctrl-C to end it\. Try: curl (\S+)\/\n/)
  const state = { isOver: false }
  const ended = proxy.ended.finally(() => (state.isOver = true))
  // Again and again, so that one of them meets the post step before it has asked the proxy to quit.
  while (!state.isOver) await Promise.race([proxy.interrupt(), ended])
  // One that comes when Node has taken its handlers away already ends the process by the signal: 128 and its number.
  assert.ok([1, 128 + 2].includes((await ended) ?? 0), proxy.text())
  // The system may still be closing the connections of a process that was killed.
  await assert.rejects(send(url, '/'), { code: /^(ECONNREFUSED|ECONNRESET)$/ })
})

test('npm run proxy ends with the failure of its step', async () => {
  if (process.platform === 'win32') return
  await using world = await startPretendGoogle()
  const proxy = runInForeground(['--url', 'https://app.example.com', '--port', 'x'], world.env())
  assert.equal(await proxy.ended, 1, proxy.text())
  assert.match(proxy.text(), /INPUT_INVALID: /)
  assert.doesNotMatch(proxy.text(), /Press Ctrl-C/)
})
