import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Credential } from '../../../src/token/credential.ts'
import { findClockWarning, findTokenWarnings, findWarnings } from '../../../src/report/warnings.ts'
import type { WarningContext } from '../../../src/report/warnings.ts'
import { ACCOUNT, secret, SERVICE } from '../fixtures.ts'

const CREDENTIAL: Credential = {
  description: 'external account',
  principal: 'principalSet://x/*',
  endpoints: [],
  accessToken: () => Promise.resolve({ token: secret('') })
}
const KEY: Credential = { ...CREDENTIAL, description: `service account key of ${ACCOUNT}`, isKey: true }
const PERSON: Credential = { ...CREDENTIAL, fixedAudience: ['gcloud.apps'] }
const HOPS = [{ account: ACCOUNT, delegates: [], origin: 'x' }]
const OIDC = { GITHUB_ACTIONS: 'true', ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't' }
const CLIENT_ID = '123-abc.apps.googleusercontent.com'
const PROVIDER = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github'
const FUNCTION = 'https://europe-west1-shop.cloudfunctions.net/pay'

interface Row {
  readonly what: string
  readonly url?: string
  /** Derived where it is left out. */
  readonly audience?: string
  readonly token?: WarningContext['inputs']['token']
  readonly credential?: Credential
  readonly impersonations?: WarningContext['identity']['impersonations']
  readonly email?: string
  readonly env?: WarningContext['env']
  /** What the only warning says; nothing where there is to be none. */
  readonly words?: RegExp
}

const ROWS: readonly Row[] = [
  {
    what: 'certificates that are not checked',
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    words: /NODE_TLS_REJECT_UNAUTHORIZED=0 .*NODE_EXTRA_CA_CERTS/
  },
  {
    what: 'a JWT that the account signs',
    url: SERVICE,
    audience: `${SERVICE}/*`,
    token: 'iap_jwt',
    impersonations: HOPS,
    words: /has deployer@\S+ sign a JWT, .*can become the account/
  },
  { what: 'a JWT that a key signs', url: SERVICE, audience: `${SERVICE}/*`, token: 'iap_jwt', credential: KEY },
  { what: 'a derived audience and a plain path', url: `${SERVICE}/health` },
  { what: 'the very audience', url: SERVICE, audience: SERVICE },
  { what: 'a custom audience', url: SERVICE, audience: 'https://api.shop.example/v1/' },
  { what: 'another form of the URL', url: SERVICE, audience: 'https://shop-ab12cd34ef-ew.a.run.app' },
  { what: '/healthz', url: `${SERVICE}/healthz`, words: /keeps the path \/healthz of .*\/health\.$/ },
  { what: 'a path that ends in z', url: `${SERVICE}/readyz`, words: /may keep the path \/readyz/ },
  { what: '/_ah/', url: `${SERVICE}/_ah/warmup`, words: /may keep the path \/_ah\/warmup/ },
  { what: '/healthz of another domain', url: 'https://shop.example/healthz', audience: SERVICE },
  {
    what: 'an audience with a path',
    url: `${SERVICE}/health`,
    audience: `${SERVICE}/health`,
    words: /run\.app\/health has a path, .*set audience to https:\/\/shop-\S+\.run\.app, or leave it empty\.$/
  },
  { what: 'an audience with a slash', url: SERVICE, audience: `${SERVICE}/`, words: /has a trailing slash, / },
  {
    what: 'an audience with path and slash',
    url: SERVICE,
    audience: `${SERVICE}/x/`,
    words: /a path and a trailing slash/
  },
  {
    what: "a tag's audience",
    url: SERVICE.replace('//', '//blue---'),
    audience: SERVICE.replace('//', '//blue---'),
    words: /has a tag, .*set audience to https:\/\/shop-/
  },
  {
    what: 'a path in the audience of a custom domain',
    url: 'https://shop.example',
    audience: `${SERVICE}/x`,
    words: /has a path, .* set audience to https:\/\/shop-[^,]*$/
  },
  { what: "a function's audience", url: `${FUNCTION}/now`, audience: FUNCTION },
  {
    what: "a function's audience with a path",
    url: `${FUNCTION}/now`,
    audience: `${FUNCTION}/now`,
    words: /pay\/now has a path, .*set audience to \S+\/pay, or/
  },
  { what: 'an audience with a path, of no call', audience: `${SERVICE}/x` },
  { what: 'a provider', url: SERVICE, audience: PROVIDER, words: /providers\/github is a workload identity provider/ },
  { what: 'a provider as a URL, of no call', audience: `https:${PROVIDER}`, words: /workload_identity_provider\.$/ },
  { what: 'a client id for Cloud Run', url: SERVICE, audience: CLIENT_ID, words: /123-abc\S+ is an OAuth client id/ },
  { what: 'a client id for a domain', url: 'https://shop.example', audience: CLIENT_ID },
  {
    what: "a person's token",
    url: SERVICE,
    credential: PERSON,
    email: 'jane@shop.example',
    words: /person's own credentials of jane@shop\.example .*service_account/
  },
  { what: 'a person who became an account', url: SERVICE, credential: PERSON, impersonations: HOPS },
  { what: 'a key in a job that may federate', url: SERVICE, credential: KEY, env: OIDC, words: /key of deployer@shop/ },
  { what: 'a key in a job that may not', url: SERVICE, credential: KEY, env: { GITHUB_ACTIONS: 'true' } },
  { what: 'a key elsewhere', url: SERVICE, credential: KEY, env: { ...OIDC, GITHUB_ACTIONS: '' } },
  { what: 'federation in such a job', url: SERVICE, env: OIDC },
  {
    what: "Compute Engine's account",
    url: SERVICE,
    email: '1-compute@developer.gserviceaccount.com',
    words: /1-compute@developer\.gserviceaccount\.com is a default account/
  },
  { what: "App Engine's account", email: 'shop@appspot.gserviceaccount.com', words: /shop@appspot\S+ is a default/ }
]

for (const row of ROWS) {
  const {
    what,
    url,
    audience,
    token = 'id_token',
    credential = CREDENTIAL,
    impersonations = [],
    email = ACCOUNT,
    env = {},
    words
  } = row
  test(`${words === undefined ? 'Nothing warns' : 'A warning is given'} of ${what}.`, () => {
    const identity = { credential, impersonations }
    const inputs = {
      audiences: [audience ?? SERVICE] as const,
      audienceDerived: audience === undefined && url !== undefined,
      token,
      call: url === undefined ? undefined : { url: new URL(url) }
    }
    const warnings = [
      ...findWarnings({ inputs, identity, env }),
      ...findTokenWarnings(identity, { audience: audience ?? SERVICE, email })
    ]
    if (words === undefined) {
      assert.deepEqual(warnings, [])
      return
    }
    assert.equal(warnings.length, 1, warnings.join('\n'))
    assert.match(warnings[0] ?? '', words)
  })
}

test('A clock that differs by more than a minute is a warning, with the seconds.', () => {
  const clock = (seconds: number): string[] => findClockWarning({ now: () => seconds * 1000, googleNow: () => 0 })
  assert.deepEqual([...clock(60), ...clock(-60)], [])
  assert.match(clock(412).join('\n'), /^The clock of this machine is 412 s ahead of Google's, .*: set it, /)
  assert.match(clock(-61).join('\n'), /is 61 s behind Google's/)
})
