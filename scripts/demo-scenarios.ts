import type { PretendGoogle } from '../__tests__/pretend-google/world.ts'
import type { RunOptions } from '../__tests__/runner/run-action.ts'

/** One thing that the demo can show. */
export interface DemoScenario {
  readonly about: string
  /** Sets the world up, and says how the action is started in it. */
  readonly prepare: (world: PretendGoogle) => Promise<RunOptions> | RunOptions
}

const HOST = 'hello-123456789012.europe-west1.run.app'
const ACCOUNT = 'smoke-test@my-project.iam.gserviceaccount.com'
const OTHER_ACCOUNT = 'deployer@my-project.iam.gserviceaccount.com'
const PROVIDER = 'github-actions'

/** The inputs of the README's first workflow; a contract test compares the two. */
export const README_INPUTS = {
  url: `https://${HOST}/health`,
  workload_identity_provider: `projects/123456789012/locations/global/workloadIdentityPools/github/providers/${PROVIDER}`,
  service_account: ACCOUNT
}
const SMOKE_TEST = {
  url: README_INPUTS.url,
  expect_json: "status == 'ok' && starts_with(commit, 'c0ffee')",
  assert_private: 'true'
}

/** By the name under which `npm run demo -- NAME` shows them. */
export const SCENARIOS: Readonly<Record<string, DemoScenario>> = {
  readme: {
    about: "the README's first workflow: a private service answers",
    prepare: async (world) => {
      addService(world)
      return await federation(world, README_INPUTS)
    }
  },
  federation: {
    about: 'the same, with expectations of the body, and a check that the service is private',
    prepare: async (world) => {
      addService(world)
      return await federation(world, SMOKE_TEST)
    }
  },
  'cold-start': {
    about: 'a service that starts slowly: 503, 503, then the old revision, then the new one',
    prepare: async (world) => {
      const answer = (commit: string): object => ({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ status: 'ok', commit })
      })
      world.addService({
        host: HOST,
        invokers: [`serviceAccount:${ACCOUNT}`],
        app: [503, 503, answer('0ld5ha1'), answer('c0ffee1')]
      })
      return await federation(world, { ...SMOKE_TEST, assert_private: 'false' })
    }
  },
  tokens: {
    about: 'tokens only, for two services in one step',
    prepare: async (world) =>
      await federation(world, { audience: `https://${HOST}\nhttps://api.example.com`, export_env: 'ID_TOKEN' })
  },
  'credentials-file': {
    about: 'the credentials file that google-github-actions/auth leaves',
    prepare: async (world) => {
      const { inputs, env } = await federation(world, {})
      const audience = `//iam.googleapis.com/${inputs?.['workload_identity_provider'] ?? ''}`
      const document = {
        type: 'external_account',
        audience,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: 'https://sts.googleapis.com/v1/token',
        credential_source: {
          url: `${env?.['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? ''}&audience=${encodeURIComponent(`https:${audience}`)}`,
          headers: { Authorization: `Bearer ${env?.['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''}` },
          format: { type: 'json', subject_token_field_name: 'value' }
        },
        service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`
      }
      return { inputs: { audience: `https://${HOST}`, credentials_json: JSON.stringify(document) }, env: env ?? {} }
    }
  },
  key: {
    about: "a service account's key",
    prepare: async (world) => {
      addService(world)
      return { inputs: { ...SMOKE_TEST, credentials_json: JSON.stringify(await world.addServiceAccountKey(ACCOUNT)) } }
    }
  },
  impersonation: {
    about: 'a key of one account that impersonates another',
    prepare: async (world) => {
      addService(world)
      world.addServiceAccount({ email: OTHER_ACCOUNT })
      world.grant(`serviceAccount:${OTHER_ACCOUNT}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
      const key = JSON.stringify(await world.addServiceAccountKey(OTHER_ACCOUNT))
      return { inputs: { ...SMOKE_TEST, credentials_json: key, service_account: ACCOUNT } }
    }
  },
  user: {
    about: "a person's credentials, as gcloud auth application-default login leaves them",
    prepare: (world) => {
      const user = world.addUser({ email: 'ada@example.com' })
      return {
        inputs: { audience: `https://${HOST}` },
        homeFiles: { '.config/gcloud/application_default_credentials.json': JSON.stringify(user) }
      }
    }
  },
  metadata: {
    about: 'the metadata server of a self-hosted runner on Google Cloud',
    prepare: (world) => {
      addService(world)
      world.metadataServer.enable({ email: ACCOUNT })
      return { inputs: SMOKE_TEST }
    }
  },
  'no-permission': {
    about: 'failure: the job lacks id-token: write',
    prepare: async (world) => ({ ...(await federation(world, SMOKE_TEST)), env: {} })
  },
  'no-impersonation': {
    about: 'failure: the repository is not allowed to impersonate the service account',
    prepare: async (world) => {
      const provider = world.addPool({ provider: PROVIDER })
      return {
        inputs: { ...SMOKE_TEST, workload_identity_provider: provider, service_account: ACCOUNT },
        env: await world.githubOidcEnv()
      }
    }
  },
  'no-invoker': {
    about: 'failure: the service account is not allowed to invoke the service',
    prepare: async (world) => {
      world.addService({ host: HOST })
      return await federation(world, { ...README_INPUTS, iam_wait: '1s' })
    }
  },
  'wrong-audience': {
    about: 'failure: a token for another audience',
    prepare: async (world) => {
      addService(world)
      return await federation(world, { ...SMOKE_TEST, audience: `https://${HOST}/health` })
    }
  },
  'pinned-traffic': {
    about: 'failure: traffic is pinned to an old revision, which the action looks up',
    prepare: async (world) => {
      const old = { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'hello-00041-old', percent: 100 }
      const newest = { latestCreatedRevision: 'hello-00042-new', latestReadyRevision: 'hello-00042-new' }
      world.addService({
        host: HOST,
        invokers: [`serviceAccount:${ACCOUNT}`],
        app: [{ headers: { 'content-type': 'application/json' }, body: '{"status":"ok","commit":"0ld5ha1"}' }],
        admin: { ...newest, traffic: [old], trafficStatuses: [old] }
      })
      const { inputs, env } = await federation(world, { ...SMOKE_TEST, assert_private: 'false', deadline: '8s' })
      const pool = (inputs?.['workload_identity_provider'] ?? '').replace(/\/providers\/.*$/, '')
      world.grant(
        `principalSet://iam.googleapis.com/${pool}/attribute.repository/octo-org/octo-repo`,
        'roles/run.viewer',
        HOST
      )
      return { inputs: inputs ?? {}, env: env ?? {} }
    }
  },
  'not-private': {
    about: 'failure: the service is public',
    prepare: async (world) => {
      addService(world, 'allUsers')
      return await federation(world, SMOKE_TEST)
    }
  },
  'old-revision': {
    about: 'failure: the old revision is still answering at the deadline',
    prepare: async (world) => {
      addService(world)
      return await federation(world, { url: SMOKE_TEST.url, expect_json: "commit == 'decafbad'", deadline: '5s' })
    }
  }
}

/** A private service that says which commit it is. */
function addService(world: PretendGoogle, invoker = `serviceAccount:${ACCOUNT}`): void {
  world.addServiceAccount({ email: ACCOUNT })
  world.addService({
    host: HOST,
    invokers: [invoker],
    app: () => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: 'ok', commit: 'c0ffee1d5b2d' })
    })
  })
}

/** A repository that may impersonate the account. */
async function federation(world: PretendGoogle, inputs: Readonly<Record<string, string>>): Promise<RunOptions> {
  const provider = world.addPool({ provider: PROVIDER })
  const pool = provider.replace(/\/providers\/.*$/, '')
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(
    `principalSet://iam.googleapis.com/${pool}/attribute.repository/octo-org/octo-repo`,
    'roles/iam.workloadIdentityUser',
    ACCOUNT
  )
  return {
    inputs: { workload_identity_provider: provider, service_account: ACCOUNT, ...inputs },
    env: await world.githubOidcEnv()
  }
}
