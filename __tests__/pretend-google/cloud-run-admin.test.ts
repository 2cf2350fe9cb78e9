import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import type { ClientAnswer } from './client.ts'
import { ACCOUNT, callIam, federate, googleError, repositoryMember } from './flow.ts'
import type { ServiceSettings } from './services/services.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

const HOST = 'hello-123456789012.europe-west1.run.app'
const NAME = 'projects/123456789012/locations/europe-west1/services/hello'

interface Started extends AsyncDisposable {
  readonly world: PretendGoogle
  /** The federated principal, and its token. */
  readonly member: string
  readonly token: string
  readonly get: (name?: string, token?: string) => Promise<ClientAnswer>
}

async function startService(settings: Partial<ServiceSettings> = {}): Promise<Started> {
  const world = await startPretendGoogle()
  const provider = world.addPool()
  world.addService({ host: HOST, ...settings })
  const ownToken = await federate(world, provider)
  return {
    world,
    member: repositoryMember(provider),
    token: ownToken,
    get: (name = NAME, token = ownToken) =>
      send(world, `https://run.googleapis.com/v2/${name}`, { headers: { authorization: `Bearer ${token}` } }),
    [Symbol.asyncDispose]: world.close
  }
}

describe("Cloud Run's Admin API", () => {
  it('describes a service to a viewer, by number or id of its project', async () => {
    await using started = await startService({ tags: ['blue'], customAudiences: ['my-service'] })
    const { world, member, get } = started
    world.grant(member, 'roles/run.viewer', HOST)
    const { status, json } = await get()
    assert.equal(status, 200)
    assert.deepEqual((await get(NAME.replace('123456789012', 'octo-project'))).json, json)
    assert.equal((await get(`${NAME}?alt=json`)).status, 200)
    const name = 'projects/octo-project/locations/europe-west1/services/hello'
    const revision = 'hello-00001-abc'
    const latest = { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }
    const tagged = { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision, tag: 'blue' }
    const { terminalCondition, ...described } = json
    assert.equal((terminalCondition as { state: string }).state, 'CONDITION_SUCCEEDED')
    assert.partialDeepStrictEqual(described, {
      name,
      latestCreatedRevision: `${name}/revisions/${revision}`,
      latestReadyRevision: `${name}/revisions/${revision}`,
      traffic: [latest, tagged],
      trafficStatuses: [latest, { ...tagged, uri: `https://blue---${HOST}` }],
      generation: '1',
      observedGeneration: '1',
      urls: [`https://${HOST}`],
      uri: `https://${HOST}`,
      customAudiences: ['my-service'],
      ingress: 'INGRESS_TRAFFIC_ALL'
    })
    for (const field of ['reconciling', 'invokerIamDisabled', 'defaultUriDisabled', 'iapEnabled']) {
      assert.ok(!(field in json), field)
    }
  })

  it('says what the front end does', async () => {
    const cases: readonly [Partial<ServiceSettings>, Record<string, unknown>, status: number][] = [
      [{ invokerIamDisabled: true }, { invokerIamDisabled: true }, 200],
      [{ defaultUriDisabled: true }, { defaultUriDisabled: true, urls: undefined, uri: undefined }, 404],
      [{ ingress: 'internal' }, { ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY' }, 404],
      [{ iap: { clientId: '1.apps.googleusercontent.com', accessors: [] } }, { iapEnabled: true }, 302]
    ]
    for (const [settings, fields, status] of cases) {
      await using started = await startService(settings)
      const { world, member, get } = started
      world.grant(member, 'roles/run.viewer', 'projects/123456789012')
      const { json } = await get()
      for (const [field, value] of Object.entries(fields)) assert.equal(json[field], value, field)
      assert.equal((await send(world, `https://${HOST}/`)).status, status, JSON.stringify(settings))
    }
  })

  it('has every field as a scenario wants it', async () => {
    const admin = {
      reconciling: true,
      terminalCondition: { type: 'Ready', state: 'CONDITION_FAILED', message: '::error::hostile' },
      traffic: 'garbage'
    }
    await using started = await startService({ admin })
    const { world, member, get } = started
    world.grant(member, ['run.services.get'], HOST)
    const { json } = await get()
    for (const [field, value] of Object.entries(admin)) assert.deepEqual(json[field], value)
  })

  it('takes access tokens alone', async () => {
    await using started = await startService()
    const { world, member, token, get } = started
    world.grant(member, 'roles/run.viewer', HOST)
    const anonymous = await send(world, `https://run.googleapis.com/v2/${NAME}`)
    assert.equal(googleError(anonymous).reason, 'CREDENTIALS_MISSING')
    const idToken = await world.issueIdToken({ aud: `https://${HOST}`, email: ACCOUNT })
    const refused = await get(NAME, idToken)
    assert.deepEqual([refused.status, googleError(refused).reason], [401, 'ACCESS_TOKEN_TYPE_UNSUPPORTED'])

    world.addServiceAccount({ email: ACCOUNT })
    world.grant(member, 'roles/iam.workloadIdentityUser', ACCOUNT)
    const scope = ['https://www.googleapis.com/auth/iam']
    const small = String((await callIam(world, token, ACCOUNT, { scope }, 'generateAccessToken')).json['accessToken'])
    assert.equal(googleError(await get(NAME, small)).reason, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT')
    world.disableApi('run.googleapis.com', '123456789012')
    assert.equal(googleError(await get()).reason, 'SERVICE_DISABLED')
  })

  it('tells of a service that does not exist only a viewer of the project', async () => {
    await using started = await startService()
    const { world, member, get } = started
    const missing = NAME.replace('hello', 'goodbye')
    for (const name of [NAME, missing]) {
      const refused = await get(name)
      assert.equal(refused.status, 403)
      assert.equal(
        googleError(refused).message,
        `Permission 'run.services.get' denied on resource '${name}' (or resource may not exist).`
      )
    }
    world.grant(member, 'roles/run.invoker', 'projects/123456789012')
    assert.equal((await get()).status, 403)
    world.grant(member, 'roles/run.viewer', 'projects/123456789012')
    assert.equal((await get()).status, 200)
    assert.equal((await get(NAME.replace('123456789012', '210987654321'))).status, 403)
    const absent = await get(missing)
    assert.deepEqual(
      [absent.status, googleError(absent).message],
      [404, "Resource 'goodbye' of kind 'SERVICE' in region 'europe-west1' in project '123456789012' does not exist."]
    )
  })

  it('has its host in every universe, and its faults', async () => {
    await using world = await startPretendGoogle({ universe: 'apis.cloud.example' })
    const url = `https://run.apis.cloud.example/v2/${NAME}`
    assert.equal((await send(world, url)).status, 401)
    world.fail('run.apis.cloud.example', 'service unavailable')
    assert.equal((await send(world, url)).status, 503)
  })
})
