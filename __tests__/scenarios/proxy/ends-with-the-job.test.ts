import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { assertFailure, givenProxy, proxyScenario } from './given.ts'
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
  while (!readFileSync(job.logFile() ?? '', 'utf8').includes('GET /last')) await wait(10)
  process.kill(job.processId() ?? 0, 'SIGKILL')
  await job.ended()
  const end = await job.post()
  assertFailure(end, 'PROXY_FAILED', 'log of the proxy: ', 'GET /last 200')
  assert.ok(!end.log.includes('secret'))
  assert.equal(job.logFile(), undefined)
  assert.equal((await job.post()).exitCode, 0)
})

proxyScenario('A process that hangs is ended by the post step', async (stage) => {
  if (process.platform === 'win32') return
  const { job } = await startProxy(stage)
  process.kill(job.processId() ?? 0, 'SIGSTOP')
  const end = await job.post()
  assertFailure(end, 'PROXY_FAILED', 'did not answer within 5 s')
  await job.ended()
})

proxyScenario('The log is for its owner alone, and has neither queries nor headers', async (stage) => {
  const { job, get } = await startProxy(stage)
  await get('/path?query=1', { headers: { 'x-mine': 'header' } })
  const file = job.logFile() ?? ''
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
  await wait(100)
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

proxyScenario('A given port is taken', async (stage) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const proxy = await startProxy(stage, { port: String(port) })
  assert.equal(proxy.url, `http://127.0.0.1:${port}`)
  assert.equal(proxy.job.main.outputs['port'], String(port))
})

proxyScenario('Nothing is left of a job without a post step but what the runner finds', async (stage) => {
  const { job } = await startProxy(stage)
  if (process.platform !== 'linux') return
  assert.match(job.processes(), /RUNNER_TRACKING_ID=github_/)
})
