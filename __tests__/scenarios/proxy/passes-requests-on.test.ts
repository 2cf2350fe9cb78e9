import assert from 'node:assert/strict'
import { ACCOUNT, givenFederation, SERVICE_HOST, SERVICE_URL } from '../given.ts'
import { givenProxy, proxyScenario } from './given.ts'

proxyScenario('a later step calls the service without a token', async ({ world, start }) => {
  const federation = await givenFederation(world)
  world.addService({
    host: SERVICE_HOST,
    invokers: [`serviceAccount:${ACCOUNT}`],
    app: ({ method, path, headers, body }) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ method, path, headers, body: body.toString('utf8') })
    })
  })
  const proxy = await start(federation, { inputs: { url: SERVICE_URL, check: '/health', export_env: 'BASE_URL' } })
  assert.match(proxy.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(proxy.job.main.environment['BASE_URL'], proxy.url)
  assert.deepEqual(Object.keys(proxy.job.main.outputs).sort(), [
    'audience',
    'email',
    'failure_code',
    'outcome',
    'port',
    'url'
  ])

  const answer = await proxy.get('/a//b/../c?x=%7E#', { method: 'POST', body: 'hello', headers: { 'x-mine': '1' } })
  assert.equal(answer.status, 200, answer.text)
  const seen = JSON.parse(answer.text) as { path: string; headers: Record<string, string>; body: string }
  assert.equal(seen.path, '/a//b/../c?x=%7E#')
  assert.equal(seen.body, 'hello')
  assert.equal(seen.headers['host'], SERVICE_HOST)
  assert.equal(seen.headers['x-mine'], '1')
  assert.match(seen.headers['x-serverless-authorization'] ?? '', /SIGNATURE_REMOVED_BY_GOOGLE$/)

  const end = await proxy.job.post()
  assert.equal(end.exitCode, 0, end.log)
  await proxy.job.ended()
  assert.equal(proxy.job.logFile(), undefined)
  const again = await proxy.job.post()
  assert.equal(again.exitCode, 0, again.log)
})

proxyScenario('Where HTTP_PROXY would lead later steps elsewhere, the step warns of it', async ({ world, start }) => {
  const given = await givenProxy(world)
  const warningsWith = async (env: Record<string, string>): Promise<string[]> => {
    const { job } = await start(given, { env })
    return job.main.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
  }
  const [warning = '', ...others] = await warningsWith({ HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'internal' })
  assert.match(warning, /^HTTP_PROXY is set and NO_PROXY does not name 127\.0\.0\.1 and localhost/)
  assert.match(warning, /set NO_PROXY to internal,127\.0\.0\.1,localhost for the job/)
  assert.deepEqual(others, [])
  assert.deepEqual(await warningsWith({ HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'localhost,127.0.0.1' }), [])
})
