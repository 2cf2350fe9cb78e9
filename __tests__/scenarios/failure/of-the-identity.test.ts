import { ACCOUNT, assertAnnotation, givenFederation, OTHER_ACCOUNT, scenario } from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

// Causes that only the run itself can tell; unit tests hold the texts of all of them, and transcripts show one of each code.

scenario('CREDENTIALS_NOT_FOUND: a pull request from a fork, in which secrets are empty', async ({ run }) => {
  const event = JSON.stringify({
    pull_request: { head: { repo: { full_name: 'mallory/app' } }, base: { repo: { full_name: 'octo-org/octo-repo' } } }
  })
  const env = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: 'event.json' }
  const result = await run(FOR_SERVICE, { inputs: { service_account: ACCOUNT }, env, files: { 'event.json': event } })
  assertAnnotation(result, 'CREDENTIALS_NOT_FOUND', 'this pull request comes from the fork mallory/app')
})

scenario('OIDC_FAILED: a job that is over', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const body = `{"message":"Can't issue ID_TOKEN for job in 'Completed' state."}`
  world.fail(new URL(federation.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '').hostname, { status: 400, body })
  const result = await run(federation, FOR_SERVICE)
  assertAnnotation(result, 'OIDC_FAILED', "Can't issue ID_TOKEN for job in 'Completed' state")
})

scenario('IMPERSONATION_DENIED: a machine says who it is', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  world.addServiceAccount({ email: OTHER_ACCOUNT })
  world.metadataServer.enable({ email: ACCOUNT, kind: 'gce' })
  const result = await run(FOR_SERVICE, { inputs: { service_account: OTHER_ACCOUNT } })
  assertAnnotation(
    result,
    'IMPERSONATION_DENIED',
    `gave ${ACCOUNT} (the identity of this machine, because workload_identity_provider and credentials_json are empty) no ID token`,
    `--member=serviceAccount:${ACCOUNT}`
  )
})

scenario('IMPERSONATION_DENIED: a machine says which scopes it has', async ({ world, run }) => {
  world.addServiceAccount({ email: ACCOUNT })
  world.addServiceAccount({ email: OTHER_ACCOUNT })
  const scopes = ['https://www.googleapis.com/auth/devstorage.read_only']
  world.metadataServer.enable({ email: ACCOUNT, kind: 'gce', scopes })
  const result = await run(FOR_SERVICE, { inputs: { service_account: OTHER_ACCOUNT } })
  assertAnnotation(result, 'IMPERSONATION_DENIED', 'its OAuth scopes are too narrow (devstorage.read_only)')
})
