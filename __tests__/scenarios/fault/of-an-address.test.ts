import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { pretendAddresses } from '../../pretend-google/transport/addresses.ts'
import type { PretendAddress } from '../../pretend-google/transport/addresses.ts'
import { assertFailure, assertSuccess, givenFederation, givenService, scenario, SHORT } from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

/** Longer than Node itself waits before it gives up an address for the next one. */
const SLOW: PretendAddress = { address: '127.7.7.4', answersAfterMs: 600 }
const DEAD_V6: PretendAddress = { address: '2001:db8::6', answersAfterMs: 'never' }
const DEAD_V4: PretendAddress = { address: '192.0.2.4', answersAfterMs: 'never' }

describe('One of several addresses', { concurrency: 8 }, () => {
  for (const [order, addresses] of Object.entries({
    'slow, dead': [SLOW, DEAD_V6],
    'dead, slow': [DEAD_V6, SLOW],
    'dead, dead, slow': [DEAD_V6, DEAD_V4, SLOW]
  })) {
    scenario(`A proxy is reached by the address that answers (${order})`, async ({ world, run }) => {
      const port = new URL(world.env()['HTTPS_PROXY'] ?? '').port
      const env = { ...pretendAddresses({ 'proxy.example': addresses }), HTTPS_PROXY: `http://proxy.example:${port}` }
      assertSuccess(await run(await givenFederation(world), FOR_SERVICE, { env }))
    })

    scenario(`A service is reached by the address that answers (${order})`, async ({ world, run }) => {
      const { port } = new URL(await world.addLoopbackApp([{ body: 'Hello' }]))
      const env = pretendAddresses({ localhost: addresses })
      const inputs = { url: `http://localhost:${port}/`, audience: 'https://shop.example' }
      const result = await run(await givenFederation(world), { inputs, env })
      assertSuccess(result)
      assert.equal(result.outputs['attempts'], '1')
    })
  }

  scenario(
    'Where no address answers, it is the refusal that is named, not the missing route',
    async ({ world, run }) => {
      const env = pretendAddresses({
        localhost: [
          { address: '2001:db8::6', answersAfterMs: 'no route' },
          { address: '127.7.7.4', answersAfterMs: 0 }
        ]
      })
      // Port 9 is for discarding what comes, and closed everywhere.
      const inputs = { url: 'http://localhost:9/', audience: givenService(world), ...SHORT }
      const result = await run(await givenFederation(world), { inputs, env })
      assertFailure(result, 'SERVICE_UNAVAILABLE', 'connection refused (ECONNREFUSED)')
    }
  )
})
