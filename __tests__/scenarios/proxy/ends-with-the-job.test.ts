import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../../pretend-google/transport/ports.ts'
import { assertFailure, givenProxy, proxyScenario } from './given.ts'
import { untilLogged } from './time.ts'
import type { ProxyJob } from '../../runner/run-proxy.ts'
import type { ProxyStage, RunningProxy } from './given.ts'

async function startProxy({ world, start }: ProxyStage, inputs: Record<string, string> = {}): Promise<RunningProxy> {
  return await start(await givenProxy(world), { inputs })
}

proxyScenario('The step ends while its background process lives on, and the post step ends that', async (stage) => {
  const { job, get } = await startProxy(stage)
  assert.notEqual(job.processId(), undefined)
  assert.equal((await get('/')).status, 200)
  const end = await job.post()
  assert.equal(end.exitCode, 0, end.log)
  assert.match(end.log, /Requests: 1 × 2xx/)
  assert.match(end.summary, /✅ Proxy for `https:\/\/hello-/)
  await job.ended()
  await assert.rejects(get('/'), { code: 'ECONNREFUSED' })
})

proxyScenario('A second post step does nothing', async (stage) => {
  const { job } = await startProxy(stage)
  assert.equal((await job.post()).exitCode, 0)
  const again = await job.post()
  assert.equal(again.exitCode, 0, again.log)
  assert.equal(again.log, '')
  assert.equal(again.summary, '')
})

proxyScenario('Without a summary the post step writes none either', async (stage) => {
  const { job } = await startProxy(stage, { summary: 'false' })
  const end = await job.post()
  assert.equal(end.exitCode, 0, end.log)
  assert.equal(end.summary, '')
  assert.equal(job.main.summary, '')
})

proxyScenario('A process that is gone before the job is over fails the post step', async (stage) => {
  const { job, get } = await startProxy(stage)
  await get('/last?secret=1')
  await untilLogged(job, 'GET /last')
  process.kill(job.processId() ?? 0, 'SIGKILL')
  await job.ended()
  const end = await job.post()
  assertFailure(end, 'PROXY_FAILED', 'If a step after 20', 'log of the proxy: ', 'GET /last 200')
  assert.ok(!end.log.includes('secret'))
  assert.equal(job.logFile(), undefined)
  assert.equal((await job.post()).exitCode, 0)
})

proxyScenario('A process that a step ended says so', async (stage) => {
  // Windows has no signals.
  if (process.platform === 'win32') return
  const { job } = await startProxy(stage)
  process.kill(job.processId() ?? 0, 'SIGTERM')
  await job.ended()
  assertFailure(
    await job.post(),
    'PROXY_FAILED',
    'ended before the job did; the log ends with "Ended by SIGTERM" at 20',
    'Let no step run pkill, killall or kill on processes of node that the step has not started itself.'
  )
})

proxyScenario('A process that is gone fails the post step even where its log is gone too', async (stage) => {
  const { job } = await startProxy(stage)
  process.kill(job.processId() ?? 0, 'SIGKILL')
  await job.ended()
  rmSync(job.logFile() ?? '')
  assertFailure(
    await job.post(),
    'PROXY_FAILED',
    'ended before the job did: a step killed the process, or the machine did because memory was short. ',
    'If a step kills processes of node (pkill -9, killall -9), take that command out; otherwise use a runner with more memory.'
  )
  const again = await job.post()
  assert.equal(again.exitCode, 0, again.log)
  assert.equal(again.log, '')
})

proxyScenario('Six hours after its last request the process ends, and the post step says so', async (stage) => {
  const HOUR = 60 * 60_000
  const time = await stage.startTime()
  const { job, get } = await stage.start(await givenProxy(stage.world), { env: time.env })
  // Far more than six hours, with requests in between.
  for (let count = 0; count < 4; count += 1) {
    await time.pass(5 * HOUR)
    assert.equal((await get('/')).status, 200)
  }
  await time.pass(7 * HOUR)
  await job.ended()
  await assert.rejects(get('/'), { code: 'ECONNREFUSED' })
  assertFailure(
    await job.post(),
    'PROXY_FAILED',
    'the log ends with "Ended because there was no request for six hours"',
    'Put the proxy right before'
  )
})

proxyScenario('Where the process ends before it listens, the step says how, and shows its log', async (stage) => {
  const ends: readonly (readonly [string, ...string[]])[] = [
    [`console.error('FATAL ERROR: no memory'); process.exit(3)`, 'it ended with exit code 3', 'FATAL ERROR: no memory'],
    [
      `import('node:net').then(({ Server }) => { Server.prototype.listen = () => { throw new TypeError('x') } })`,
      'it ended with exit code 1',
      'Ended by a defect: TypeError at '
    ],
    ...(process.platform === 'win32'
      ? []
      : [[`process.kill(process.pid, 'SIGKILL')`, 'it ended with SIGKILL'] as const])
  ]
  for (const [code, ...words] of ends) {
    const env = await stage.preload({ background: code })
    const job = await stage.run(await givenProxy(stage.world), { env })
    assertFailure(job.main, 'PROXY_FAILED', "The proxy's background process did not start: ", ...words)
    assert.equal(job.main.outputs['failure_code'], 'PROXY_FAILED')
    assert.equal(job.main.outputs['url'], undefined)
    assert.equal(job.logFile(), undefined)
    assert.equal((await job.post()).exitCode, 0)
  }
})

proxyScenario('A process that does not listen in time is ended', async (stage) => {
  const env = await stage.preload({
    step: `const { setTimeout } = globalThis; globalThis.setTimeout = (f, ms) => setTimeout(f, ms === 30_000 ? 300 : ms)`,
    background: `while (true) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)`
  })
  const job = await stage.run(await givenProxy(stage.world), { env })
  assertFailure(job.main, 'PROXY_FAILED', 'it did not listen within 30 s')
  await assertNothingIsLeft(job)
})

async function assertNothingIsLeft(job: ProxyJob): Promise<void> {
  for (let tries = 0; tries < 200 && job.leftBehind().length > 0; tries += 1) await wait(50)
  assert.deepEqual(job.leftBehind(), [])
}

/** Beside the code that runs before ours. */
const ASKED = 'asked'

/** When the step is ended, and what makes it so. */
const CANCELLED: readonly (readonly [string, { readonly step: string; readonly background?: string }])[] = [
  [
    'the service is checked',
    {
      step: `
        const { existsSync } = await import('node:fs')
        const endWhenAsked = () => existsSync(new URL('${ASKED}', import.meta.url)) && process.kill(process.pid, 'SIGINT')
        setInterval(endWhenAsked, 10).unref()`
    }
  ],
  [
    'the background process starts',
    {
      step: `
        const { ChildProcess } = await import('node:child_process')
        const { spawn } = ChildProcess.prototype
        ChildProcess.prototype.spawn = function (...args) {
          setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300)
          return spawn.apply(this, args)
        }`,
      background: `
        const { send } = process
        process.send = (...args) => setTimeout(() => send.apply(process, args), 1_000)`
    }
  ],
  [
    'the background process listens, and nobody knows where',
    {
      step: `
        const { ChildProcess } = await import('node:child_process')
        const { emit } = ChildProcess.prototype
        ChildProcess.prototype.emit = function (...args) {
          if (args[0] === 'message') process.kill(process.pid, 'SIGKILL')
          return emit.apply(this, args)
        }`
    }
  ]
]

for (const [when, code] of CANCELLED) {
  proxyScenario(
    `A job that is cancelled while ${when} leaves no process, and its post step does nothing`,
    async (stage) => {
      // Windows has no signals, and only Linux tells what is left.
      if (process.platform !== 'linux') return
      const env = await stage.preload(code)
      const given = await givenProxy(stage.world, () => {
        writeFileSync(new URL(ASKED, env['NODE_OPTIONS']?.replace('--import=', '')), '')
        return 'silence'
      })
      const job = await stage.run(given, { inputs: when.includes('check') ? { check: '/' } : {}, env })
      assert.equal(job.main.exitCode, null, job.main.log)
      const end = await job.post()
      assert.equal(end.exitCode, 0, end.log)
      assert.equal(end.log, '')
      await assertNothingIsLeft(job)
    }
  )
}

proxyScenario('A process that hangs is ended by the post step', async (stage) => {
  if (process.platform === 'win32') return
  const { job } = await startProxy(stage)
  process.kill(job.processId() ?? 0, 'SIGSTOP')
  const end = await job.post()
  assertFailure(end, 'PROXY_FAILED', 'did not answer the post step within 5 s')
  await job.ended()
})

proxyScenario('A defect of the proxy ends one exchange alone, and fails the post step', async (stage) => {
  const env = await stage.preload({
    background: `
      const { ServerResponse } = await import('node:http')
      const { writeHead } = ServerResponse.prototype
      ServerResponse.prototype.writeHead = function (...args) {
        ServerResponse.prototype.writeHead = writeHead
        throw new TypeError('message')
      }`
  })
  const { job, get } = await stage.start(await givenProxy(stage.world), { env })
  await assert.rejects(get('/'), { code: 'ECONNRESET' })
  assert.equal((await get('/')).status, 200)
  await untilLogged(job, 'A defect of the proxy: TypeError at ')
  const log = Object.entries(await job.files()).find(([name]) => name.endsWith('.log'))?.[1] ?? ''
  assert.doesNotMatch(log, /message/)
  assertFailure(await job.post(), 'INTERNAL')
})

proxyScenario('The log is for its owner alone, and has neither queries nor headers', async (stage) => {
  const { job, get } = await startProxy(stage)
  await get('/path?query=1', { headers: { 'x-mine': 'header' } })
  const file = job.logFile() ?? ''
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
  await untilLogged(job, ' GET /path ')
  const log = Object.entries(await job.files()).find(([name]) => name.endsWith('.log'))?.[1] ?? ''
  assert.match(log, /^\d{4}-\S+Z GET \/path 200 \d+ ms$/m)
  assert.ok(!/query|x-mine|header/.test(log), log)
  await job.post()
})

proxyScenario('A port that another program has is an invalid input', async (stage) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const job = await stage.run(await givenProxy(stage.world), { inputs: { port: String(port) } })
    assertFailure(job.main, 'INPUT_INVALID', `another program listens on ${port}`, 'port: 0')
    assert.equal(job.main.outputs['failure_code'], 'INPUT_INVALID')
    assert.equal(job.main.outputs['url'], undefined)
    assert.equal(job.logFile(), undefined)
    assert.equal((await job.post()).exitCode, 0)
  } finally {
    server.close()
  }
})

proxyScenario('A port that is for root alone is an invalid input', async (stage) => {
  // Other systems leave it to everyone on some addresses.
  if (process.platform !== 'linux') return
  if (Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= 81) return
  const env = await stage.preload({
    background: `
      const { Server } = await import('node:net')
      const { listen } = Server.prototype
      Server.prototype.listen = function (...args) {
        if (process.getuid() === 0) process.setuid(65_534)
        return listen.apply(this, args)
      }`
  })
  const job = await stage.run(await givenProxy(stage.world), { inputs: { port: '81' }, env })
  assertFailure(job.main, 'INPUT_INVALID', 'does not let the proxy listen on 81 (EACCES)', 'port: 0')
  assert.equal(job.logFile(), undefined)
})

proxyScenario('A given port is taken', async (stage) => {
  const port = await findFreePort(createServer())
  const proxy = await startProxy(stage, { port: String(port) })
  assert.equal(proxy.url, `http://127.0.0.1:${port}`)
  assert.equal(proxy.job.main.outputs['port'], String(port))
})

proxyScenario('Nothing is left of a job without a post step but what the runner finds', async (stage) => {
  const { job } = await startProxy(stage)
  if (process.platform !== 'linux') return
  assert.match(job.processes(), /RUNNER_TRACKING_ID=github_/)
})
