import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamCredentialsUrl, isTokenServiceUrl, oauthTokenUrl, stsUrl } from '../../../src/token/google-hosts.ts'
import type { Service } from '../../../src/token/google-hosts.ts'
import { isLocalUrl, isLoopbackUrl } from '../../../src/world/request.ts'

const TRUSTED: [string, Service, string][] = [
  ['https://sts.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://STS.googleapis.com:443/v1/token', 'sts', 'googleapis.com'],
  ['https://sts.mtls.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://us-east1-sts.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://sts.us-east1.rep.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://sts-vpc.p.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://iamcredentials.googleapis.com/v1/x', 'iamcredentials', 'googleapis.com'],
  ['https://oauth2.googleapis.com/token', 'oauth2', 'googleapis.com'],
  ['https://accounts.google.com/o/oauth2/token', 'oauth2', 'googleapis.com'],
  ['https://www.googleapis.com/oauth2/v4/token', 'oauth2', 'googleapis.com'],
  ['https://sts.apis.example/v1/token', 'sts', 'apis.example']
]

for (const [url, service, universe] of TRUSTED) {
  test(`${url} is a token service of ${universe}.`, () => {
    assert.ok(isTokenServiceUrl(new URL(url), service, universe))
  })
}

const STRANGERS: [string, Service, string][] = [
  ['https://sts.googleapis.com.evil.example/v1/token', 'sts', 'googleapis.com'],
  ['https://evil.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://storage.googleapis.com/sts/token', 'sts', 'googleapis.com'],
  ['https://sts.storage.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://evilsts.googleapis.com/', 'sts', 'googleapis.com'],
  ['https://sts.evil.example/googleapis.com', 'sts', 'googleapis.com'],
  ['https://stsXgoogleapis.com/', 'sts', 'googleapis.com'],
  ['https://sts.googleapisXcom/', 'sts', 'googleapis.com'],
  ['https://a.b.sts.googleapis.com/', 'sts', 'googleapis.com'],
  ['https://googleapis.com/', 'sts', 'googleapis.com'],
  ['http://sts.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://sts.googleapis.com:8443/v1/token', 'sts', 'googleapis.com'],
  ['https://user@sts.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://:pass@sts.googleapis.com/v1/token', 'sts', 'googleapis.com'],
  ['https://sts.googleapis.com@evil.example/v1/token', 'sts', 'googleapis.com'],
  ['https://sts.googleapis.com./v1/token', 'sts', 'googleapis.com'],
  ['https://oauth2.googleapis.com/token', 'sts', 'googleapis.com'],
  ['https://sts.googleapis.com/v1/token', 'oauth2', 'googleapis.com'],
  ['https://sts.googleapis.com/v1/token', 'iamcredentials', 'googleapis.com'],
  ['https://accounts.google.com/o/oauth2/token', 'sts', 'googleapis.com'],
  ['https://accounts.google.com/other', 'oauth2', 'googleapis.com'],
  ['https://accounts.google.com.evil.example/o/oauth2/token', 'oauth2', 'googleapis.com'],
  ['https://sts.googleapis.com/v1/token', 'sts', 'apis.example'],
  ['https://sts.apis.example/v1/token', 'sts', 'googleapis.com'],
  ['https://accounts.google.com/o/oauth2/token', 'oauth2', 'apis.example']
]

for (const [url, service, universe] of STRANGERS) {
  test(`${url} is no token service (${service}) of ${universe}.`, () => {
    assert.ok(!isTokenServiceUrl(new URL(url), service, universe))
  })
}

test("The URLs of Google's services follow the universe.", () => {
  assert.deepEqual(
    [
      stsUrl('googleapis.com', 'token').href,
      stsUrl('apis.example', 'oauthtoken').href,
      oauthTokenUrl('googleapis.com').href,
      iamCredentialsUrl('googleapis.com', 'ci@shop.iam.gserviceaccount.com', 'generateIdToken').href,
      iamCredentialsUrl('apis.example', '1122', 'generateAccessToken').href
    ],
    [
      'https://sts.googleapis.com/v1/token',
      'https://sts.apis.example/v1/oauthtoken',
      'https://oauth2.googleapis.com/token',
      'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@shop.iam.gserviceaccount.com:generateIdToken',
      'https://iamcredentials.apis.example/v1/projects/-/serviceAccounts/1122:generateAccessToken'
    ]
  )
})

test('Nothing in the name of an account can lead to another path.', () => {
  const { pathname } = iamCredentialsUrl('googleapis.com', '../x?a=b#c/d', 'generateIdToken')
  assert.equal(pathname, '/v1/projects/-/serviceAccounts/..%2Fx%3Fa%3Db%23c%2Fd:generateIdToken')
})

/** URL, whether it is loopback, whether it is local. */
const LOCAL: [string, boolean, boolean][] = [
  ['http://localhost/', true, true],
  ['http://LOCALHOST:8080/', true, true],
  ['http://127.0.0.1/', true, true],
  ['http://127.1/', true, true],
  ['http://127.255.255.254/', true, true],
  ['http://[::1]/', true, true],
  ['http://169.254.169.254/', false, true],
  ['http://[fe80::1]/', false, true],
  ['http://[febf::1]/', false, true],
  ['http://[fec0::1]/', false, false],
  ['http://[fd00:ec2::254]/', false, false],
  ['http://10.0.0.1/', false, false],
  ['http://0.0.0.0/', false, false],
  ['http://128.0.0.1/', false, false],
  ['http://169.255.0.1/', false, false],
  ['http://localhost.evil.example/', false, false],
  ['http://127.0.0.1.evil.example/', false, false],
  ['http://169.254.169.254.evil.example/', false, false],
  ['http://fe80.example/', false, false]
]

for (const [url, loopback, local] of LOCAL) {
  test(`${url} is ${loopback ? 'loopback' : local ? 'link-local' : 'somewhere else'}.`, () => {
    assert.deepEqual([isLoopbackUrl(new URL(url)), isLocalUrl(new URL(url))], [loopback, local])
  })
}
