import assert from 'node:assert/strict'
import { createCertificateAuthority } from '../../pretend-google/transport/certificates.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, membersOf, scenario } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, WAYS } from '../token-documents.ts'

const MTLS_STS = 'POST sts.mtls.googleapis.com/v1/token'
const CONFIG = JSON.stringify({
  version: 1,
  cert_configs: { workload: { cert_path: 'client.pem', key_path: 'client.key' } }
})

function givenCertificatePool(world: PretendGoogle): string {
  const source = { kind: 'x509', trustAnchor: world.trustAnchor } as const
  const provider = world.addPool({ pool: 'machines', provider: 'x509', source })
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(membersOf(provider).subject('machine-7'), 'roles/iam.workloadIdentityUser', ACCOUNT)
  return provider
}

function document(provider: string, impersonates?: string): RunOptions {
  const source = {
    certificate: { use_default_certificate_config: false, certificate_config_location: 'certificates.json' }
  }
  const subjectTokenType = 'urn:ietf:params:oauth:token-type:mtls'
  const tokenUrl = 'https://sts.mtls.googleapis.com/v1/token'
  return asInput(externalAccount(provider, source, { impersonates, subjectTokenType, tokenUrl }))
}

for (const { how, inputs, impersonates } of WAYS) {
  scenario(`A client certificate leads to the account ${how}`, async ({ world, run }) => {
    const provider = givenCertificatePool(world)
    const { cert, key } = world.addClientCertificate('machine-7')
    const files = { 'certificates.json': CONFIG, 'client.pem': cert, 'client.key': key }
    assertSuccess(await run(FOR_SERVICE, document(provider, impersonates), { inputs, files }))
    assert.deepEqual(listRequests(world), [MTLS_STS, ASKED.idToken()])
    assert.equal(world.requests[0]?.clientCertificate, 'CN=machine-7')
  })
}

scenario('A certificate that the authority of the pool did not sign is refused by STS', async ({ world, run }) => {
  const source = { kind: 'x509', trustAnchor: createCertificateAuthority('Somebody else').cert } as const
  const provider = world.addPool({ pool: 'machines', provider: 'x509', source })
  const { cert, key } = world.addClientCertificate('machine-7')
  const files = { 'certificates.json': CONFIG, 'client.pem': cert, 'client.key': key }
  assertFailure(await run(FOR_SERVICE, document(provider, ACCOUNT), { files }), 'FEDERATION_REJECTED', 'trust anchor')
  assert.deepEqual(listRequests(world), [MTLS_STS])
})

for (const [what, files] of [
  ['no configuration', {}],
  ['a configuration that is no JSON', { 'certificates.json': 'workload' }],
  ['no certificate', { 'certificates.json': CONFIG }],
  ['a certificate that is none', { 'certificates.json': CONFIG, 'client.pem': 'none', 'client.key': 'none' }]
] as const) {
  scenario(`With ${what} nothing is sent to Google`, async ({ world, run }) => {
    const provider = givenCertificatePool(world)
    assertFailure(await run(FOR_SERVICE, document(provider, ACCOUNT), { files }), 'SUBJECT_TOKEN_UNAVAILABLE')
    assert.deepEqual(listRequests(world), [])
  })
}

scenario('A certificate and a key that do not belong together are named before any request', async ({ world, run }) => {
  const provider = givenCertificatePool(world)
  const [{ cert }, { key }] = [world.addClientCertificate('machine-7'), world.addClientCertificate('machine-8')]
  const files = { 'certificates.json': CONFIG, 'client.pem': cert, 'client.key': key }
  const result = await run(FOR_SERVICE, document(provider, ACCOUNT), { files })
  assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'certificate and key do not belong together')
  assert.deepEqual(listRequests(world), [])
})

for (const member of ['cert_path', 'key_path']) {
  scenario(`A device as ${member} does not hold the run up`, async (stage) => {
    const provider = givenCertificatePool(stage.world)
    const { cert, key } = stage.world.addClientCertificate('machine-7')
    const workload = { cert_path: 'client.pem', key_path: 'client.key', [member]: '/dev/zero' }
    const files = {
      'certificates.json': JSON.stringify({ version: 1, cert_configs: { workload } }),
      'client.pem': cert,
      'client.key': key
    }
    const result = await stage.run(FOR_SERVICE, document(provider, ACCOUNT), { files })
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'it is not a regular file')
  })
}
