import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { FaultName } from '../../pretend-google/transport/faults.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  BRIEF,
  givenFederation,
  givenService,
  listRequests,
  scenario,
  SERVICE_HOST,
  SHORT
} from '../given.ts'

const CODES: Readonly<Partial<Record<FaultName, string>>> = {
  refuse: 'SERVICE_UNAVAILABLE',
  impostor: 'SERVICE_UNAVAILABLE',
  demand: 'SERVICE_UNAVAILABLE',
  reset: 'SERVICE_UNAVAILABLE',
  silence: 'TIMED_OUT',
  drip: 'TIMED_OUT',
  cut: 'SERVICE_UNAVAILABLE',
  'server error': 'SERVICE_UNAVAILABLE',
  'service unavailable': 'SERVICE_UNAVAILABLE',
  'too many requests': 'SERVICE_UNAVAILABLE',
  'not HTTP': 'SERVICE_UNAVAILABLE'
}
const GARBAGE: readonly FaultName[] = ['page of HTML', 'empty body', 'empty object', 'broken JSON', 'random bytes']

describe('A fault of the service ends in one failure', { concurrency: 16 }, () => {
  for (const [fault, code] of Object.entries(CODES)) {
    scenario(`${fault}, until the deadline`, async ({ world, run }) => {
      // Long enough to drip beyond the timeout.
      const app = [{ body: 'Hello'.repeat(20) }]
      const url = world.addService({ host: SERVICE_HOST, invokers: [`serviceAccount:${ACCOUNT}`], app })
      world.fail(SERVICE_HOST, fault as FaultName)
      const inputs = { url, ...BRIEF, ...SHORT }
      const result = await run(await givenFederation(world), { inputs })
      assertFailure(result, code)
      assert.notEqual(result.outputs['id_token'] ?? '', '', 'The token was there before the call, and stays.')
      const asked = listRequests(world).filter((request) => !/^CONNECT|run\.googleapis\.com/.test(request))
      // Where no connection comes about there is no request, and a connection may be tried ahead of its time.
      if (!['refuse', 'impostor', 'demand'].includes(fault))
        assert.equal(Number(result.outputs['attempts']), asked.length - 3)
      assert.deepEqual(asked.slice(0, 3), [ASKED.github, ASKED.sts, ASKED.idToken()])
    })
  }

  for (const fault of GARBAGE) {
    scenario(`${fault}, where JSON is expected`, async ({ world, run }) => {
      const url = givenService(world)
      world.fail(SERVICE_HOST, fault)
      // A POST is not repeated.
      const inputs = { url, expect_json: "status == 'ok'", method: 'POST' }
      assertFailure(await run(await givenFederation(world), { inputs }), 'EXPECTATION_FAILED')
    })
  }
})
