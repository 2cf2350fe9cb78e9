import assert from 'node:assert/strict'
import type { RunOptions } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  assertFailure,
  assertNoToken,
  assertSuccess,
  givenFederation,
  givenService,
  listRequests,
  scenario,
  SERVICE_URL
} from '../given.ts'

type Inputs = Readonly<Record<string, string>>
const PROVIDER = 'projects/123456789012/locations/global/workloadIdentityPools/github/providers/my-repo'

/** Per input: values that are wrong, on top of a federation and a service that would work. */
const WRONG: Readonly<Record<string, readonly Inputs[]>> = {
  url: [
    { url: 'http://hello.example/' },
    { url: 'ftp://hello.example/' },
    { url: 'hello.example' },
    { url: 'https://' },
    { url: 'https://jane:secretive@hello-1.europe-west1.run.app/' },
    { url: 'https://hello.example/a b' },
    { url: 'http://127.0.0.1.hello.example/' }
  ],
  audience: [
    { url: '', audience: '' },
    { url: '', audience: ' \n \n' }
  ],
  tag: [
    { tag: 'Canary' },
    { tag: 'a---b!' },
    { tag: 'x'.repeat(64) },
    { tag: 'blue', url: 'https://green---hello-123456789012.europe-west1.run.app' },
    { tag: 'blue', url: '', audience: SERVICE_URL },
    { tag: 'blue', url: 'https://hello.example', audience: 'https://hello.example' }
  ],
  workload_identity_provider: [
    { workload_identity_provider: PROVIDER.replace('123456789012', 'octo-project') },
    { workload_identity_provider: PROVIDER.replace('/providers/my-repo', '') },
    { workload_identity_provider: `"${PROVIDER}"` },
    { workload_identity_provider: `https://iam.googleapis.com/${PROVIDER}` },
    { workload_identity_provider: PROVIDER.replace('/pools', '/ pools').replace('github', 'git hub') },
    { workload_identity_provider: 'my-repo' },
    { credentials_json: '{}' }
  ],
  service_account: [
    { service_account: `"${ACCOUNT}"` },
    { service_account: `serviceAccount:${ACCOUNT}` },
    { service_account: 'smoke' },
    { service_account: 'smoke@octo project.iam.gserviceaccount.com' },
    { service_account: 'a/b?c#d@octo-project.iam.gserviceaccount.com' }
  ],
  delegates: [{ delegates: 'somebody' }, { delegates: ACCOUNT, service_account: '' }],
  universe: [{ universe: 'https://googleapis.com' }, { universe: 'googleapis' }, { universe: 'evil.example/' }],
  export_env: [
    { export_env: 'ID-TOKEN' },
    { export_env: '1TOKEN' },
    { export_env: 'NODE_OPTIONS' },
    { export_env: 'GITHUB_TOKEN' },
    { export_env: 'PATH' }
  ],
  method: [{ method: 'FETCH' }, { method: 'CONNECT' }, { method: 'TRACE' }, { method: 'GET /' }],
  headers: [
    { headers: 'no colon' },
    { headers: ': empty name' },
    { headers: 'Host: elsewhere.example' },
    { headers: 'Content-Length: 1' },
    { headers: 'X-Text: \u2713' },
    { headers: 'Authorization: Basic eA==\nAuthorization: Basic eQ==' },
    { headers: 'Authorization: a\nX-Serverless-Authorization: b' }
  ],
  body: [{ body: 'x', method: 'POST', body_file: 'body.txt' }, { body: 'x' }],
  body_file: [
    { body_file: 'missing.txt', method: 'POST' },
    { body_file: '../temp/event.json', method: 'POST' },
    { body_file: '.', method: 'POST' }
  ],
  token_header: [{ token_header: 'Cookie' }, { token_header: 'Authorization', headers: 'authorization: Basic eA==' }],
  expect_status: [
    { expect_status: '99' },
    { expect_status: '2xy' },
    { expect_status: '204-200' },
    { expect_status: '600' },
    { expect_status: ',' }
  ],
  expect_headers: [{ expect_headers: 'no colon' }, { expect_headers: 'Server: (' }],
  expect_body: [{ expect_body: '[' }],
  expect_json: [
    { expect_json: 'status ==' },
    { expect_json: 'no_such_function(@)' },
    { expect_json: 'length(a, b)' },
    { expect_json: 'length()' },
    { expect_json: "status == 'ok'\n[?" },
    { expect_json: 'toString(@)' },
    { expect_json: 'status == "ok"' }
  ],
  assert_private: [{ assert_private: 'yes' }],
  timeout: [{ timeout: '0' }, { timeout: 'soon' }, { timeout: '-1s' }, { timeout: '30 seconds' }],
  deadline: [{ deadline: '0s' }, { deadline: '3h' }],
  iam_wait: [{ iam_wait: 'a while' }],
  summary: [{ summary: '1' }]
}

const FILES: RunOptions = { files: { 'body.txt': 'text' } }

/** Whether an input is wrong whatever the others are, which these are read together with. */
const isAlone = (name: string, inputs: Inputs): boolean =>
  Object.keys(inputs).join() === name && !['tag', 'body', 'token_header'].includes(name)

/** Those that are wrong by themselves, one for each input at a time. */
function findRounds(): Inputs[] {
  const alone = Object.entries(WRONG).map(([name, cases]) => cases.filter((inputs) => isAlone(name, inputs)))
  const count = Math.max(...alone.map(({ length }) => length))
  return Array.from({ length: count }, (_, round) => Object.assign({}, ...alone.map((cases) => cases[round])) as Inputs)
}

for (const inputs of findRounds()) {
  scenario(`Each of these is wrong, which costs no request: ${JSON.stringify(inputs)}`, async ({ world, run }) => {
    const result = await run(await givenFederation(world), FILES, { inputs: { url: givenService(world), ...inputs } })
    assertFailure(result, 'INPUT_INVALID')
    for (const name of Object.keys(inputs)) assert.match(result.log, new RegExp(`Input ${name}: `))
    assert.doesNotMatch(result.log, /secretive/)
    assertNoToken(result)
    assert.deepEqual(listRequests(world), [])
  })
}

for (const [name, cases] of Object.entries(WRONG)) {
  for (const inputs of cases.filter((each) => !isAlone(name, each))) {
    scenario(`${name} is wrong in ${JSON.stringify(inputs)}, which costs no request`, async ({ world, run }) => {
      const result = await run(await givenFederation(world), FILES, { inputs: { url: givenService(world), ...inputs } })
      assertFailure(result, 'INPUT_INVALID')
      const { message = '' } = result.annotations[0] ?? {}
      assert.match(message, new RegExp(`^INPUT_INVALID: Input (${name}|${Object.keys(inputs).join('|')}): `))
      assertNoToken(result)
      assert.deepEqual(listRequests(world), [])
    })
  }
}

const OF_A_CALL: Inputs = {
  tag: 'canary',
  method: 'POST',
  headers: 'Accept: text/plain',
  body: 'x',
  body_file: 'body.txt',
  token_header: 'Authorization',
  expect_status: '200',
  expect_headers: 'Server: x',
  expect_body: 'x',
  expect_json: 'x',
  assert_private: 'true',
  iam_wait: '5m'
}

for (const [name, value] of Object.entries(OF_A_CALL)) {
  scenario(`${name} without a url to call is a mistake, which costs no request`, async ({ world, run }) => {
    const inputs = { audience: SERVICE_URL, [name]: value }
    const result = await run(await givenFederation(world), FILES, { inputs })
    assertFailure(result, 'INPUT_INVALID', `Input url: url is empty, but ${name} is set, `)
    assert.deepEqual(listRequests(world), [])
  })
}

scenario("An input that is empty in Dependabot's run says why", async ({ world, run }) => {
  const result = await run(await givenFederation(world), {
    inputs: { url: '', audience: '' },
    env: { GITHUB_ACTOR: 'dependabot[bot]' }
  })
  assertFailure(result, 'INPUT_INVALID', 'audience and url are both empty; Dependabot started this run', 'Skip job ')
})

scenario('Defaults that are written out are no call', async ({ world, run }) => {
  const inputs = { audience: SERVICE_URL, method: 'get', expect_status: '2XX', assert_private: 'False', iam_wait: '1m' }
  assertSuccess(await run(await givenFederation(world), { inputs }))
})

scenario('Everything that is wrong is said at once', async ({ world, run }) => {
  const inputs = {
    url: 'hello.example',
    headers: 'no colon\nHost: elsewhere.example',
    expect_json: 'status ==\nno_such_function(@)',
    delegates: 'nobody\nsomebody',
    universe: 'googleapis',
    timeout: 'soon'
  }
  const result = await run(await givenFederation(world), { inputs })
  assertFailure(result, 'INPUT_INVALID', '"no_such_function(@)"', 'delegates: "nobody"', 'delegates: "somebody"')
  for (const name of Object.keys(inputs)) assert.ok(result.log.includes(`  Input ${name}: `), name)
  assert.match(
    result.annotations[0]?.message ?? '',
    /^INPUT_INVALID: Input url: "hello\.example" is not a URL \(8 other /
  )
  assert.deepEqual(listRequests(world), [])
})

const SECRETS = {
  type: 'authorized_user',
  client_id: 'x',
  client_secret: 'secretive',
  refresh_token: '1//0secretive-refresh-token'
}
const DOCUMENT = JSON.stringify(SECRETS)

/** A URL is read before what depends on it. */
const NAMES = [
  ['url'],
  ['audience', 'workload_identity_provider', 'service_account', 'delegates', 'tag', 'universe', 'timeout']
]

for (const names of NAMES) {
  for (const [form, value] of [
    ['in one line', DOCUMENT],
    ['in lines', JSON.stringify(SECRETS, undefined, 2)],
    ['in base64', Buffer.from(DOCUMENT).toString('base64')]
  ] as const) {
    scenario(`A document ${form} in the place of ${names.join(', ')} is described, not quoted`, async (stage) => {
      const { world, run } = stage
      const inputs = { url: givenService(world), ...Object.fromEntries(names.map((name) => [name, value])) }
      const result = await run(await givenFederation(world), { inputs })
      assertFailure(result, 'INPUT_INVALID')
      for (const name of names) assert.match(result.log, new RegExp(`Input ${name}: .*\\(\\d+ characters\\)`))
      assert.doesNotMatch(result.log + result.summary, /secretive|authorized_user|eyJ/)
    })
  }
}
