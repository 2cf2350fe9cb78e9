import assert from 'node:assert/strict'
import process from 'node:process'
import { describe, snapshot, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { FailureCode } from '../../src/failure/failure.ts'
import type { ServiceSettings } from '../pretend-google/services/services.ts'
import { startPretendGoogle } from '../pretend-google/world.ts'
import type { PretendGoogle } from '../pretend-google/world.ts'
import type { RunOptions } from '../runner/run-action.ts'
import { runProxy } from '../runner/run-proxy.ts'
import {
  ACCOUNT,
  givenFederation,
  givenService,
  membersOf,
  OTHER_ACCOUNT,
  scenario,
  SERVICE_HOST,
  SERVICE_URL,
  SHORT
} from './given.ts'
import { asFile, asInput, externalAccount, FOR_SERVICE } from './token-documents.ts'

// What a person reads, whole: log and summary of a run, one for each code. Every other scenario runs with debug logging; these
// run without, and some show that debug logging adds to the log and changes nothing. After a change of words:
// node scripts/on-node-24.mjs --test --test-update-snapshots __tests__/scenarios/transcripts.test.ts
snapshot.setDefaultSnapshotSerializers([String])

/** Runs that pass every line of the log once: of identity, token, call, answer and failure. */
const IN_BOTH_MODES = [
  'a success',
  'IMPERSONATION_DENIED',
  'IAP_REJECTED',
  'EXPECTATION_FAILED',
  'INTERNAL',
  'an answer that quotes the token'
]

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'
const GATEWAY = 'gateway.octo-org.example'
const ABSENT = 'absent@octo-project.iam.gserviceaccount.com'

type Given = (world: PretendGoogle) => Promise<readonly RunOptions[]> | readonly RunOptions[]

/** The call of a service that answers like this. */
function called(settings: Partial<ServiceSettings>, inputs: Readonly<Record<string, string>> = {}): Given {
  return async (world) => {
    const url = world.addService({ host: SERVICE_HOST, invokers: [`serviceAccount:${ACCOUNT}`], ...settings })
    return [await givenFederation(world), { inputs: { url, ...inputs } }]
  }
}

/** A token for the service, after something was done to the world. */
function asked(change: (world: PretendGoogle, federation: Federation) => void, ...parts: readonly RunOptions[]): Given {
  return async (world) => {
    const federation = await givenFederation(world)
    change(world, federation)
    return [federation, FOR_SERVICE, ...parts]
  }
}

type Federation = Awaited<ReturnType<typeof givenFederation>>

const SUCCESSES: Readonly<Record<string, Given>> = {
  'a success': called({}, { assert_private: 'true' }),
  'a success at last': called(
    { app: [503, { body: '{"commit":"old"}' }, { body: '{"commit":"new"}' }] },
    { expect_json: "commit == 'new'" }
  ),
  'two tokens': async (world) => [
    await givenFederation(world),
    { inputs: { audience: 'https://a.example\nhttps://b.example' } }
  ]
}

/** One way, mostly the commonest, to each failure. */
const FAILED: Readonly<Record<Exclude<FailureCode, 'PROXY_FAILED'>, Given>> = {
  INPUT_INVALID: () => [{ inputs: { url: SERVICE_URL, method: 'FETCH', timeout: 'soon' } }],
  AUDIENCE_REQUIRED: () => [{ inputs: { url: 'https://shop.octo-org.example/x' } }],
  CREDENTIALS_NOT_FOUND: () => [FOR_SERVICE, { inputs: { service_account: ACCOUNT } }],
  CREDENTIALS_INVALID: () => [FOR_SERVICE, { inputs: { credentials_json: '{"type":"service_account"}' } }],
  CREDENTIALS_UNSUPPORTED: () => [FOR_SERVICE, { inputs: { credentials_json: '{"type":"gdch_service_account"}' } }],
  SERVICE_ACCOUNT_REQUIRED: async (world) => {
    const { inputs, env } = await givenFederation(world)
    return [FOR_SERVICE, { inputs: { ...inputs, service_account: '' }, env }]
  },
  OIDC_UNAVAILABLE: async (world) => [{ inputs: (await givenFederation(world)).inputs }, FOR_SERVICE],
  OIDC_FAILED: asked((world, { env }) => {
    world.fail(new URL(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '').hostname, {
      status: 400,
      body: `{"message":"Can't issue ID_TOKEN for job in 'Completed' state."}`
    })
  }),
  SUBJECT_TOKEN_UNAVAILABLE: (world) => [
    FOR_SERVICE,
    asFile(externalAccount(world.addPool(), { file: 'token-of-the-cluster' }, { impersonates: ACCOUNT }))
  ],
  FEDERATION_REJECTED: async (world) => {
    const { env, inputs } = await givenFederation(world)
    const provider = world.addPool({ provider: 'strict', attributeCondition: () => false })
    return [FOR_SERVICE, { env, inputs: { ...inputs, workload_identity_provider: provider } }]
  },
  IMPERSONATION_DENIED: asked(
    (world) => {
      world.addServiceAccount({ email: OTHER_ACCOUNT })
    },
    { inputs: { service_account: OTHER_ACCOUNT } }
  ),
  SERVICE_ACCOUNT_NOT_FOUND: asked(
    (world, { inputs }) => {
      const everybody = membersOf(String(inputs['workload_identity_provider'])).everybody
      world.grant(everybody, 'roles/iam.workloadIdentityUser', ABSENT)
    },
    { inputs: { service_account: ABSENT } }
  ),
  API_DISABLED: asked((world) => {
    world.disableApi('iamcredentials.googleapis.com', '123456789012')
  }),
  CREDENTIALS_EXPIRED: async (world) => {
    world.addServiceAccount({ email: ACCOUNT })
    const key = await world.addServiceAccountKey(ACCOUNT)
    world.fail('oauth2.googleapis.com', {
      status: 400,
      body: '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}'
    })
    return [FOR_SERVICE, asInput({ ...key, private_key_id: 'dff6999350ba0b4d6c4d0b8de4a3b5e1c7f8a9b0' })]
  },
  GOOGLE_UNAVAILABLE: asked(
    (world) => {
      world.fail('sts.googleapis.com', { status: 503, body: '{}' })
    },
    { inputs: SHORT }
  ),
  TOKEN_INVALID: (world) => {
    const scopes = ['https://www.googleapis.com/auth/cloud-platform']
    return [FOR_SERVICE, asInput(world.addUser({ email: 'jane@octo-org.example', scopes }))]
  },
  TOKEN_REJECTED: called({}, { audience: `${SERVICE_URL}/health` }),
  INVOKER_MISSING: called({ invokers: [] }, { iam_wait: '0' }),
  IAP_REJECTED: called({ iap: { clientId: CLIENT_ID, accessors: [] } }),
  NOT_REACHED: called({}, { tag: 'nosuchtag', ...SHORT }),
  GATEWAY_REJECTED: called(
    { host: GATEWAY, gateway: { audiences: ['my-api'] } },
    { audience: `https://${GATEWAY}`, assert_private: 'false' }
  ),
  REDIRECTED: called({ app: [{ status: 302, headers: { location: '/login' } }] }),
  SERVICE_UNAVAILABLE: called({ app: [{ status: 503, body: 'The database at 10.8.0.3 refuses connections.' }] }, SHORT),
  TIMED_OUT: called({ app: ['silence'] }, { timeout: '3s', method: 'POST', body: '{}' }),
  EXPECTATION_FAILED: called(
    { app: [{ body: '{"status":"ok"}' }] },
    { method: 'POST', body: '{}', expect_json: "status == 'up'\nstarts_with(status, 'o')" }
  ),
  NOT_PRIVATE: called({ invokers: ['allUsers'] }, { assert_private: 'true' }),
  INTERNAL: () => {
    // Only a defect could break this, and there is none to hand: something the bundle relies on is taken away.
    const files = { 'sabotage.mjs': 'URL.canParse = () => { throw new RangeError("words of the defect") }' }
    return [{ inputs: { url: SERVICE_URL }, files, env: { NODE_OPTIONS: '--import=./sabotage.mjs' } }]
  }
}

const MORE_FAILURES: Readonly<Record<string, Given>> = {
  'a path that Google keeps': called({}, { url: `${SERVICE_URL}/healthz`, ...SHORT }),
  'an answer that quotes the token': called({
    invokers: ['allUsers'],
    app: ({ headers }) => ({ status: 400, body: `What is "${String(headers.authorization)}"?` })
  })
}

describe('What is read of', { concurrency: 16 }, () => {
  for (const [what, given] of Object.entries({ ...SUCCESSES, ...FAILED, ...MORE_FAILURES })) {
    scenario(what, async ({ test, world, run }) => {
      const parts = await given(world)
      const { log, summary, outputs } = await run(...parts, { debug: false })
      if (what in FAILED) assert.equal(outputs['failure_code'], what, log)
      test.assert.snapshot(`${steady(log)}\n----- summary -----\n${steady(summary)}`)
      if (!IN_BOTH_MODES.includes(what)) return
      const debug = await run(...parts)
      assert.deepEqual([steady(debug.log), steady(debug.summary)], [steady(log), steady(summary)])
    })
  }

  test('PROXY_FAILED', async (context) => {
    await using world = await startPretendGoogle()
    const inputs = { url: givenService(world), ...(await givenFederation(world)).inputs }
    await using job = await runProxy({ inputs, env: { ...world.env(), ...(await world.githubOidcEnv()) } })
    process.kill(job.processId() ?? 0, 'SIGKILL')
    while (job.processId() !== undefined) await wait(10)
    const { log, summary } = await job.post()
    context.assert.snapshot(`${steady(log)}\n----- summary -----\n${steady(summary)}`)
  })
})

/** Without what differs from run to run. */
function steady(text: string): string {
  return (
    text
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n')
      .replaceAll(/^ {2}(axisFormat|tickInterval) .*$/gm, '  $1 …')
      // How often a 404 or 503 is asked again before a deadline is decided by chance: the first attempt stands for all.
      .replaceAll(/^(Attempt (?!1:)\d+:.* (404 Not Found of Google|503).*| {2}. (?!1 –)\d+ – (404|503).*)\n/gmu, '')
      .replaceAll(/(404 Not Found of Google's front end, in .*; ).*/g, '$1…')
      .replaceAll(/^.*; trying again in .*\n/gm, '')
      .replaceAll(/,? after \d+ attempts/g, '')
      .replaceAll(/(<th align="left">Attempts<\/th><td>)\d+(, in [^<]*)?/g, '$1N')
      .replaceAll(/Listening on port \d+/g, 'Listening on port N')
      .replaceAll(/\/\S+\/runner-\w+(?=\/)/g, 'RUNNER')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)?/g, 'TIME')
      .replaceAll(/\b\d+(\.\d s| ms)\b/g, 'N ms')
      .replaceAll(/\b\d+(ms| s)\b/g, 'N$1')
      .replaceAll(/("(?:exp|iat|nbf|sub|azp)": )"?\d+"?/g, '$1N')
      .replaceAll(/"(jti|sub|azp)": "[^"]*"/g, '"$1": "…"')
  )
}
