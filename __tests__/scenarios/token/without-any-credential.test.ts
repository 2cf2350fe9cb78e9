import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { assertFailure, assertWithin, listRequests, scenario } from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

const LOOKED = ['GOOGLE_APPLICATION_CREDENTIALS', 'application_default_credentials.json', 'metadata server'] as const

describe('Without any credential', { concurrency: 4 }, () => {
  scenario('The message lists where it looked, at once', async ({ world, run }) => {
    const result = await run(FOR_SERVICE)
    assertFailure(result, 'CREDENTIALS_NOT_FOUND', ...LOOKED, 'workload_identity_provider')
    assert.deepEqual(listRequests(world), [])
    assertWithin(result, { deadline: '5s' })
  })

  scenario('A metadata address that never answers costs less than five seconds', async ({ world, run }) => {
    const origin = await world.addLoopbackApp(['silence'])
    const env = { METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: new URL(origin).host }
    const result = await run(FOR_SERVICE, { env })
    assertFailure(result, 'CREDENTIALS_NOT_FOUND', ...LOOKED)
    assertWithin(result, { deadline: '5s' })
  })

  scenario('A metadata address where nobody listens costs no time', async ({ run }) => {
    // The discard service: nobody has it any more.
    const env = { METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: '127.0.0.1:9' }
    const result = await run(FOR_SERVICE, { env })
    assertFailure(result, 'CREDENTIALS_NOT_FOUND', ...LOOKED)
    assertWithin(result, { deadline: '5s' })
  })

  scenario('The real metadata address is no trap on a machine that is none of Google’s', async ({ run }) => {
    const result = await run(FOR_SERVICE, { env: { METADATA_SERVER_DETECTION: '' } })
    assertFailure(result, 'CREDENTIALS_NOT_FOUND', ...LOOKED)
    assertWithin(result, { deadline: '5s' })
  })

  scenario('Outside of GitHub the remedy is gcloud’s', async ({ run }) => {
    const result = await run(FOR_SERVICE, { env: { GITHUB_ACTIONS: '' } })
    assertFailure(result, 'CREDENTIALS_NOT_FOUND', 'gcloud auth application-default login')
  })
})
