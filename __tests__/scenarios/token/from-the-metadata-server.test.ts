import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { MetadataSettings } from '../../pretend-google/endpoints/metadata-server.ts'
import { findFreePort } from '../../pretend-google/transport/ports.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import {
  ACCOUNT,
  ASKED,
  assertFailure,
  assertNoToken,
  assertSuccess,
  claimsOf,
  givenService,
  listRequests,
  OTHER_ACCOUNT,
  scenario
} from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

function givenMachine(world: PretendGoogle, kind: 'gce' | 'gke' = 'gce', more: MetadataSettings = {}): void {
  world.addServiceAccount({ email: ACCOUNT })
  world.metadataServer.enable({ email: ACCOUNT, kind, ...more })
}

for (const kind of ['gce', 'gke'] as const) {
  scenario(`A machine of ${kind.toUpperCase()} gives the token of its account`, async ({ world, run }) => {
    givenMachine(world, kind)
    const result = await run(FOR_SERVICE)
    assertSuccess(result)
    assert.deepEqual(listRequests(world), [ASKED.detection, ASKED.machineIdToken])
    assert.equal(result.outputs['email'], ACCOUNT)
  })

  scenario(`A machine of ${kind.toUpperCase()} becomes another account`, async ({ world, run }) => {
    givenMachine(world, kind)
    world.addServiceAccount({ email: OTHER_ACCOUNT })
    world.grant(`serviceAccount:${ACCOUNT}`, 'roles/iam.serviceAccountTokenCreator', OTHER_ACCOUNT)
    assertSuccess(await run(FOR_SERVICE, { inputs: { service_account: OTHER_ACCOUNT } }))
    assert.deepEqual(listRequests(world), [ASKED.detection, ASKED.machineAccessToken, ASKED.idToken(OTHER_ACCOUNT)])
  })
}

for (const audience of ['https://a.example/?x=1&y=2#z', '100% mine + yours', 'name with blanks & ümläuts/?=']) {
  scenario(`The audience "${audience}" reaches the metadata server as it is`, async ({ world, run }) => {
    givenMachine(world)
    const result = await run({ inputs: { audience } })
    assertSuccess(result)
    assert.equal(claimsOf(result.outputs['id_token'])['aud'], audience)
    assert.equal(result.outputs['audience'], audience)
    const query = new URL(world.requests[1]?.path ?? '', 'http://metadata').searchParams
    assert.deepEqual(
      [...query],
      [
        ['audience', audience],
        ['format', 'full']
      ]
    )
  })
}

scenario('A machine calls the service', async ({ world, run }) => {
  givenMachine(world)
  const url = givenService(world)
  assertSuccess(await run({ inputs: { url } }))
  assert.deepEqual(listRequests(world), [ASKED.detection, ASKED.machineIdToken, ASKED.service])
})

scenario('A machine without a service account says so', async ({ world, run }) => {
  world.metadataServer.enable({})
  const result = await run(FOR_SERVICE)
  assertFailure(result, 'CREDENTIALS_NOT_FOUND', 'no service account')
  assertNoToken(result)
})

scenario('A machine whose scopes do not reach IAM cannot become another account', async ({ world, run }) => {
  givenMachine(world, 'gce', { scopes: ['https://www.googleapis.com/auth/devstorage.read_only'] })
  world.addServiceAccount({ email: OTHER_ACCOUNT })
  world.grant(`serviceAccount:${ACCOUNT}`, 'roles/iam.serviceAccountTokenCreator', OTHER_ACCOUNT)
  const result = await run(FOR_SERVICE, { inputs: { service_account: OTHER_ACCOUNT } })
  assertFailure(result, 'IMPERSONATION_DENIED', 'scope', 'Request had insufficient authentication scopes.')
})

scenario('A pod without a binding gets the command for its Kubernetes service account', async ({ world, run }) => {
  givenMachine(world, 'gke')
  const body =
    'Unable to generate access token; IAM returned 403 Forbidden: This error could be caused by a missing IAM policy binding on the target IAM service account.'
  world.fail('metadata.google.internal', { status: 403, body }, { path: /identity/ })
  const result = await run(FOR_SERVICE)
  assertFailure(result, 'IMPERSONATION_DENIED', 'svc.id.goog', 'IAM returned 403 Forbidden')
})

scenario('A metadata server of another cloud is none of Google’s', async ({ world, run }) => {
  const origin = await world.addLoopbackApp([{ body: 'latest\nmeta-data' }])
  const env = { METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: new URL(origin).host }
  assertFailure(await run(FOR_SERVICE, { env }), 'CREDENTIALS_NOT_FOUND')
  assert.deepEqual(listRequests(world), [`GET ${new URL(origin).host}/computeMetadata/v1/instance`])
})

for (const fault of ['silence', 'reset', 'service unavailable'] as const) {
  scenario(`A metadata server whose first answer is "${fault}" is asked again`, async ({ world, run }) => {
    givenMachine(world)
    world.fail('metadata.google.internal', fault, { times: 1 })
    assertSuccess(await run(FOR_SERVICE))
    assert.deepEqual(listRequests(world), [ASKED.detection, ASKED.detection, ASKED.machineIdToken])
  })
}

scenario('A metadata server that listens only after a while is waited for, as in a new pod of GKE', async (stage) => {
  const { world, run } = stage
  world.addServiceAccount({ email: ACCOUNT })
  world.metadataServer.enable({ email: ACCOUNT })
  const there = new URL(`http://${world.env()['GCE_METADATA_HOST'] ?? ''}`)
  const forward = createServer((socket) => {
    const onward = connect(Number(there.port), there.hostname)
    for (const side of [socket.pipe(onward), onward.pipe(socket)]) side.on('error', () => side.destroy())
  })
  // A port on which nobody listens yet.
  const port = await findFreePort(forward)
  const ready = delay(1_500).then(async () => {
    await once(forward.listen(port, '127.0.0.1'), 'listening')
  })
  try {
    assertSuccess(await run(FOR_SERVICE, { env: { GCE_METADATA_HOST: `127.0.0.1:${port}` } }))
  } finally {
    await ready
    forward.close()
  }
})
