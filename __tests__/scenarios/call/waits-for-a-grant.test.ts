import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { attemptLines, callScenario, callsOf, statusesOf } from '../call-given.ts'
import { ACCOUNT, assertFailure, assertSuccess, assertWithin, SERVICE_HOST, SHORT } from '../given.ts'

const BINDING = [
  'gcloud run services add-iam-policy-binding hello --region=europe-west1 --project=',
  `--member=serviceAccount:${ACCOUNT} --role=roles/run.invoker`
]
const member = `serviceAccount:${ACCOUNT}`
const noInvoker = { invokers: [] }

describe('A grant that was just made', { concurrency: 4 }, () => {
  callScenario(
    'A grant that acts after two looks is waited for',
    { invokers: [{ member, afterRequests: 2 }] },
    async (stage) => {
      const run = await stage.call()
      assertSuccess(run)
      assert.deepEqual(statusesOf(callsOf(stage.world)), [403, 403, 200])
      assert.match(attemptLines(run)[0] ?? '', /403 Forbidden.*front end.*once more in .*grant/)
      assert.match(run.summary, /❌ 2 – 403 of Google's front end, .* – a grant may take a while to act :crit/)
    }
  )

  callScenario('A grant that does not act within iam_wait is INVOKER_MISSING', noInvoker, async ({ world, call }) => {
    const run = await call({ iam_wait: '2s' })
    assertFailure(run, 'INVOKER_MISSING', ACCOUNT, `https://${SERVICE_HOST}`, ...BINDING)
    // The deadline is five minutes.
    assertWithin(run, { deadline: '30s' })
    assert.ok(run.durationMs > 1_900, `${run.durationMs} ms`)
    assert.ok(callsOf(world).length >= 2)
    assert.equal(run.outputs['status'], '403')
  })

  callScenario('With iam_wait 0 the first 403 is final', noInvoker, async ({ world, call }) => {
    assertFailure(await call({ iam_wait: '0' }), 'INVOKER_MISSING', ...BINDING)
    assert.deepEqual(statusesOf(callsOf(world)), [403])
  })

  callScenario('An iam_wait longer than the deadline ends with the deadline', noInvoker, async ({ call }) => {
    const run = await call({ iam_wait: '60s', ...SHORT })
    assertFailure(run, 'INVOKER_MISSING', ...BINDING)
    assertWithin(run, { deadline: '5s' })
  })

  callScenario('A HEAD that the front end refuses is INVOKER_MISSING too', noInvoker, async ({ call }) => {
    assertFailure(await call({ method: 'HEAD', iam_wait: '0' }), 'INVOKER_MISSING', ...BINDING)
  })
})
