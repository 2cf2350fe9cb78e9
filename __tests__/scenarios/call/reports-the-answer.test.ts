import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { attemptLines, callScenario, json } from '../call-given.ts'
import {
  ACCOUNT,
  assertFailure,
  assertSuccess,
  givenFederation,
  scenario,
  SERVICE_HOST,
  SERVICE_URL
} from '../given.ts'

describe('The outputs of the call', { concurrency: 4 }, () => {
  const app = [{ ...json({ status: 'ok' }, { 'x-revision': '42' }), status: 201 }]
  callScenario('They are set on success', { app }, async ({ call }) => {
    const { outputs, log } = await call()
    assert.deepEqual([outputs['status'], outputs['body'], outputs['attempts']], ['201', '{"status":"ok"}', '1'], log)
    assert.match(outputs['latency_ms'] ?? '', /^\d+$/)
    const headers = JSON.parse(outputs['headers'] ?? '') as Record<string, string>
    assert.equal(headers['x-revision'], '42')
    assert.equal(headers['content-type'], 'application/json')
    assert.deepEqual([outputs['outcome'], outputs['failure_code']], ['success', ''])
  })

  callScenario(
    'They are set on failure',
    { app: [{ status: 422, headers: { 'x-why': 'because' }, body: 'no' }] },
    async ({ call }) => {
      const run = await call()
      assertFailure(run, 'EXPECTATION_FAILED')
      const { outputs } = run
      assert.deepEqual([outputs['status'], outputs['body'], outputs['attempts']], ['422', 'no', '1'])
      assert.match(outputs['latency_ms'] ?? '', /^\d+$/)
      assert.equal((JSON.parse(outputs['headers'] ?? '') as Record<string, string>)['x-why'], 'because')
      for (const name of ['id_token', 'id_tokens', 'audience', 'email', 'expires_at'])
        assert.notEqual(outputs[name] ?? '', '', name)
    }
  )

  const BODIES: readonly [string, string, string][] = [
    ['64 KiB is whole', 'x'.repeat(65_536), 'x'.repeat(65_536)],
    ['one byte more is cut', 'x'.repeat(65_537), 'x'.repeat(65_536)],
    ['characters of three bytes are not halved', '€'.repeat(30_000), '€'.repeat(21_845)],
    ['characters of four bytes are not halved', `x${'😀'.repeat(20_000)}`, `x${'😀'.repeat(16_383)}`],
    ['bytes that are no characters become longer and are cut all the same', '\u00FF', '\uFFFD'.repeat(21_845)]
  ]
  for (const [what, sent, expected] of BODIES) {
    const body = sent === '\u00FF' ? Buffer.alloc(65_000, 0xff) : sent
    callScenario(`The body has at most 64 KiB: ${what}`, { app: [{ body }] }, async ({ call }) => {
      const run = await call()
      assertSuccess(run)
      assert.ok(run.outputs['body'] === expected, `${run.outputs['body']?.length ?? 0} characters`)
    })
  }

  callScenario('Lines of the body stay lines', { app: [{ body: 'one\ntwo\n\nthree\n' }] }, async ({ call }) => {
    assert.equal((await call()).outputs['body'], 'one\ntwo\n\nthree\n')
  })
})

describe('The log of the call', { concurrency: 4 }, () => {
  scenario('A success takes ten lines at most, and they say everything', async ({ world, run }) => {
    const { inputs, env } = await givenFederation(world)
    world.addService({ host: SERVICE_HOST, invokers: [`serviceAccount:${ACCOUNT}`], app: [json({ status: 'ok' })] })
    const result = await run({
      env,
      inputs: { ...inputs, url: SERVICE_URL, expect_json: "status == 'ok'", assert_private: 'true' }
    })
    assertSuccess(result)
    const lines = result.log.split('\n').filter((line) => line !== '' && !/^(::add-mask::|##\[debug\])/.test(line))
    assert.ok(lines.length <= 10, result.log)
    for (const words of [
      /GitHub/,
      ACCOUNT,
      SERVICE_URL,
      /derived/,
      /\d+ min/,
      /Attempt 1: .*200 OK.*passed/,
      /status == 'ok'/
    ]) {
      assert.ok(
        lines.some((line) => (typeof words === 'string' ? line.includes(words) : words.test(line))),
        String(words)
      )
    }
  })

  callScenario('A query of the URL is not shown', {}, async ({ call }) => {
    const run = await call({ url: `${SERVICE_URL}/path?api_key=do-not-show` })
    assertSuccess(run)
    assert.ok(!`${run.log}${run.summary}`.includes('do-not-show'), run.log)
    assert.match(attemptLines(run)[0] ?? '', /\/path/)
  })
})
