import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { send } from '../pretend-google/client.ts'
import { startPretendGoogle } from '../pretend-google/world.ts'
import type { PretendGoogle } from '../pretend-google/world.ts'
import type { ActionRun } from './run-action.ts'
import { assertNoSecretLeaks } from './secrets.ts'

describe('assertNoSecretLeaks', () => {
  let world: PretendGoogle
  let token = ''
  let signature = ''
  let keyLine = ''

  before(async () => {
    world = await startPretendGoogle()
    token = await world.issueIdToken({ aud: 'https://example.com' })
    signature = token.split('.')[2] ?? ''
    world.addServiceAccount({ email: 'a@p.iam.gserviceaccount.com' })
    const key = await world.addServiceAccountKey('a@p.iam.gserviceaccount.com')
    keyLine = key['private_key']?.split('\n')[1] ?? ''
    // The action sees the token in the answer of this application.
    await send(world, await world.addLoopbackApp([{ body: token }]))
    await world.close()
  })

  /** A run in which everything is as it should be, but for `parts`. */
  const run = (parts: Partial<ActionRun> = {}): ActionRun => ({
    ...{
      given: [],
      exitCode: 0,
      log: '',
      debugLog: '',
      rawStdout: '',
      rawStderr: '',
      lines: [],
      commands: [],
      annotations: []
    },
    ...{ outputs: {}, environment: {}, state: {}, paths: [], summary: '', filesLeft: [], contentsLeft: {} },
    ...{ startedAt: Date.now() - 5000, durationMs: 10_000, maxRssBytes: undefined, masks: [token, signature] },
    ...parts
  })
  const check = (parts: Partial<ActionRun>, options = {}): void => {
    assertNoSecretLeaks(run(parts), world, options)
  }

  it('accepts ID tokens where they belong', () => {
    check(
      {
        outputs: { id_token: token, id_tokens: JSON.stringify({ a: token }) },
        environment: { TOKEN: token },
        lines: [{ stream: 'stdout', text: `::add-mask::${token}` }],
        debugLog: `::add-mask::***\n${token.split('.')[1] ?? ''}`
      },
      { exportEnv: 'TOKEN' }
    )
  })

  it('finds a secret, or a piece of one, in any other place', () => {
    const piece = signature.slice(100, 124)
    const leaks: readonly Partial<ActionRun>[] = [
      { debugLog: `.. ${piece} ..` },
      { lines: [{ stream: 'stderr', text: token }] },
      { annotations: [{ level: 'error', message: piece }] },
      { summary: token },
      { summary: piece.toUpperCase() },
      { debugLog: Array.from(piece).join(' ') },
      { environment: { TOKEN: token } },
      { state: { token } },
      { paths: [piece] },
      { outputs: { body: token } },
      ...['', 'x', 'xy'].map((before) => ({ summary: Buffer.from(`${before}${piece}`).toString('base64') })),
      { outputs: { body: Buffer.from(piece).toString('hex') } },
      { contentsLeft: { 'temp/cache': piece } }
    ]
    for (const leak of leaks) {
      assert.throws(() => {
        check(leak)
      }, /shows a piece of a secret \(ID token\)/)
    }
  })

  it('finds what a document has for an identity provider, and misses its mask', async () => {
    const [vault, password, query, argument] = ['vault', 'password', 'query', 'argument'].map(
      (name) => `${name}-secret-of-octo`
    )
    const Authorization = `Basic ${Buffer.from(`octocat:${password}`).toString('base64')}`
    const headers = { 'X-Vault-Token': vault, Authorization, Accept: 'application/json; of some length' }
    const url = `https://idp.example/?sig=${query}&audience=of-some-length`
    const executable = { command: `log-in --mode of-some-length --token=${argument}` }
    const document = JSON.stringify({ source_credentials: { credential_source: { url, headers, executable } } })
    const asked = await startPretendGoogle()
    await send(asked, await asked.addLoopbackApp([{}]))
    await asked.close()
    for (const given of [[document], [Buffer.from(document).toString('base64')]]) {
      const masks = [vault, password, query, argument].map(String)
      const found = run({ given, masks })
      assertNoSecretLeaks(found, asked)
      assertNoSecretLeaks({ ...found, summary: 'application/json; of some length, of-some-length' }, asked)
      for (const secret of masks) {
        assert.throws(() => {
          assertNoSecretLeaks({ ...found, summary: secret }, asked)
        }, /The summary shows a piece/)
        assert.throws(() => {
          assertNoSecretLeaks({ ...found, masks: masks.filter((mask) => mask !== secret) }, asked)
        }, /was not masked/)
      }
    }
  })

  it('misses a mask for the token, its signature, or a key that was given', () => {
    for (const masks of [[token], [signature], []]) {
      assert.throws(() => {
        check({ masks })
      }, /was not masked/)
    }
    const given = [Buffer.from(JSON.stringify({ private_key: keyLine })).toString('base64')]
    assert.throws(() => {
      check({ given })
    }, /A secret \(private key\) was not masked/)
  })

  it('does not mind a token that came side by side with the refusal that ended the run', async () => {
    const late = await world.issueIdToken({ aud: 'https://late.example' })
    const answered = world.requests.at(-1)
    assert.ok(answered !== undefined)
    const sideBySide = { ...answered, answer: { body: late }, at: answered.at + 1, answeredAt: answered.at + 3 }
    const requests = [...world.requests, sideBySide, { ...sideBySide, answer: {}, answeredStatus: 403 }]
    assertNoSecretLeaks(run({ exitCode: 1 }), { ...world, requests })
    assert.throws(() => {
      assertNoSecretLeaks(run(), { ...world, requests })
    }, /A secret \(ID token\) was not masked/)
  })

  it('objects to masks on what is no secret', () => {
    for (const mask of [
      'https://example.com',
      'a@p.iam.gserviceaccount.com',
      '-----BEGIN PRIVATE KEY-----',
      signature.slice(0, 5)
    ]) {
      assert.throws(() => {
        check({ masks: [token, signature, mask] })
      }, /What is not secret was masked/)
    }
  })
})
