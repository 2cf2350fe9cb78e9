import assert from 'node:assert/strict'
import { snapshot } from 'node:test'
import type { App } from '../pretend-google/services/app.ts'
import type { PretendGoogle } from '../pretend-google/world.ts'
import type { RunOptions } from '../runner/run-action.ts'
import { givenFederation, givenService, OTHER_ACCOUNT, scenario, SERVICE_HOST, SERVICE_URL, SHORT } from './given.ts'

// What a person reads, whole: log and summary of a run. Every other scenario runs with debug logging alone; these run without
// as well, and show that debug logging adds to the log and changes nothing. After a change of words:
// node scripts/on-node-24.mjs --test --test-update-snapshots __tests__/scenarios/transcripts.test.ts
snapshot.setDefaultSnapshotSerializers([String])

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'

type Given = (world: PretendGoogle) => Promise<readonly RunOptions[]> | readonly RunOptions[]

const GIVEN: Readonly<Record<string, Given>> = {
  'a success': async (world) => [await givenFederation(world), { inputs: { url: givenService(world) } }],
  'a missing permission': async (world) => {
    const { inputs } = await givenFederation(world)
    return [{ inputs: { ...inputs, audience: SERVICE_URL } }]
  },
  'an attribute condition': async (world) => {
    const { env, inputs } = await givenFederation(world)
    const provider = world.addPool({ provider: 'strict', attributeCondition: () => false })
    return [{ env, inputs: { ...inputs, workload_identity_provider: provider, audience: SERVICE_URL } }]
  },
  'a missing grant': async (world) => {
    world.addServiceAccount({ email: OTHER_ACCOUNT })
    return [await givenFederation(world), { inputs: { audience: SERVICE_URL, service_account: OTHER_ACCOUNT } }]
  },
  'a wrong audience': async (world) => [
    await givenFederation(world),
    { inputs: { url: givenService(world), audience: `${SERVICE_URL}/health` } }
  ],
  'an identity that is no invoker': async (world) => {
    world.addService({ host: SERVICE_HOST, invokers: [] })
    return [await givenFederation(world), { inputs: { url: SERVICE_URL, iam_wait: '0' } }]
  },
  'a path that Google keeps': async (world) => {
    // The wait fits once before the deadline, so that there are two attempts.
    world.fail(SERVICE_HOST, { headers: { 'content-type': 'text/html; charset=UTF-8', 'retry-after': '60' } })
    return [await givenFederation(world), { inputs: { url: `${givenService(world)}/healthz`, ...SHORT } }]
  },
  'Identity-Aware Proxy': async (world) => {
    world.addService({ host: SERVICE_HOST, iap: { clientId: CLIENT_ID, accessors: [] } })
    return [await givenFederation(world), { inputs: { url: SERVICE_URL } }]
  },
  'a missed expectation': async (world) => {
    world.addService({ host: SERVICE_HOST, invokers: ['allUsers'], app: [{ body: '{"status":"ok"}' }] })
    const inputs = { url: SERVICE_URL, method: 'POST', body: '{}', expect_json: 'status == ok' }
    return [await givenFederation(world), { inputs }]
  },
  'a service that is open': async (world) => {
    world.addService({ host: SERVICE_HOST, invokers: ['allUsers'] })
    return [await givenFederation(world), { inputs: { url: SERVICE_URL, assert_private: 'true' } }]
  },
  'an answer that quotes the token': async (world) => {
    const app: App = ({ headers }) => ({ status: 400, body: `What is "${String(headers.authorization)}"?` })
    world.addService({ host: SERVICE_HOST, invokers: ['allUsers'], app })
    return [await givenFederation(world), { inputs: { url: SERVICE_URL } }]
  },
  'a defect of the action': () => {
    const files = { 'sabotage.mjs': 'URL.canParse = () => { throw new RangeError("words of the defect") }' }
    return [{ inputs: { url: SERVICE_URL }, files, env: { NODE_OPTIONS: '--import=./sabotage.mjs' } }]
  }
}

for (const [what, given] of Object.entries(GIVEN)) {
  scenario(`What is read of ${what}`, async ({ test, world, run }) => {
    const parts = await given(world)
    const { log, summary } = await run(...parts, { debug: false })
    test.assert.snapshot(`${steady(log)}\n----- summary -----\n${steady(summary)}`)
    const debug = await run(...parts)
    assert.deepEqual([steady(debug.log), steady(debug.summary)], [steady(log), steady(summary)])
  })
}

/** Without what differs from run to run. */
function steady(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('::add-mask::'))
    .join('\n')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)?/g, 'TIME')
    .replaceAll(/\b\d+(\.\d+)?( ms|ms| s)\b/g, 'N$2')
    .replaceAll(/("(?:exp|iat|nbf|sub|azp)": )"?\d+"?/g, '$1N')
    .replaceAll(/"(jti|sub|azp)": "[^"]*"/g, '"$1": "…"')
}
