import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { RequestListener } from 'node:http'
import { attemptLines, callScenario, callsOf, openServer, statusesOf } from '../call-given.ts'
import { assertFailure, assertSuccess, assertWithin, BRIEF, SERVICE_HOST, SERVICE_URL, SHORT } from '../given.ts'

const at = (calls: readonly { at: number }[], index: number): number => calls[index]?.at ?? Number.NaN

describe('Retry-After', { concurrency: 8 }, () => {
  const busy = (retryAfter: string): object => ({ status: 503, headers: { 'retry-after': retryAfter } })

  callScenario('Seconds are honoured', { app: [busy('2'), 200] }, async ({ world, call }) => {
    assertSuccess(await call())
    const calls = callsOf(world)
    assert.ok(at(calls, 1) - at(calls, 0) >= 1_900, `${at(calls, 1) - at(calls, 0)} ms`)
  })

  const inThreeSeconds = (): string => new Date(Date.now() + 3_000).toUTCString()
  callScenario(
    'A date is honoured',
    { app: ({ number }) => (number === 1 ? busy(inThreeSeconds()) : 200) },
    async (stage) => {
      assertSuccess(await stage.call())
      const calls = callsOf(stage.world)
      // The header has whole seconds.
      assert.ok(at(calls, 1) - at(calls, 0) >= 1_900, `${at(calls, 1) - at(calls, 0)} ms`)
    }
  )

  callScenario('An hour is honoured as far as the deadline allows', { app: [busy('3600'), 200] }, async ({ call }) => {
    // The last attempt has the whole timeout.
    const run = await call({ deadline: '12s', ...BRIEF })
    assertSuccess(run)
    assertWithin(run, { deadline: '12s' })
    assert.ok(run.durationMs > 6_000, `${run.durationMs} ms`)
  })

  for (const nonsense of ['soon', '-5', '99999999999999999999', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
    callScenario(`"${nonsense}" does no harm`, { app: [busy(nonsense), 200] }, async ({ call }) => {
      assertSuccess(await call())
    })
  }
})

describe('timeout and deadline', { concurrency: 16 }, () => {
  callScenario(
    'A silent service is noticed after timeout, and the next attempt may pass',
    {},
    async ({ world, call }) => {
      world.fail(SERVICE_HOST, 'silence', { times: 1 })
      const run = await call(BRIEF)
      assertSuccess(run)
      assert.match(attemptLines(run)[0] ?? '', /no complete answer within 4000 ms.*once more/)
    }
  )

  for (const seconds of [3, 5]) {
    callScenario(`A silent service is TIMED_OUT after a timeout of ${seconds} s`, {}, async ({ world, call }) => {
      world.fail(SERVICE_HOST, 'silence')
      // A POST is not repeated.
      const run = await call({ method: 'POST', timeout: `${seconds}s` })
      assertFailure(run, 'TIMED_OUT')
      const latency = Number(run.outputs['latency_ms'])
      assert.ok(latency >= seconds * 990 && latency < seconds * 1_000 + 20_000, `${latency} ms`)
      assert.equal(run.outputs['status'], undefined)
    })
  }

  callScenario('A service that is silent until the deadline is TIMED_OUT', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'silence')
    const run = await call({ timeout: '2s', ...SHORT })
    assertFailure(run, 'TIMED_OUT')
    assertWithin(run, SHORT)
    assert.ok(callsOf(world).length >= 2)
    assert.match(attemptLines(run)[0] ?? '', /no complete answer within 2000 ms/)
  })

  callScenario('A deadline shorter than timeout cuts the first attempt short', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'silence')
    const run = await call({ timeout: '30s', ...SHORT })
    assertFailure(run, 'TIMED_OUT', /no complete answer in the \d+ ms that were left before the deadline \(/)
    assertWithin(run, SHORT)
  })

  callScenario(
    'Where the deadline cuts an attempt short, the last complete answer decides',
    { app: [{ status: 500, body: 'boom' }] },
    async ({ world, call }) => {
      world.fail(SERVICE_HOST, {}, { times: 1 })
      world.fail(SERVICE_HOST, 'silence')
      const run = await call({ timeout: '30s', ...SHORT })
      assertFailure(run, 'SERVICE_UNAVAILABLE', '500 Internal Server Error')
      assertWithin(run, SHORT)
      assert.deepEqual([run.outputs['status'], run.outputs['body']], ['500', 'boom'])
      assert.deepEqual(statusesOf(callsOf(world)), [500, undefined])
      assert.equal(run.outputs['attempts'], '2')
    }
  )

  callScenario('The deadline counts the time that the token took', {}, async ({ world, call }) => {
    world.fail('oauth2.googleapis.com', 'silence', { times: 1 })
    world.fail(SERVICE_HOST, 'silence')
    const run = await call({ timeout: '2s', ...SHORT })
    assert.equal(run.exitCode, 1)
    assertWithin(run, SHORT)
  })

  const SLOW: readonly [string, RequestListener][] = [
    [
      'the body',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' })
        const timer = setInterval(() => response.write('.'), 50)
        response.on('close', () => {
          clearInterval(timer)
        })
      }
    ],
    [
      'the headers',
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        const timer = setInterval(() => socket.write('x: y\r\n'), 50)
        socket.on('close', () => {
          clearInterval(timer)
        })
      }
    ],
    [
      'interim answers',
      (_, response) => {
        const timer = setInterval(() => {
          response.writeProcessing()
        }, 50)
        response.on('close', () => {
          clearInterval(timer)
        })
      }
    ]
  ]
  for (const [what, listener] of SLOW) {
    callScenario(`A service that trickles ${what} for ever is TIMED_OUT`, {}, async ({ call }) => {
      const server = await openServer(listener)
      try {
        const run = await call({ url: server.url, audience: SERVICE_URL, timeout: '2s', ...SHORT })
        assertFailure(run, 'TIMED_OUT')
        assertWithin(run, SHORT)
      } finally {
        await server.close()
      }
    })
  }

  callScenario(
    'A body that trickles byte by byte through the front end is TIMED_OUT',
    { app: [{ body: 'x'.repeat(10_000), delivery: { dripMs: 20 } }] },
    async ({ call }) => {
      const run = await call({ timeout: '2s', ...SHORT })
      assertFailure(run, 'TIMED_OUT')
      assertWithin(run, SHORT)
    }
  )
})
