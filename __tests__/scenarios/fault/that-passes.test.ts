import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import type { Fault, FaultName } from '../../pretend-google/transport/faults.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertSuccess,
  BRIEF,
  givenFederation,
  givenService,
  listRequests,
  scenario,
  SERVICE_HOST,
  SERVICE_URL,
  SHORT
} from '../given.ts'
import { asInput } from '../token-documents.ts'

async function givenKey(world: PretendGoogle): Promise<RunOptions> {
  world.addServiceAccount({ email: ACCOUNT })
  return asInput(await world.addServiceAccountKey(ACCOUNT))
}

function givenMachine(world: PretendGoogle): RunOptions {
  world.addServiceAccount({ email: ACCOUNT })
  world.metadataServer.enable({ email: ACCOUNT })
  return { env: world.env() }
}

interface Host {
  readonly host: string
  readonly path?: RegExp
  readonly given: (world: PretendGoogle) => RunOptions | Promise<RunOptions>
  /** All requests of a run where nothing fails, and which of them comes twice. */
  readonly requests: readonly string[]
  readonly repeated: number
}

const FEDERATED = [ASKED.github, ASKED.sts, ASKED.idToken(), ASKED.service]
const MACHINE = [ASKED.detection, ASKED.machineIdToken, ASKED.service]
const HOSTS: readonly Host[] = [
  { host: GITHUB_OIDC_HOST, given: givenFederation, requests: FEDERATED, repeated: 0 },
  { host: 'sts.googleapis.com', given: givenFederation, requests: FEDERATED, repeated: 1 },
  { host: 'iamcredentials.googleapis.com', given: givenFederation, requests: FEDERATED, repeated: 2 },
  { host: SERVICE_HOST, given: givenFederation, requests: FEDERATED, repeated: 3 },
  { host: 'oauth2.googleapis.com', given: givenKey, requests: [ASKED.oauth, ASKED.service], repeated: 0 },
  { host: 'metadata.google.internal', path: /identity/, given: givenMachine, requests: MACHINE, repeated: 1 }
]

const FAULTS: Readonly<Record<string, FaultName | Fault>> = {
  'a reset': 'reset',
  silence: 'silence',
  'an answer that is cut': 'cut',
  'a 500': 'server error',
  'a 503': 'service unavailable',
  'a 408': { status: 408 },
  'a 429 with Retry-After': 'too many requests'
}

describe('What passes is tried again', { concurrency: 12 }, () => {
  for (const { host, path, given, requests, repeated } of HOSTS) {
    for (const [name, fault] of Object.entries(FAULTS)) {
      scenario(`${host} is asked again after ${name}`, async ({ world, run }) => {
        const url = givenService(world)
        world.fail(host, fault, { times: 1, ...(path === undefined ? {} : { path }) })
        const result = await run(await given(world), {
          inputs: { url, ...(name === 'silence' ? BRIEF : {}) }
        })
        assertSuccess(result)
        assert.deepEqual(listRequests(world), [...requests.slice(0, repeated + 1), ...requests.slice(repeated)])
        const [first, second] = world.requests.slice(repeated)
        const pause = (second?.at ?? 0) - (first?.at ?? 0)
        if (name.includes('Retry-After')) assert.ok(pause >= 990, `asked again after ${pause} ms`)
      })
    }
  }
})

describe('What does not pass ends the run', { concurrency: 8 }, () => {
  scenario('A Retry-After beyond the deadline ends the run at once', async ({ world, run }) => {
    world.fail('sts.googleapis.com', { status: 429, headers: { 'retry-after': '3600' }, body: 'Quota exceeded.' })
    const result = await run(await givenFederation(world), { inputs: { audience: SERVICE_URL } })
    assertFailure(result, 'GOOGLE_UNAVAILABLE', '429')
    assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts])
  })

  scenario('A refusal is never asked twice', async ({ world, run }) => {
    world.fail('sts.googleapis.com', { status: 400, body: '{"error":"invalid_request"}' })
    const result = await run(await givenFederation(world), { inputs: { audience: SERVICE_URL } })
    assertFailure(result, 'FEDERATION_REJECTED')
    assert.deepEqual(listRequests(world), [ASKED.github, ASKED.sts])
  })

  for (const host of [GITHUB_OIDC_HOST, 'sts.googleapis.com', 'iamcredentials.googleapis.com']) {
    scenario(`A redirect of ${host} is not followed`, async ({ world, run }) => {
      world.fail(host, { status: 302, headers: { location: `https://${SERVICE_HOST}/` } })
      givenService(world)
      const result = await run(await givenFederation(world), { inputs: { audience: SERVICE_URL } })
      assertFailure(result, host === GITHUB_OIDC_HOST ? 'OIDC_FAILED' : 'GOOGLE_UNAVAILABLE', '302')
      assert.ok(!world.requests.some((request) => request.host === SERVICE_HOST))
    })
  }

  scenario('The time that was left for a request is shown in whole milliseconds', async ({ world, run }) => {
    world.fail('sts.googleapis.com', 'silence')
    const result = await run(await givenFederation(world), { inputs: { audience: SERVICE_URL, ...SHORT } })
    assertFailure(result, 'GOOGLE_UNAVAILABLE', /no complete answer in the \d+ ms/)
  })
})
