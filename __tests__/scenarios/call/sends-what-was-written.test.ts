import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe } from 'node:test'
import { callScenario, callsOf, json } from '../call-given.ts'
import type { AppAnswer, AppRequest } from '../call-given.ts'
import { assertSuccess, SERVICE_URL } from '../given.ts'

/** Shows the body that arrived. */
const app = ({ body }: AppRequest): AppAnswer => json({ hex: body.toString('hex') })
const hexOf = (run: { outputs: Readonly<Record<string, string>> }): string =>
  (JSON.parse(run.outputs['body'] ?? '{}') as { hex: string }).hex

describe('The request', { concurrency: 4 }, () => {
  for (const body of [
    '{"a":1}',
    ' leading and trailing \n\n',
    'line\r\nline\n',
    'caf\u00E9 \u{1F600}',
    '::error::x',
    '%0A'
  ]) {
    callScenario(`The body ${JSON.stringify(body)} arrives as it is`, { app }, async ({ world, call }) => {
      const run = await call({ method: 'POST', body })
      assertSuccess(run)
      assert.equal(hexOf(run), Buffer.from(body).toString('hex'))
      assert.equal(callsOf(world)[0]?.headers['content-length'], String(Buffer.byteLength(body)))
    })
  }

  callScenario('body_file arrives byte for byte', { app }, async ({ call }) => {
    const workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'))
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256))
    try {
      await writeFile(path.join(workspace, 'body.bin'), bytes)
      const run = await call({ method: 'PUT', body_file: 'body.bin' }, { env: { GITHUB_WORKSPACE: workspace } })
      assertSuccess(run)
      assert.equal(hexOf(run), bytes.toString('hex'))
    } finally {
      await rm(workspace, { recursive: true })
    }
  })

  callScenario('body_file of a folder in the workspace is read', { app }, async ({ call }) => {
    const run = await call({ method: 'POST', body_file: './requests/a.json' }, { files: { 'requests/a.json': '{}' } })
    assertSuccess(run)
    assert.equal(hexOf(run), '7b7d')
  })

  callScenario('The request names the action and its version', {}, async ({ world, call }) => {
    await call({})
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
    assert.deepEqual(
      new Set(world.requests.map(({ headers }) => headers['user-agent'])),
      new Set([`google-id-token/${version}`])
    )
  })

  callScenario('A User-Agent of the author takes its place', {}, async ({ world, call }) => {
    await call({ headers: 'User-Agent: smoke' })
    assert.equal(callsOf(world)[0]?.headers['user-agent'], 'smoke')
  })

  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'Delete']) {
    callScenario(`${method} is the method that arrives`, {}, async ({ world, call }) => {
      assertSuccess(await call({ method }))
      const [request] = callsOf(world)
      assert.equal(request?.method, method.toUpperCase())
      assert.equal(request.headers['transfer-encoding'], undefined)
      // Google's front end answers 411 where it is missing.
      if (/^(post|put|patch)$/i.test(method)) assert.equal(request.headers['content-length'], '0')
    })
  }

  callScenario('Headers, path and query arrive as they were written', {}, async ({ world, call }) => {
    const headers =
      'Accept: application/json\nX-Url: https://a.example:8080/b?c=d\nContent-Type: text/csv\nX-Empty:\nX-Latin: caf\u00E9'
    assertSuccess(await call({ url: `${SERVICE_URL}/a%20b/%C3%A9;x=1?q=1&q=2&r=%26#fragment`, headers }))
    const [request] = callsOf(world)
    assert.equal(request?.path, '/a%20b/%C3%A9;x=1?q=1&q=2&r=%26')
    assert.equal(request.headers.accept, 'application/json')
    assert.equal(request.headers['x-url'], 'https://a.example:8080/b?c=d')
    assert.equal(request.headers['content-type'], 'text/csv')
    assert.deepEqual([request.headers['x-empty'], request.headers['x-latin']], ['', 'caf\u00E9'])
    assert.equal(request.headers.cookie, undefined)
  })

  callScenario('A repeated call is the same call', { app: [503, 200] }, async ({ world, call }) => {
    assertSuccess(await call({ method: 'PUT', body: 'same', headers: 'X-Same: yes' }))
    const [first, second] = callsOf(world)
    assert.deepEqual(second?.headers, first?.headers)
    assert.equal(second?.body, 'same')
  })
})
