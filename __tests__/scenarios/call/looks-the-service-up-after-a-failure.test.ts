import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, FRONT_END, requestsTo } from '../call-given.ts'
import type { Inputs } from '../call-given.ts'
import {
  ACCOUNT,
  assertFailure,
  assertSuccess,
  assertWithin,
  givenFederation,
  givenService,
  listRequests,
  membersOf,
  scenario,
  SERVICE_HOST,
  SERVICE_URL
} from '../given.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { ServiceSettings } from '../../pretend-google/services/services.ts'

const API = 'run.googleapis.com'
const MEMBER = `serviceAccount:${ACCOUNT}`
const NEW = 'hello-00042-new'
const OLD = 'hello-00041-old'
const NEWEST = { latestCreatedRevision: NEW, latestReadyRevision: NEW }

const revision = (name: string, percent: number, tag?: string): object => ({
  type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION',
  revision: name,
  percent,
  ...(tag === undefined ? {} : { tag })
})

/** An answer that is final at once: a POST is not repeated. */
const MISSED: Inputs = { method: 'POST', expect_status: '204' }

/** What the Admin API says, the inputs, the code that stays, and the fact in the annotation. */
const FACTS: [string, Partial<ServiceSettings>, Inputs, string, RegExp][] = [
  [
    'Traffic is pinned to an old revision',
    { admin: { ...NEWEST, traffic: [revision(OLD, 100)], trafficStatuses: [revision(OLD, 100)] } },
    MISSED,
    'EXPECTATION_FAILED',
    /pinned to hello-00041-old; the newest revision hello-00042-new gets none/
  ],
  [
    'A rollout is not finished',
    { admin: { ...NEWEST, reconciling: true } },
    MISSED,
    'EXPECTATION_FAILED',
    /not finished/
  ],
  [
    'A generation is not observed yet',
    { admin: { ...NEWEST, generation: '8', observedGeneration: '7' } },
    MISSED,
    'EXPECTATION_FAILED',
    /not finished/
  ],
  [
    'The newest revision is not ready',
    {
      admin: {
        latestCreatedRevision: NEW,
        latestReadyRevision: OLD,
        terminalCondition: { state: 'CONDITION_FAILED', message: 'The user-provided container failed to start.' }
      }
    },
    MISSED,
    'EXPECTATION_FAILED',
    /hello-00042-new of hello is not ready: The user-provided container failed to start\./
  ],
  [
    'Traffic is split',
    { admin: { ...NEWEST, trafficStatuses: [revision(NEW, 90), revision(OLD, 10)] } },
    MISSED,
    'EXPECTATION_FAILED',
    /split: hello-00042-new 90%, hello-00041-old 10%/
  ],
  ['Everything is as it should be', {}, MISSED, 'EXPECTATION_FAILED', /No old revision answers/],
  [
    'There is no such tag',
    { tags: ['green'] },
    { tag: 'blue' },
    'NOT_REACHED',
    /hello has no traffic tag blue; its tags are green/
  ],
  [
    'The ingress is closed',
    { ingress: 'internal' },
    {},
    'NOT_REACHED',
    /The ingress of hello admits internal traffic only\./
  ],
  [
    'The default URL is disabled',
    { defaultUriDisabled: true },
    {},
    'NOT_REACHED',
    /default run\.app URL of hello is disabled/
  ],
  [
    'The audience is another one',
    { customAudiences: ['https://hello.example'] },
    { audience: 'https://elsewhere.example' },
    'TOKEN_REJECTED',
    /accepts the audiences https:\/\/hello\.example, .* the token is for https:\/\/elsewhere\.example/
  ],
  [
    'The invoker check is off',
    { invokerIamDisabled: true },
    { assert_private: 'true' },
    'NOT_PRIVATE',
    /invoker IAM check of hello is disabled/
  ],
  [
    'The public may invoke the service',
    { invokers: [MEMBER, 'allUsers'] },
    { assert_private: 'true' },
    'NOT_PRIVATE',
    /allUsers has roles\/run\.invoker/
  ],
  [
    'The service is not available, because no revision started',
    {
      app: [500],
      admin: {
        latestCreatedRevision: NEW,
        terminalCondition: { state: 'CONDITION_FAILED', message: 'Quota exceeded.' }
      }
    },
    { method: 'POST' },
    'SERVICE_UNAVAILABLE',
    /hello-00042-new of hello is not ready: Quota exceeded\./
  ]
]

function allowLookUp(world: PretendGoogle): void {
  world.grant(MEMBER, 'roles/run.viewer', SERVICE_HOST)
}

describe('The service is looked up after a failure', { concurrency: 8 }, () => {
  for (const [title, settings, inputs, code, fact] of FACTS) {
    callScenario(title, settings, async ({ world, call }) => {
      allowLookUp(world)
      const run = await call({ deadline: '30s', ...inputs })
      assertFailure(run, code)
      assert.match(run.annotations[0]?.message ?? '', fact)
      assert.equal(requestsTo(world, API).length, 1)
    })
  }

  callScenario(
    'A service that does not exist is named',
    { host: 'other-123456789012.europe-west1.run.app' },
    async (stage) => {
      stage.world.grant(MEMBER, 'roles/run.viewer', 'projects/123456789012')
      const run = await stage.call({ deadline: '30s' })
      assertFailure(run, 'NOT_REACHED', 'Project 123456789012 has no service hello in europe-west1')
    }
  )

  callScenario('Without the right to look, one line names the role and the identity', {}, async ({ world, call }) => {
    const run = await call(MISSED)
    assertFailure(run, 'EXPECTATION_FAILED', `grant roles/run.viewer on it to ${MEMBER}`)
    assert.equal(requestsTo(world, API).length, 1)
  })

  for (const fault of [
    'reset',
    { status: 200, body: '<html>' },
    { status: 200, body: '{"name":1}' },
    { status: 503 },
    { status: 302 }
  ] as const) {
    callScenario(
      `Whatever the look-up answers, the failure stays: ${JSON.stringify(fault)}`,
      {},
      async ({ world, call }) => {
        world.fail(API, fault)
        allowLookUp(world)
        const run = await call(MISSED)
        assertFailure(run, 'EXPECTATION_FAILED', 'grant roles/run.viewer')
        assert.equal(requestsTo(world, API).length, 1)
      }
    )
  }

  callScenario('A look-up that hangs ends with the deadline', {}, async ({ world, call }) => {
    world.fail(API, 'silence')
    const inputs = { ...MISSED, deadline: '5s' } as const
    const run = await call(inputs)
    assertFailure(run, 'EXPECTATION_FAILED', 'grant roles/run.viewer')
    assertWithin(run, inputs)
  })

  callScenario(
    'Repeating the call leaves time for the look-up',
    { app: [{ body: 'old' }] },
    async ({ world, call }) => {
      allowLookUp(world)
      const run = await call({ expect_body: 'new', deadline: '8s' })
      assertFailure(run, 'EXPECTATION_FAILED', 'No old revision answers')
      assert.equal(requestsTo(world, API).length, 1)
    }
  )

  const message = 'x\r\n::set-output name=a::b ##[error]y </code><img src=x> @everyone'
  callScenario(
    'A hostile message is inert in log and summary',
    { admin: { latestCreatedRevision: NEW, terminalCondition: { state: 'CONDITION_FAILED', message } } },
    async ({ world, call }) => {
      allowLookUp(world)
      const run = await call(MISSED)
      assertFailure(run, 'EXPECTATION_FAILED', 'is not ready: x ::set-output')
      // A code span shows everything as it is written.
      assert.doesNotMatch(run.summary.replaceAll(/`[^`]*`/g, ''), /<img|@everyone/)
    }
  )

  callScenario('A success asks nothing', {}, async ({ world, call }) => {
    assertSuccess(await call())
    assert.equal(requestsTo(world, API).length, 0)
  })

  callScenario('A failure that explains itself asks nothing', { invokers: [] }, async ({ world, call }) => {
    assertFailure(await call({ iam_wait: '0' }), 'INVOKER_MISSING')
    assert.equal(requestsTo(world, API).length, 0)
  })

  callScenario(
    'A refusal that comes and goes asks nothing',
    { app: [FRONT_END[404], 200] },
    async ({ world, call }) => {
      assertSuccess(await call())
      assert.equal(requestsTo(world, API).length, 0)
    }
  )

  callScenario(
    'A URL that does not tell the project asks nothing',
    { host: 'hello-ab12cd34ef-ew.a.run.app' },
    async ({ world, call }) => {
      assertFailure(await call({ ...MISSED, url: 'https://hello-ab12cd34ef-ew.a.run.app' }), 'EXPECTATION_FAILED')
      assert.equal(requestsTo(world, API).length, 0)
    }
  )
})

scenario('A federated identity looks up with the token that it has', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const { repository } = membersOf(federation.inputs['workload_identity_provider'] ?? '')
  world.grant(repository, 'roles/run.viewer', SERVICE_HOST)
  givenService(world)
  const result = await run(federation, { inputs: { url: SERVICE_URL, ...MISSED } })
  assertFailure(result, 'EXPECTATION_FAILED', 'No old revision answers')
  const hosts = listRequests(world).map((request) => request.replace(/^\w+ ([^/]+).*$/, '$1'))
  assert.equal(hosts.filter((host) => host === 'sts.googleapis.com').length, 1)
  assert.equal(hosts.at(-1), API)
})

scenario('A run without a token asks nothing', async ({ world, run }) => {
  const federation = await givenFederation(world)
  world.fail('sts.googleapis.com', { status: 400, body: '{"error":"invalid_grant"}' })
  assertFailure(await run(federation, { inputs: { url: givenService(world) } }), 'FEDERATION_REJECTED')
  assert.ok(!listRequests(world).some((request) => request.includes(API)))
})
