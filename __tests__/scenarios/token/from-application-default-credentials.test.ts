import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, scenario } from '../given.ts'
import { asFile, asInput, FOR_SERVICE } from '../token-documents.ts'

const WELL_KNOWN = '.config/gcloud/application_default_credentials.json'
const MACHINE = 'machine@octo-project.iam.gserviceaccount.com'

/** Nobody reads this and goes on. */
const UNREADABLE = '{'

scenario('credentials_json goes before everything that the machine has', async ({ world, run }) => {
  for (const email of [ACCOUNT, MACHINE]) world.addServiceAccount({ email })
  world.metadataServer.enable({ email: MACHINE })
  const files = { 'credentials.json': UNREADABLE }
  const env = { ...world.env(), GOOGLE_APPLICATION_CREDENTIALS: 'credentials.json' }
  const result = await run(FOR_SERVICE, { env, files }, asInput(await world.addServiceAccountKey(ACCOUNT)))
  assertSuccess(result)
  assert.equal(result.outputs['email'], ACCOUNT)
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

scenario('GOOGLE_APPLICATION_CREDENTIALS goes before gcloud’s file and the metadata server', async ({ world, run }) => {
  for (const email of [ACCOUNT, MACHINE]) world.addServiceAccount({ email })
  world.metadataServer.enable({ email: MACHINE })
  const homeFiles = { [WELL_KNOWN]: UNREADABLE }
  const result = await run(
    FOR_SERVICE,
    { env: world.env(), homeFiles },
    asFile(await world.addServiceAccountKey(ACCOUNT))
  )
  assertSuccess(result)
  assert.equal(result.outputs['email'], ACCOUNT)
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

scenario('gcloud’s file goes before the metadata server', async ({ world, run }) => {
  for (const email of [ACCOUNT, MACHINE]) world.addServiceAccount({ email })
  world.metadataServer.enable({ email: MACHINE })
  const homeFiles = { [WELL_KNOWN]: JSON.stringify(await world.addServiceAccountKey(ACCOUNT)) }
  const result = await run(FOR_SERVICE, { env: world.env(), homeFiles })
  assertSuccess(result)
  assert.equal(result.outputs['email'], ACCOUNT)
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

scenario('CLOUDSDK_CONFIG says where gcloud’s file is', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const document = JSON.stringify(await world.addServiceAccountKey(ACCOUNT))
  const files = { 'gcloud/application_default_credentials.json': document }
  assertSuccess(await run(FOR_SERVICE, { env: { CLOUDSDK_CONFIG: 'gcloud' }, files }))
  assert.deepEqual(listRequests(world), [ASKED.oauth])
})

const BROKEN: Readonly<Record<string, string | undefined>> = {
  'does not exist': undefined,
  'is empty': '',
  'is no JSON': '{"type": "service_account", ',
  'is a list': '[]',
  'has no type': '{"private_key": 1}',
  'has an unknown type': '{"type": "service_robot"}',
  'is a key without its e-mail': '{"type": "service_account", "private_key": "x"}',
  'is an OAuth client': '{"installed": {"client_id": "x"}}',
  'is larger than any credential': ' '.repeat(2 * 1024 * 1024)
}

for (const [what, content] of Object.entries(BROKEN)) {
  scenario(`A named file that ${what} ends the search`, async ({ world, run }) => {
    world.addServiceAccount({ email: MACHINE })
    world.metadataServer.enable({ email: MACHINE })
    const files = content === undefined ? {} : { 'credentials.json': content }
    const env = { ...world.env(), GOOGLE_APPLICATION_CREDENTIALS: 'credentials.json' }
    const result = await run(FOR_SERVICE, { env, files })
    assertFailure(result, 'CREDENTIALS_INVALID', 'credentials.json')
    assert.deepEqual(listRequests(world), [])
  })
}

scenario('A named directory ends the search', async ({ world, run }) => {
  const result = await run(FOR_SERVICE, { env: { GOOGLE_APPLICATION_CREDENTIALS: '.' } })
  assertFailure(result, 'CREDENTIALS_INVALID')
  assert.deepEqual(listRequests(world), [])
})

scenario('A broken file of gcloud’s ends the search too', async ({ world, run }) => {
  world.addServiceAccount({ email: MACHINE })
  world.metadataServer.enable({ email: MACHINE })
  const result = await run(FOR_SERVICE, { env: world.env(), homeFiles: { [WELL_KNOWN]: '{' } })
  assertFailure(result, 'CREDENTIALS_INVALID', WELL_KNOWN)
  assert.deepEqual(listRequests(world), [])
})

scenario('A key whose PEM is broken fails before any request, and the key is not shown', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  const key = await world.addServiceAccountKey(ACCOUNT)
  const cut = { ...key, private_key: key['private_key']?.slice(0, 400) ?? '' }
  assertFailure(await run(FOR_SERVICE, asInput(cut)), 'CREDENTIALS_INVALID', '"private_key"')
  assert.deepEqual(listRequests(world), [])
})

for (const [form, encode] of [
  ['as JSON', (text: string) => text],
  ['in base64', (text: string) => Buffer.from(text).toString('base64')]
] as const) {
  scenario(`The document itself ${form} in the place of its path is described, not quoted`, async ({ world, run }) => {
    world.addServiceAccount({ email: ACCOUNT })
    const document = encode(JSON.stringify(await world.addServiceAccountKey(ACCOUNT)))
    const env = { ...world.env(), GOOGLE_APPLICATION_CREDENTIALS: document }
    const result = await run(FOR_SERVICE, { env })
    assertFailure(result, 'CREDENTIALS_INVALID', 'GOOGLE_APPLICATION_CREDENTIALS', ' not a path')
    assert.ok(!(result.log + result.summary).includes(document.slice(0, 40)), result.log)
    assert.deepEqual(listRequests(world), [])
  })
}

for (const kind of ['ed25519', 'x25519', 'rsa-pss'] as const) {
  scenario(`A key of the kind ${kind} fails before any request`, async ({ world, run }) => {
    world.addServiceAccount({ email: ACCOUNT })
    const key = await world.addServiceAccountKey(ACCOUNT)
    const options = { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }
    const { privateKey } = generateKeyPairSync(kind as 'rsa', options as object as { modulusLength: number })
    const pem = world.noteSecret('private key', (privateKey as unknown as string).split('\n').slice(1, -2).join('\n'))
    const other = { ...key, private_key: `-----BEGIN PRIVATE KEY-----\n${pem}\n-----END PRIVATE KEY-----\n` }
    assertFailure(await run(FOR_SERVICE, asInput(other)), 'CREDENTIALS_INVALID', 'is not an RSA private key')
    assert.deepEqual(listRequests(world), [])
  })
}
