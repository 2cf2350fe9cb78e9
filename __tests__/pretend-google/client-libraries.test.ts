/**
 * What Google's libraries and google-github-actions/auth send, request by request, as their sources say it; the world takes all
 * of it. A row says who sends it, and where the source builds the request.
 */
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { send } from './client.ts'
import type { ClientAnswer, ClientRequest } from './client.ts'
import { ACCOUNT, exchangeToken, federate, repositoryMember, requestGithubToken, requestToken } from './flow.ts'
import { decodeJwt, signJwt } from './tokens/jwt.ts'
import type { Claims } from './tokens/jwt.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

const AUDIENCE = 'https://hello-abc-uc.a.run.app'
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'
const METRICS = { 'x-goog-api-client': 'gl-python/3.12.0 auth/2.48.0 auth-request-type/at cred-type/imp' }

/** The claims over which `claims` go, signed with a key of ACCOUNT. */
async function signWithKey(world: PretendGoogle, claims: Claims): Promise<string> {
  const document = await world.addServiceAccountKey(ACCOUNT)
  const privateKey = createPrivateKey(document['private_key'] ?? '')
  const now = world.clock.seconds()
  const key = { id: document['private_key_id'] ?? '', privateKey, publicKey: privateKey }
  return signJwt({ iss: ACCOUNT, iat: now, exp: now + 3599, ...claims }, key)
}

describe('the IAM credentials API takes', () => {
  const payload = JSON.stringify({ iss: ACCOUNT, sub: ACCOUNT, aud: `${AUDIENCE}/*` })
  const rows: Readonly<Record<string, readonly [method: string, request: ClientRequest & { text?: string }]>> = {
    'google-auth-library-python, impersonated_credentials.py, Credentials': [
      'generateAccessToken',
      { body: { delegates: null, scope: [CLOUD_PLATFORM], lifetime: '3600s' }, headers: METRICS }
    ],
    'google-auth-library-python, impersonated_credentials.py, IDTokenCredentials': [
      'generateIdToken',
      { body: { audience: AUDIENCE, delegates: null, includeEmail: null }, headers: METRICS }
    ],
    'google-auth-library-python, _client.py, call_iam_generate_id_token_endpoint': [
      'generateIdToken',
      { body: { audience: AUDIENCE, includeEmail: 'true', useEmailAzp: 'true' } }
    ],
    'google-auth-library-python, impersonated_credentials.py, _sign_jwt_request': [
      'signJwt',
      { body: { delegates: null, payload } }
    ],
    'google-auth-library-python, iam.py, Signer': ['signBlob', { body: { payload: 'aGVsbG8=' } }],
    'google-auth-library-java, ImpersonatedCredentials.java': [
      'generateAccessToken',
      { body: { delegates: [], scope: [CLOUD_PLATFORM], lifetime: '3600s' } }
    ],
    'google-auth-library-java, ServiceAccountCredentials.java, getIdTokenIamEndpoint': [
      'generateIdToken',
      { body: new URLSearchParams({ audience: AUDIENCE, includeEmail: 'true', useEmailAzp: 'true' }) }
    ],
    'google-cloud-go, auth, internal/impersonate/idtoken.go': [
      'generateIdToken',
      { body: { audience: AUDIENCE, includeEmail: true } }
    ],
    'google-cloud-go, auth, impersonate/user.go': ['signJwt', { body: { payload } }],
    'google-auth-library-nodejs, impersonated.js, fetchIdToken': [
      'generateIdToken',
      { body: { delegates: [], audience: AUDIENCE, includeEmail: true, useEmailAzp: true } }
    ],
    'google-auth-library-nodejs, baseexternalclient.js': [
      'generateAccessToken',
      { body: { scope: [CLOUD_PLATFORM], lifetime: '3600s' } }
    ],
    'a client that writes a duration with fractions': [
      'generateAccessToken',
      { body: { scope: [CLOUD_PLATFORM], lifetime: '1800.500s' } }
    ],
    'google-github-actions/auth, iamcredentials.ts, generateIDToken': [
      'generateIdToken',
      { body: { audience: AUDIENCE, includeEmail: false }, headers: { 'x-goog-request-reason': 'because' } }
    ],
    'google-github-actions/auth, workload_identity_federation.ts, signJWT': ['signJwt', { body: { payload } }],
    'gcloud, whose client asks for JSON in the query': [
      'generateIdToken?alt=json',
      { body: { audience: AUDIENCE, delegates: [], includeEmail: true } }
    ],
    'a client that writes names as the .proto file does': [
      'generateIdToken?$alt=json;enum-encoding=int',
      { body: { audience: AUDIENCE, include_email: true, use_email_azp: true } }
    ]
  }
  for (const [who, [method, request]] of Object.entries(rows)) {
    it(who, async () => {
      await using world = await startPretendGoogle()
      const provider = world.addPool()
      world.addServiceAccount({ email: ACCOUNT })
      world.grant(repositoryMember(provider), 'roles/iam.serviceAccountTokenCreator', ACCOUNT)
      const authorization = `Bearer ${await federate(world, provider)}`
      const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:${method}`
      const answer = await send(world, url, { ...request, headers: { authorization, ...request.headers } })
      assert.equal(answer.status, 200, answer.text)
    })
  }

  const selfSigned: Readonly<Record<string, Claims>> = {
    'google-github-actions/auth, service_account_key_json.ts': {
      sub: ACCOUNT,
      aud: 'https://iamcredentials.googleapis.com/'
    },
    'google-auth-library-nodejs, jwtaccess.js': {
      sub: ACCOUNT,
      aud: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`
    },
    'google-auth-library-python and -java, for generateIdToken': {
      sub: ACCOUNT,
      scope: 'https://www.googleapis.com/auth/iam'
    },
    'google-cloud-go, auth, selfsignedjwt.go': {
      sub: ACCOUNT,
      aud: '',
      scope: `https://iamcredentials.googleapis.com/ ${CLOUD_PLATFORM}`
    }
  }
  for (const [who, claims] of Object.entries(selfSigned)) {
    it(`the JWT of a key as access token, of ${who}`, async () => {
      await using world = await startPretendGoogle()
      world.addServiceAccount({ email: ACCOUNT })
      world.grant(`serviceAccount:${ACCOUNT}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
      const answer = await callWithJwt(world, claims)
      assert.equal(decodeJwt(String(answer.json['token']))?.claims['aud'], AUDIENCE, answer.text)
    })
  }

  it('no JWT of a key that is for something else, too old, or in the name of somebody else', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    world.grant(`serviceAccount:${ACCOUNT}`, 'roles/iam.serviceAccountOpenIdTokenCreator', ACCOUNT)
    const aud = 'https://iamcredentials.googleapis.com/'
    const now = world.clock.seconds()
    const wrong: readonly (readonly [Claims, number])[] = [
      [{ sub: ACCOUNT, aud: 'https://run.googleapis.com/' }, 401],
      [{ sub: 'person@example.com', aud }, 401],
      [{ sub: ACCOUNT, aud, iat: now - 120, exp: now - 60 }, 401],
      [{ sub: ACCOUNT, aud, exp: now + 7200 }, 401],
      [{ sub: ACCOUNT, scope: 'https://www.googleapis.com/auth/devstorage.read_only' }, 403]
    ]
    for (const [claims, status] of wrong) {
      assert.equal((await callWithJwt(world, claims)).status, status, JSON.stringify(claims))
    }
  })

  async function callWithJwt(world: PretendGoogle, claims: Claims): Promise<ClientAnswer> {
    const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`
    const headers = { authorization: `Bearer ${await signWithKey(world, claims)}` }
    return await send(world, url, { headers, body: { audience: AUDIENCE, includeEmail: true } })
  }
})

describe('STS takes', () => {
  const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const requestedTokenType = 'urn:ietf:params:oauth:token-type:access_token'
  const subjectTokenType = 'urn:ietf:params:oauth:token-type:jwt'

  it('the JSON of google-github-actions/auth, workload_identity_federation.ts', async () => {
    await using world = await startPretendGoogle()
    const provider = world.addPool()
    const subjectToken = await requestGithubToken(world, `https://iam.googleapis.com/${provider}`)
    const audience = `//iam.googleapis.com/${provider}`
    const body = { audience, grantType, requestedTokenType, scope: CLOUD_PLATFORM, subjectTokenType, subjectToken }
    const url = 'https://sts.googleapis.com/v1/token'
    assert.equal((await send(world, url, { body })).status, 200)
    assert.equal((await send(world, `${url}?alt=json`, { body: { ...body, options: null } })).status, 200)
  })

  const options = JSON.stringify({ userProject: '123456789012' })
  const encodings = {
    'google-auth-library-java, StsRequestHandler.java, and google-cloud-go, stsexchange': options,
    'google-auth-library-python, sts.py, which encodes it twice': encodeURIComponent(options)
  }
  for (const [who, encoded] of Object.entries(encodings)) {
    it(`the project that is charged for a workforce identity, from ${who}`, async () => {
      await using world = await startPretendGoogle()
      const issuer = 'https://issuer.example'
      const provider = world.addWorkforcePool({
        pool: 'staff',
        provider: 'okta',
        source: { kind: 'oidc', issuer },
        allowedAudiences: ['client']
      })
      const subjectToken = await world.issueOidcToken(issuer, { aud: 'client', sub: 'jo' })
      const answer = await exchangeToken(world, provider, subjectToken, { options: encoded }, { headers: METRICS })
      assert.equal(answer.status, 200, answer.text)
      world.disableApi('iamcredentials.googleapis.com', '123456789012')
      const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`
      const authorization = `Bearer ${String(answer.json['access_token'])}`
      const charged = await send(world, url, { headers: { authorization }, body: { audience: AUDIENCE } })
      assert.match(charged.text, /in project 123456789012 before/)
    })
  }
})

describe('the token endpoint takes', () => {
  const JWT_BEARER = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }
  const audiences = [
    'https://oauth2.googleapis.com/token',
    'https://accounts.google.com/o/oauth2/token',
    'https://www.googleapis.com/oauth2/v4/token'
  ]
  for (const aud of audiences) {
    it(`an assertion for ${aud}, which Go and Java take from the key's token_uri`, async () => {
      await using world = await startPretendGoogle()
      world.addServiceAccount({ email: ACCOUNT })
      const assertion = await signWithKey(world, { aud, sub: ACCOUNT, scope: '', target_audience: AUDIENCE })
      const answer = await send(world, aud, { body: new URLSearchParams({ ...JWT_BEARER, assertion }) })
      assert.ok('id_token' in answer.json, answer.text)
    })
  }

  it('the older name of the grant, of google-cloud-go, impersonate/user.go', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    const aud = 'https://oauth2.googleapis.com/token'
    const grant = { grant_type: 'assertion', assertion_type: 'http://oauth.net/grant_type/jwt/1.0/bearer' }
    const assertion = await signWithKey(world, { aud, scope: CLOUD_PLATFORM })
    assert.ok('access_token' in (await requestToken(world, { ...grant, assertion })).json)
  })

  it('no assertion in the name of a person, because no administrator allowed that', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    const aud = 'https://oauth2.googleapis.com/token'
    const assertion = await signWithKey(world, { aud, sub: 'person@example.com', scope: CLOUD_PLATFORM })
    const answer = await requestToken(world, { ...JWT_BEARER, assertion })
    assert.deepEqual([answer.status, answer.json['error']], [401, 'unauthorized_client'])
  })

  it('a refresh with scopes and the proof of a second sign-in, of google-auth-library-python, _client.py', async () => {
    await using world = await startPretendGoogle()
    const { client_id = '', client_secret = '', refresh_token = '' } = world.addUser({ email: 'person@example.com' })
    const parameters = { grant_type: 'refresh_token', client_id, client_secret, refresh_token }
    const answer = await requestToken(world, { ...parameters, scope: `openid ${CLOUD_PLATFORM}`, rapt: 'proof' })
    assert.ok('id_token' in answer.json, answer.text)
  })
})

describe('the metadata server takes', () => {
  const scopes = `${CLOUD_PLATFORM}\n`
  const account = { aliases: ['default'], email: ACCOUNT, scopes: [CLOUD_PLATFORM] }
  const rows: Readonly<Record<string, readonly [path: string, answer: string | object | RegExp]>> = {
    'the ping of Python and Java, and detection of Go': ['/', 'computeMetadata/\n'],
    'detection of Node, gcp-metadata': [
      '/computeMetadata/v1/instance',
      /^attributes\/\nid\nname\nservice-accounts\/\nzone\n$/
    ],
    'detection of gcloud': ['/computeMetadata/v1/project/numeric-project-id', '123456789012'],
    'the project of every library': ['/computeMetadata/v1/project/project-id', 'octo-project'],
    'the zone of Go': ['/computeMetadata/v1/instance/zone', 'projects/123456789012/zones/europe-west1-b'],
    'the universe of every library': ['/computeMetadata/v1/universe/universe-domain', 'googleapis.com'],
    'the account of Python, _metadata.py, get_service_account_info': [
      '/computeMetadata/v1/instance/service-accounts/default/?recursive=true',
      account
    ],
    'the accounts of Java, ComputeEngineCredentials.java': [
      '/computeMetadata/v1/instance/service-accounts/?recursive=true',
      { default: account, [ACCOUNT]: account }
    ],
    'the list of accounts': ['/computeMetadata/v1/instance/service-accounts/', `default/\n${ACCOUNT}/\n`],
    'the e-mail': ['/computeMetadata/v1/instance/service-accounts/default/email', ACCOUNT],
    'the scopes of Go': [`/computeMetadata/v1/instance/service-accounts/${ACCOUNT}/scopes`, scopes],
    'the access token of Java': [
      '/computeMetadata/v1/instance/service-accounts/default/token?scopes=a,b&transport=alts',
      /"access_token"/
    ]
  }
  for (const [what, [path, expected]] of Object.entries(rows)) {
    it(what, async () => {
      await using world = await startPretendGoogle()
      world.addServiceAccount({ email: ACCOUNT })
      world.metadataServer.enable({ email: ACCOUNT })
      const url = `http://${world.env()['GCE_METADATA_HOST'] ?? ''}${path}`
      const answer = await send(world, url, { headers: { 'metadata-flavor': 'Google', ...METRICS } })
      assert.equal(answer.status, 200)
      if (expected instanceof RegExp) assert.match(answer.text, expected)
      else assert.deepEqual(typeof expected === 'string' ? answer.text : answer.json, expected)
      assert.equal((await send(world, url, { method: 'HEAD', headers: { 'metadata-flavor': 'Google' } })).status, 200)
    })
  }
})

describe('the metadata server gives', () => {
  it('an ID token with licences to Java and Go, where the format is full', async () => {
    await using world = await startPretendGoogle()
    world.addServiceAccount({ email: ACCOUNT })
    world.metadataServer.enable({ email: ACCOUNT })
    const resource = '/computeMetadata/v1/instance/service-accounts/default/identity'
    const url = new URL(resource, `http://${world.env()['GCE_METADATA_HOST'] ?? ''}`)
    url.search = new URLSearchParams({ audience: AUDIENCE, format: 'full', licenses: 'TRUE' }).toString()
    const { text } = await send(world, url.href, { headers: { 'metadata-flavor': 'Google' } })
    assert.match(JSON.stringify(decodeJwt(text)?.claims['google']), /"license_id":\["\d+"\]/)
  })
})

describe("GitHub's OIDC service takes", () => {
  const clients: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'the toolkit': { accept: 'application/json', 'user-agent': 'actions/oidc-client' },
    "Google's libraries, for a file of google-github-actions/auth": { 'accept-encoding': 'gzip' }
  }
  for (const [who, headers] of Object.entries(clients)) {
    it(who, async () => {
      await using world = await startPretendGoogle()
      const { ACTIONS_ID_TOKEN_REQUEST_URL = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN = '' } = await world.githubOidcEnv()
      const url = new URL(ACTIONS_ID_TOKEN_REQUEST_URL)
      url.searchParams.set('audience', AUDIENCE)
      const authorization = `Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN}`
      const { json } = await send(world, url.href, { headers: { authorization, ...headers } })
      assert.equal(decodeJwt(String(json['value']))?.claims['aud'], AUDIENCE)
    })
  }
})
