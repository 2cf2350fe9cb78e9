import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { ActionRun } from '../../runner/run-action.ts'
import { callScenario } from '../call-given.ts'
import { ACCOUNT, assertSuccess, givenFederation, scenario, SERVICE_HOST, SERVICE_URL, SHORT } from '../given.ts'
import { asInput, FOR_SERVICE } from '../token-documents.ts'

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'
const PERSON = 'jane@octo-org.example'
const COMPUTE = '123456789012-compute@developer.gserviceaccount.com'

function assertWarns(run: ActionRun, ...words: readonly string[]): void {
  const warnings = run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
  const found = warnings.filter((warning) => words.every((word) => warning.includes(word)))
  assert.equal(found.length, 1, `One warning should say ${words.join(' and ')}: ${warnings.join('\n')}\n${run.log}`)
}

describe('Warnings before the call', { concurrency: 4 }, () => {
  callScenario('A path that the front end keeps', {}, async ({ call }) => {
    assertWarns(await call({ url: `${SERVICE_URL}/healthz`, ...SHORT }), 'keeps the path /healthz', '/health.')
  })

  callScenario('A path that the front end may keep', {}, async ({ call }) => {
    const run = await call({ url: `${SERVICE_URL}/readyz` })
    assertSuccess(run)
    assertWarns(run, 'may keep the path /readyz')
  })

  callScenario('An audience with a path', {}, async ({ call }) => {
    assertWarns(
      await call({ audience: `${SERVICE_URL}/x` }),
      `${SERVICE_URL}/x has a path`,
      `set audience to ${SERVICE_URL},`
    )
  })

  callScenario('An audience with a trailing slash', {}, async ({ call }) => {
    const run = await call({ audience: `${SERVICE_URL}/` })
    assertSuccess(run)
    assertWarns(run, 'a trailing slash')
  })

  const tagged = `https://green---${SERVICE_HOST}`
  callScenario("A tag's audience", { tags: ['green'] }, async ({ call }) => {
    assertWarns(await call({ url: tagged, audience: tagged }), `${tagged} has a tag`, `set audience to ${SERVICE_URL},`)
  })

  callScenario('An audience that is a provider', {}, async ({ call }) => {
    const provider = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github'
    assertWarns(await call({ audience: provider }), provider, 'workload_identity_provider')
  })

  callScenario('An OAuth client id for a run.app service', {}, async ({ call }) => {
    assertWarns(await call({ audience: CLIENT_ID }), CLIENT_ID, SERVICE_HOST, 'Identity-Aware Proxy')
  })

  callScenario('A key where federation would do', {}, async ({ world, call }) => {
    const run = await call({}, { env: await world.githubOidcEnv() })
    assertSuccess(run)
    assertWarns(run, `service account key of ${ACCOUNT}`, 'workload_identity_provider')
  })

  callScenario('Nothing to warn of', {}, async ({ call }) => {
    const run = await call()
    assertSuccess(run)
    assert.deepEqual(run.annotations, [])
  })
})

scenario('Warning: a token of a person', async ({ world, run }) => {
  const result = await run(FOR_SERVICE, asInput(world.addUser({ email: PERSON })))
  assertSuccess(result)
  assertWarns(result, PERSON, 'set service_account')
})

scenario('Warning: a default account of the project', async ({ world, run }) => {
  world.addServiceAccount({ email: COMPUTE })
  const result = await run(FOR_SERVICE, asInput(await world.addServiceAccountKey(COMPUTE)))
  assertSuccess(result)
  assertWarns(result, COMPUTE, 'default account')
})

scenario('Federation with an account of its own needs no warning', async ({ world, run }) => {
  const result = await run(await givenFederation(world), FOR_SERVICE)
  assertSuccess(result)
  assert.deepEqual(result.annotations, [])
})
