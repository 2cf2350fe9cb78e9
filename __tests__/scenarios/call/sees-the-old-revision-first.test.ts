import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { attemptLines, callScenario, callsOf, json, statusesOf } from '../call-given.ts'
import { assertFailure, assertSuccess, SHORT } from '../given.ts'

const OLD = json({ status: 'ok', commit: 'badbee1' })
const NEW = json({ status: 'ok', commit: 'c0ffee2' })

describe('The old revision answers first', { concurrency: 4 }, () => {
  callScenario('The new revision is waited for by its commit', { app: [OLD, OLD, NEW] }, async ({ world, call }) => {
    const run = await call({ expect_json: "status == 'ok' && starts_with(commit, 'c0ffee')" })
    assertSuccess(run)
    assert.equal(callsOf(world).length, 3)
    assert.match(attemptLines(run)[0] ?? '', /200 OK.*badbee1.*; once more in/)
    assert.match(run.outputs['body'] ?? '', /c0ffee2/)
  })

  callScenario('The last line shows what was waited for and what was seen', { app: [OLD] }, async ({ call }) => {
    const run = await call({ expect_json: "commit == 'c0ffee2'", ...SHORT })
    assertFailure(run, 'EXPECTATION_FAILED', "commit == 'c0ffee2'", 'badbee1')
    const last = attemptLines(run).at(-1) ?? ''
    assert.ok(last.includes("commit == 'c0ffee2'") && last.includes('badbee1'), last)
    assert.ok(Number(run.outputs['attempts']) >= 2)
  })

  for (const status of [404, 409]) {
    callScenario(`A ${status} of the application may be the old revision's`, { app: [status, 200] }, async (stage) => {
      assertSuccess(await stage.call())
      assert.deepEqual(statusesOf(callsOf(stage.world)), [status, 200])
    })
  }

  callScenario(
    'A header of the old revision is waited out',
    { app: [{ headers: { 'x-revision': 'hello-00001' } }, { headers: { 'x-revision': 'hello-00002' } }] },
    async ({ world, call }) => {
      assertSuccess(await call({ expect_headers: 'X-Revision: 00002$' }))
      assert.equal(callsOf(world).length, 2)
    }
  )

  callScenario(
    'A body of the old revision is waited out',
    { app: [{ body: 'v1' }, { body: 'v2' }] },
    async ({ world, call }) => {
      assertSuccess(await call({ expect_body: '^v2$' }))
      assert.equal(callsOf(world).length, 2)
    }
  )

  callScenario('An unexpected 2xx is waited out', { app: [200, 204] }, async ({ world, call }) => {
    assertSuccess(await call({ expect_status: '204' }))
    assert.deepEqual(statusesOf(callsOf(world)), [200, 204])
  })
})
