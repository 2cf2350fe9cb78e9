import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { describe } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { callScenario, json, openServer } from '../call-given.ts'
import type { CallStage, Inputs } from '../call-given.ts'
import type { ActionRun } from '../../runner/run-action.ts'
import { assertFailure, assertSuccess, assertWithin, BRIEF, SERVICE_URL, SHORT } from '../given.ts'

const MIB = 1024 * 1024
const HALF_A_GIGABYTE = 512 * MIB
const MEASURED = { measuresMemory: true }

/** Calls a server of this scenario's own. @returns how much of the body left the server, too */
async function callServer(
  { call }: CallStage,
  listener: (count: (bytes: number) => void) => RequestListener,
  inputs: Inputs = {}
): Promise<{ run: ActionRun; bytes: number }> {
  let bytes = 0
  const server = await openServer(listener((more) => (bytes += more)))
  try {
    return { run: await call({ url: server.url, audience: SERVICE_URL, ...inputs }, MEASURED), bytes }
  } finally {
    await server.close()
  }
}

/** Sends `total` bytes made of `piece`, as fast as they are taken. */
const stream =
  (total: number, piece: (request: Parameters<RequestListener>[0]) => Buffer) =>
  (count: (bytes: number) => void): RequestListener =>
  (request, response) => {
    const chunk = piece(request)
    let left = total
    response.writeHead(200, { 'content-type': 'text/plain' })
    const write = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= chunk.length
        count(chunk.length)
        if (!response.write(chunk)) {
          response.once('drain', write)
          return
        }
      }
      response.end()
    }
    write()
  }

const EXPECTING = { expect_body: '.', expect_headers: 'content-type: text' }
const small = stream(1024, () => Buffer.alloc(1024, 'x'))

function assertMemory(run: ActionRun, base: ActionRun): void {
  // Only Linux tells.
  if (run.maxRssBytes === undefined || base.maxRssBytes === undefined) return
  const more = (run.maxRssBytes - base.maxRssBytes) / MIB
  assert.ok(more < 150, `${more.toFixed(0)} MiB more than with a small body`)
}

// One of them waits for a deadline, the others take a processor.
describe('A large body', { concurrency: 2 }, () => {
  const PIECES: readonly [string, (request: Parameters<RequestListener>[0]) => Buffer][] = [
    ['of one letter', () => Buffer.alloc(MIB, 'x')],
    ['of zeros', () => Buffer.alloc(MIB)],
    ['of angle brackets', () => Buffer.alloc(MIB, '<')],
    ['of letters outside of ASCII', () => Buffer.from('€'.repeat(MIB / 4))],
    ['that is an echo without end', ({ headers }) => Buffer.from(`${headers.authorization ?? ''}\n`.repeat(500))]
  ]
  for (const [what, piece] of PIECES) {
    callScenario(`Half a gigabyte ${what} costs neither memory nor time`, {}, async (stage) => {
      const base = await callServer(stage, small, EXPECTING)
      assertSuccess(base.run)
      const { run, bytes } = await callServer(stage, stream(HALF_A_GIGABYTE, piece), EXPECTING)
      assertSuccess(run)
      assertMemory(run, base.run)
      assert.ok(bytes < 64 * MIB, `${bytes} bytes were sent`)
      assert.ok(Buffer.byteLength(run.outputs['body'] ?? '') <= 65_536)
      assertWithin(run, { deadline: '15s' })
    })
  }

  callScenario('A large body that misses is not kept from attempt to attempt', {}, async (stage) => {
    const base = await callServer(stage, small)
    const echo = stream(HALF_A_GIGABYTE, () => Buffer.alloc(MIB, 'x'))
    const { run } = await callServer(stage, echo, { expect_json: "status == 'ok'", ...SHORT, ...BRIEF })
    assertFailure(run, 'EXPECTATION_FAILED', /longer than 4 MiB/)
    assert.ok(Number(run.outputs['attempts']) >= 2)
    assertMemory(run, base.run)
    assertWithin(run, SHORT)
  })

  // More than a run may hold.
  const zeros = Buffer.alloc(HALF_A_GIGABYTE / 2)
  const BOMBS: readonly [string, Buffer][] = [
    ['gzip', gzipSync(zeros, { level: 1 })],
    ['deflate', deflateSync(zeros, { level: 1 })],
    ['br', brotliCompressSync(zeros, { params: { 1: 1 } })]
  ]
  for (const [coding, body] of BOMBS) {
    const app = [{ headers: { 'content-encoding': coding, 'content-type': 'text/plain' }, body }]
    callScenario(`A bomb in ${coding} is defused`, { app }, async (stage) => {
      const base = await callServer(stage, small)
      const run = await stage.call({ method: 'POST', expect_json: '@' }, MEASURED)
      assertFailure(run, 'EXPECTATION_FAILED', /longer than 4 MiB/)
      assertMemory(run, base.run)
      assertWithin(run, { deadline: '15s' })
    })
  }
})

describe('A compressed body', { concurrency: 4 }, () => {
  const document = Buffer.from('{"status":"ok"}')
  const ENCODED: readonly [string, Buffer][] = [
    ['gzip', gzipSync(document)],
    ['x-gzip', gzipSync(document)],
    ['GZIP', gzipSync(document)],
    ['deflate', deflateSync(document)],
    ['br', brotliCompressSync(document)],
    ['identity', document]
  ]
  for (const [coding, body] of ENCODED) {
    callScenario(
      `One in ${coding} is decoded`,
      { app: [{ headers: { 'content-encoding': coding }, body }] },
      async (stage) => {
        const run = await stage.call({ expect_json: "status == 'ok'" })
        assertSuccess(run)
        assert.equal(run.outputs['body'], '{"status":"ok"}')
      }
    )
  }

  const BROKEN: readonly [string, string, Buffer][] = [
    ['gzip that is none', 'gzip', Buffer.from('hello')],
    ['gzip that is cut', 'gzip', gzipSync(Buffer.alloc(5_000, 'abc')).subarray(0, 30)],
    ['Brotli that is none', 'br', Buffer.from('hello hello hello')]
  ]
  for (const [what, coding, body] of BROKEN) {
    callScenario(
      `${what} is no answer`,
      { app: [{ headers: { 'content-encoding': coding }, body }] },
      async (stage) => {
        assertFailure(await stage.call({ method: 'POST' }), 'SERVICE_UNAVAILABLE', 'decoded')
      }
    )
  }

  for (const [what, method, status] of [
    ['to a HEAD', 'HEAD', '200'],
    ['with 204', 'GET', '204'],
    ['with 304', 'GET', '304'],
    ['with an empty body', 'GET', '200']
  ] as const) {
    const app = [{ ...json({ status: 'ok' }, { 'content-encoding': 'gzip' }), status: Number(status), body: '' }]
    callScenario(`An answer ${what} has nothing to decode, whatever coding it names`, { app }, async ({ call }) => {
      const run = await call({ method, expect_status: status })
      assertSuccess(run)
      assert.equal(run.outputs['body'], '')
    })
  }
})

describe('A body that ends too early', () => {
  callScenario('It is not taken for a whole one', {}, async (stage) => {
    const cut: RequestListener = (_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' })
      response.write('{"status":"ok"}', () => response.socket?.destroy())
    }
    const { run } = await callServer(stage, () => cut, { method: 'POST', expect_json: "status == 'ok'" })
    assertFailure(run, 'SERVICE_UNAVAILABLE')
    assert.equal(run.outputs['status'], undefined)
  })
})
