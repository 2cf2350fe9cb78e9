// Runs the whole bundle in the pretend Google with random faults, answers and inputs, and says which runs did not end as every run
// has to: `npm run fuzz -- --runs 1000 --minutes 30 --seed 1`. A run that failed is repeated by `--seed SEED --runs 1`.
import assert from 'node:assert/strict'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { FAILURES } from '../src/failure/failure.ts'
import { FAULTS } from '../__tests__/pretend-google/transport/faults.ts'
import type { Fault } from '../__tests__/pretend-google/transport/faults.ts'
import { startPretendGoogle } from '../__tests__/pretend-google/world.ts'
import type { PretendGoogle } from '../__tests__/pretend-google/world.ts'
import { runAction } from '../__tests__/runner/run-action.ts'
import type { ActionRun, RunOptions } from '../__tests__/runner/run-action.ts'
import { assertNoSecretLeaks } from '../__tests__/runner/secrets.ts'
import {
  ACCOUNT,
  assertFailure,
  assertSuccess,
  givenFederation,
  mergeParts,
  SERVICE_HOST,
  SERVICE_URL
} from '../__tests__/scenarios/given.ts'
import { asFile, asInput, externalAccount, givenExternalIdentity } from '../__tests__/scenarios/token-documents.ts'

const DEADLINE_MS = 4_000
/** The bound that the threat model states. */
const GRACE_MS = 2_000

interface Chance {
  /** In [0, 1). */
  readonly next: () => number
  readonly below: (limit: number) => number
  readonly pick: <T>(choices: readonly T[]) => T
}

/** A linear congruential generator (Numerical Recipes): the same seed, the same run. */
function createChance(seed: number): Chance {
  // Seeds that follow each other shall not begin alike.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { next, below, pick: (choices) => choices[below(choices.length)] ?? (choices[0] as (typeof choices)[number]) }
}

const TEXTS = [
  '',
  ' ',
  '0',
  'true',
  '{}',
  '[]',
  '{"status":"ok"}',
  'x\r\n::error::y\u202e##[error]\u001b[31m',
  '<'.repeat(5_000),
  '{"a":'.repeat(500),
  'https://example.com/?a=b#c',
  'a@b.iam.gserviceaccount.com',
  '../../etc/passwd',
  '\u0000',
  '\ud800',
  '9007199254740993',
  'toString',
  "'; $(id) `id`",
  '%zz',
  '5s'
]

function anAnswer({ below, pick }: Chance): Fault {
  const headers = pick([
    {},
    { 'content-type': 'application/json' },
    { 'content-type': 'text/html; charset=UTF-8' },
    { location: pick(TEXTS.filter((text) => /^[\x20-\x7e]*$/.test(text))) },
    { 'www-authenticate': 'Bearer error="invalid_token"' },
    { 'retry-after': pick(['0', '1', '99999', 'soon']) },
    { 'content-encoding': pick(['gzip', 'br', 'x', 'deflate']) },
    { 'set-cookie': ['a=1', 'b=2'] }
  ])
  const error = JSON.stringify({
    error: { code: 403, message: pick(TEXTS), status: 'PERMISSION_DENIED', details: [{}] }
  })
  const oauth = JSON.stringify({ error: pick(['invalid_grant', '', 'x']), error_description: pick(TEXTS) })
  const body = pick([pick(TEXTS), error, oauth, JSON.stringify({ token: pick(TEXTS), access_token: pick(TEXTS) })])
  return {
    status: pick([200, 201, 204, 301, 307, 400, 401, 403, 404, 408, 418, 429, 500, 503, 200 + below(400)]),
    headers,
    body
  }
}

function aFault(chance: Chance): Fault {
  const { pick, next } = chance
  if (next() < 0.5) return FAULTS[pick(Object.keys(FAULTS) as (keyof typeof FAULTS)[])]
  return next() < 0.1 ? { unasked: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n' } : anAnswer(chance)
}

async function aCredential(world: PretendGoogle, { pick }: Chance): Promise<RunOptions> {
  const kind = pick(['federation', 'key', 'person', 'machine', 'file', 'program', 'nothing', 'nonsense'])
  if (kind !== 'federation' && kind !== 'file') world.addServiceAccount({ email: ACCOUNT })
  switch (kind) {
    case 'federation':
      return await givenFederation(world)
    case 'key':
      return asInput(await world.addServiceAccountKey(ACCOUNT))
    case 'person':
      return asFile(world.addUser({ email: 'jane@octo-org.example' }))
    case 'machine':
      world.metadataServer.enable({ email: ACCOUNT, kind: pick(['gce', 'gke']) })
      return { env: world.env() }
    case 'file': {
      const { provider, subjectToken } = await givenExternalIdentity(world)
      const content = pick([
        subjectToken,
        `\uFEFF${subjectToken}\n`,
        ...TEXTS.filter((text) => !text.includes('\ud800'))
      ])
      return {
        ...asInput(externalAccount(provider, { file: 'token' }, { impersonates: ACCOUNT })),
        files: { token: content }
      }
    }
    case 'program': {
      const source = { executable: { command: pick(['', '""', 'node', './token/x', 'x\u0000', 'node -e 1']) } }
      const env = { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' }
      return { ...asInput(externalAccount('projects/1/x', source, { impersonates: ACCOUNT })), env }
    }
    case 'nothing':
      return {}
    default:
      return { inputs: { credentials_json: pick(TEXTS).replaceAll('\u0000', '') } }
  }
}

function someInputs({ next, pick }: Chance): Record<string, string> {
  const inputs: Record<string, readonly string[]> = {
    method: ['GET', 'HEAD', 'POST', 'OPTIONS', 'G E T'],
    token: ['iap_jwt', 'id_token', 'jwt'],
    token_header: ['Proxy-Authorization', 'X-Serverless-Authorization', 'Cookie'],
    expect_status: ['2xx', '403', '200-599', 'x'],
    expect_body: ['ok', '(a+)+$', '['],
    expect_json: ["status == 'ok'", 'toString', 'length(@) > `0`', '||'],
    expect_headers: ['Content-Type: json', 'x'],
    headers: ['X-Test: 1', 'Authorization: x', ': x'],
    body: TEXTS.filter((text) => !text.includes('\u0000')),
    tag: ['green', 'x---y'],
    audience: ['https://shop.example', 'https://a\nhttps://b'],
    service_account: [ACCOUNT, 'x', 'a\ud800@b'],
    delegates: [ACCOUNT, '\ud800'],
    universe: ['googleapis.com', '1.2.3.4', 'a.123', 'foo.0x1', '0.0', 'x y'],
    assert_private: ['true', 'false', 'maybe'],
    iam_wait: ['0s', '1s', '-1'],
    export_env: ['TOKEN', '1x'],
    summary: ['true', 'false']
  }
  const chosen = Object.entries(inputs).filter(() => next() < 0.05)
  return Object.fromEntries(chosen.map(([name, values]) => [name, pick(values).replaceAll('\u0000', '')]))
}

const HOSTS = [
  /token\.actions|actions\.githubusercontent/,
  'sts.googleapis.com',
  'iamcredentials.googleapis.com',
  'oauth2.googleapis.com',
  'run.googleapis.com',
  /^metadata/,
  SERVICE_HOST,
  /.*/
]

async function play(seed: number): Promise<ActionRun> {
  const chance = createChance(seed)
  await using world = await startPretendGoogle()
  const credential = await aCredential(world, chance)
  const app = Array.from({ length: 1 + chance.below(3) }, () =>
    chance.pick([200, 404, 500, { body: chance.pick(TEXTS) }])
  )
  const invokers = chance.pick([['allUsers'], [`serviceAccount:${ACCOUNT}`], []])
  world.addService({ host: SERVICE_HOST, invokers, app })
  for (let faults = chance.below(3); faults > 0; faults -= 1) {
    world.fail(chance.pick(HOSTS), aFault(chance), chance.next() < 0.5 ? { times: 1 } : {})
  }
  const limits = { timeout: '1500ms', deadline: `${DEADLINE_MS}ms` }
  const url = chance.next() < 0.97 ? SERVICE_URL : chance.pick(TEXTS).replaceAll('\u0000', '')
  const merged = mergeParts([
    { debug: true, env: world.env(), inputs: { url, iam_wait: '1s', ...limits } },
    credential,
    { inputs: someInputs(chance), timeoutMs: 30_000 }
  ])
  const run = await runAction(merged)
  assertEnd(run)
  // What was in the action's hands depends on what arrived; that nothing is shown does not.
  // Nor is it known which of the texts was given in the place of a token, and masked as one, or what was signed and never sent.
  const masks = run.masks.filter((mask) => !TEXTS.some((text) => text.trim() === mask) && !isSigned(mask, run.masks))
  assertNoSecretLeaks({ ...run, masks }, { ...world, requests: [] }, { exportEnv: merged.inputs?.['export_env'] ?? '' })
  assert.deepEqual(run.filesLeft, [], 'files left')
  return run
}

/** Whether a mask is a JWT, or the signature of one. */
function isSigned(mask: string, masks: readonly string[]): boolean {
  return mask.startsWith('eyJ') || masks.some((other) => other.startsWith('eyJ') && other.endsWith(`.${mask}`))
}

/** One verdict, by a known code, in time. */
function assertEnd(run: ActionRun): void {
  const code = run.outputs['failure_code'] ?? 'none'
  if (run.exitCode === 0) assertSuccess(run)
  else {
    assert.ok(code in FAILURES && code !== 'INTERNAL', `code ${code}\n${run.log}`)
    assertFailure(run, code)
  }
  assert.ok(run.durationMs <= DEADLINE_MS + GRACE_MS, `took ${run.durationMs} ms\n${run.log}`)
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' }
  }
})
const [runs, minutes, first] = [values.runs, values.minutes, values.seed].map(Number) as [number, number, number]
const endsAt = Date.now() + minutes * 60_000
const codes = new Map<string, number>()
let done = 0
let failed = 0
for (; done < runs && Date.now() < endsAt; done += 1) {
  const seed = first + done
  try {
    const code = (await play(seed)).outputs['failure_code'] ?? ''
    codes.set(code, (codes.get(code) ?? 0) + 1)
  } catch (error) {
    failed += 1
    console.error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
for (const [code, count] of [...codes].sort()) console.log(`${count} ${code === '' ? 'success' : code}`)
console.log(`${done} runs, ${failed} of them not as every run has to end`)
if (failed > 0) process.exitCode = 1
