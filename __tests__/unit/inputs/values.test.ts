import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  parseAccount,
  parseBoolean,
  parseDuration,
  parseLines,
  parseList,
  parseProvider,
  parseUniverse,
  parseUrl,
  parseVariableName
} from '../../../src/inputs/values.ts'
import { assertFails, wordsOf } from '../fixtures.ts'

const PROVIDER = 'projects/123456789012/locations/global/workloadIdentityPools/github/providers/my-repo'

test('A list has neither blanks around its parts nor empty parts.', () => {
  assert.deepEqual(parseList(' a ,\n\n b,,c\r\n'), ['a', 'b', 'c'])
})

test('A document or key stays whole in the place of names, and is lines in the place of patterns.', () => {
  for (const document of ['{\n"a": 1,\n"b": 2\n}', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----']) {
    assert.deepEqual(parseList(` ${document}\n`), [document])
    assert.deepEqual(parseLines(document), document.split('\n'))
  }
})

const DURATIONS: [string, number][] = [
  ['500ms', 500],
  ['30s', 30_000],
  ['2m', 120_000],
  ['45', 45_000],
  ['1.5s', 1_500],
  ['0.5', 500],
  ['1440m', 86_400_000]
]

for (const [value, milliseconds] of DURATIONS) {
  test(`The duration ${value} is ${milliseconds} ms.`, () => {
    assert.equal(parseDuration('timeout', value, 1), milliseconds)
  })
}

test('A duration of zero is one where zero makes sense.', () => {
  assert.equal(parseDuration('iam_wait', '0', 0), 0)
})

for (const value of [
  '',
  '0',
  '0s',
  '-1s',
  '+1s',
  '1h',
  '1d',
  's',
  '1 s 2',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  '1,5s',
  '１s',
  '1441m'
]) {
  test(`"${value}" is no duration above zero.`, () => {
    assertFails(() => parseDuration('timeout', value, 1), 'INPUT_INVALID', /^Input timeout: /)
  })
}

const BOOLEANS: [string, boolean][] = [
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false]
]

for (const [value, expected] of BOOLEANS) {
  test(`The boolean ${value} is read.`, () => {
    assert.equal(parseBoolean('summary', value), expected)
  })
}

for (const value of ['', 'yes', '1', 'tRUE', 'true false']) {
  test(`"${value}" is no boolean.`, () => {
    assertFails(() => parseBoolean('summary', value), 'INPUT_INVALID', /^Input summary: /)
  })
}

test('The full name of a provider is taken as it is.', () => {
  assert.equal(parseProvider(PROVIDER), PROVIDER)
})

/** What is wrong, the value, the reason, and whether it is complete but for that. */
const PROVIDERS: [string, string, RegExp, boolean?][] = [
  ['quotes', `"${PROVIDER}"`, /has quotes/, true],
  ['blanks', PROVIDER.replace('my-repo', 'my repo'), /has blanks/],
  ['a secret that GitHub hides', PROVIDER.replace('123456789012', '***'), /has \*\*\* in it, which GitHub shows/],
  ['an expression', 'projects/${{ vars.NUMBER }}/locations', /an expression in it that was not evaluated/],
  ['a placeholder for its number', PROVIDER.replace('123456789012', 'PROJECT_NUMBER'), /has a placeholder in it/],
  ['placeholders for its names', PROVIDER.replace(/github.*/, 'POOL/providers/PROVIDER'), /has a placeholder in it/],
  ['capitals', PROVIDER.replace('my-repo', 'My-Repo'), /a character in it that no id/],
  ['a host', `//iam.googleapis.com/${PROVIDER}`, /starts with a host/, true],
  ['a URL', `https://iam.googleapis.com/${PROVIDER}`, /starts with a host/, true],
  ['a project id', PROVIDER.replace('123456789012', 'my-shop'), /id of the project/],
  ['a pool without provider', PROVIDER.replace(/\/providers.*/, ''), /names a pool/],
  ['a pool without provider, with a slash', PROVIDER.replace(/providers.*/, ''), /names a pool/],
  ['a name without its path', 'my-repo', /is not the full name/],
  ['another location', PROVIDER.replace('global', 'europe'), /is not the full name/],
  ['something behind the provider', `${PROVIDER}/keys/1`, /is not the full name/],
  ['a line behind the provider', `${PROVIDER}\n`, /has blanks/, true]
]

for (const [what, value, problem, complete = false] of PROVIDERS) {
  test(`A provider with ${what} is refused with that very reason, and the right name is shown or can be found.`, () => {
    const { remedy, snippets = [] } = assertFails(() => parseProvider(value), 'INPUT_INVALID', problem)
    const right = complete ? PROVIDER : 'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER'
    assert.equal(remedy, `Write workload_identity_provider as ${right}.`)
    const lines = snippets.flatMap((snippet) => snippet.lines)
    assert.ok(lines.includes(`workload_identity_provider: ${right}`))
    assert.equal(
      lines.some((line) => line.startsWith('gcloud iam workload-identity-pools providers list')),
      !complete
    )
  })
}

// In quadratic time it would not end within the limit of a test.
test('Blanks inside a name are passed in linear time', () => {
  assertFails(() => parseProvider(`x${' '.repeat(1_000_000)}x`), 'INPUT_INVALID', /has blanks/)
})

const ACCOUNTS: [string, string, string][] = [
  ['an e-mail', 'ci@shop.iam.gserviceaccount.com', 'ci@shop.iam.gserviceaccount.com'],
  ['a default account', '123-compute@developer.gserviceaccount.com', '123-compute@developer.gserviceaccount.com'],
  [
    'an account of a domain-scoped project',
    'ci@shop.example.com.iam.gserviceaccount.com',
    'ci@shop.example.com.iam.gserviceaccount.com'
  ],
  ['a unique id', '112233445566778899001', '112233445566778899001'],
  ['a resource name', 'projects/-/serviceAccounts/ci@shop.iam.gserviceaccount.com', 'ci@shop.iam.gserviceaccount.com']
]

for (const [what, value, account] of ACCOUNTS) {
  test(`A service account is named by ${what}.`, () => {
    assert.equal(parseAccount('service_account', value), account)
  })
}

const NO_ACCOUNTS: [string, string, RegExp][] = [
  ['quotes', "'ci@shop.iam.gserviceaccount.com'", /has quotes/],
  ['blanks', 'ci@shop.iam.gserviceaccount.com, b@shop', /has blanks/],
  ["a member's prefix", 'serviceAccount:ci@shop.iam.gserviceaccount.com', /prefix of a member/],
  ['no domain', 'ci', /neither an e-mail nor a unique id/],
  ['a misspelled domain', 'ci@shop.iam.gserviceaccounts.com', /does not end in \.gserviceaccount\.com/],
  ['a placeholder for a name', 'NAME@shop.iam.gserviceaccount.com', /is a placeholder/],
  ['a placeholder for a project', 'ci@PROJECT_ID.iam.gserviceaccount.com', /is a placeholder/],
  ['a secret that GitHub hides', '***@shop.iam.gserviceaccount.com', /\*\*\* in it/],
  ['the address of a person', 'jane@gmail.com', /the e-mail of a person/],
  ['a leading hyphen', '-q@shop.iam.gserviceaccount.com', /neither/],
  ['a project number', '123456789012', /is no unique id/],
  ['a lone surrogate', 'ci\ud800@shop.iam.gserviceaccount.com', /neither an e-mail nor a unique id/],
  ['a path in it', 'a/b@shop.iam.gserviceaccount.com', /neither/],
  ['another method', 'ci@shop.iam.gserviceaccount.com:signJwt', /neither/],
  ['a query', 'ci@shop.iam.gserviceaccount.com?x=1', /neither/]
]

for (const [what, value, problem] of NO_ACCOUNTS) {
  test(`A service account with ${what} is refused with that very reason.`, () => {
    assertFails(() => parseAccount('delegates', value), 'INPUT_INVALID', problem)
  })
}

for (const value of ['googleapis.com', 'apis-s3ns.fr', 'a.b.c']) {
  test(`${value} is a universe.`, () => {
    assert.equal(parseUniverse(value), value)
  })
}

for (const value of [
  'https://googleapis.com',
  'googleapis',
  'googleapis.com/',
  'Googleapis.com',
  '.googleapis.com',
  'a..b',
  'a.b:443',
  'x@a.b',
  '*.b',
  '1.2.3.4',
  'a.123',
  'foo.0x1',
  '0.0',
  'a.-b'
]) {
  test(`"${value}" is no universe.`, () => {
    assertFails(() => parseUniverse(value), 'INPUT_INVALID', /^Input universe: /)
  })
}

for (const value of ['ID_TOKEN', '_token', 'token2', 'PATH_TOKEN', 'GITHUBTOKEN', 'GOOGLE_ID_TOKEN', 'NODE_TOKEN']) {
  test(`${value} is a name for a variable.`, () => {
    assert.equal(parseVariableName(value), value)
  })
}

test('No name for a variable is fine.', () => {
  assert.equal(parseVariableName(undefined), undefined)
})

for (const value of ['2TOKEN', 'ID-TOKEN', 'ID TOKEN', 'ID_TOKEN=1', 'ID\nTOKEN', 'ÄHM', '${X}']) {
  test(`${JSON.stringify(value)} is no name for a variable.`, () => {
    assertFails(() => parseVariableName(value), 'INPUT_INVALID', /is not a name/)
  })
}

for (const value of [
  'GITHUB_TOKEN',
  'github_token',
  'RUNNER_TEMP',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'INPUT_URL',
  'PATH',
  'Path',
  'NODE_OPTIONS',
  'HOME',
  'CI',
  'LD_PRELOAD',
  'DYLD_INSERT_LIBRARIES',
  'BASH_ENV',
  'https_proxy',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'CLOUDSDK_CONFIG',
  'GIT_SSH_COMMAND',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS'
]) {
  test(`The variable ${value} has a meaning of its own.`, () => {
    assertFails(() => parseVariableName(value), 'INPUT_INVALID', /meaning of its own/)
  })
}

const URLS: [string, string, string][] = [
  ['https', 'https://shop.example/a?b=c', 'https://shop.example/a?b=c'],
  ['upper case', 'HTTPS://SHOP.example', 'https://shop.example/'],
  ['a fragment, which is never sent', 'https://shop.example/a#b', 'https://shop.example/a'],
  ['http on localhost', 'http://localhost:8080/', 'http://localhost:8080/'],
  ['http on 127.0.0.1', 'http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
  ['http on another loopback address', 'http://127.9.9.9/', 'http://127.9.9.9/'],
  ['http on IPv6 loopback', 'http://[::1]:8080/', 'http://[::1]:8080/']
]

for (const [what, value, href] of URLS) {
  test(`A URL with ${what} is accepted.`, () => {
    assert.equal(parseUrl(value).href, href)
  })
}

const NO_URLS: [string, string, RegExp][] = [
  ['no scheme', 'shop.example', /is not a URL/],
  ['blanks in it', 'https://shop.example/a b', /is not a URL/],
  ['a line break in it', 'https://shop.\nexample/', /is not a URL/],
  ['no host', 'https://', /is not a URL/],
  ['http', 'http://shop.example/', /is not https/],
  ['http on a host named like localhost', 'http://localhost.evil.example/', /is not https/],
  ['http on a host named like an address', 'http://127.0.0.1.evil.example/', /is not https/],
  ['http on a link-local address', 'http://169.254.169.254/', /is not https/],
  ['http on any address', 'http://0.0.0.0/', /is not https/],
  ['another scheme', 'ftp://shop.example/', /is not https/],
  ['a file', 'file://localhost/etc/passwd', /is not/],
  ['a user name', 'https://user@shop.example/', /user name or password/],
  ['a password', 'https://user:pass@shop.example/', /user name or password/],
  ['an empty user name and password', 'https://:@shop.example/', /user name or password/],
  ['a service without a name', 'https://.run.app/', /is not a URL/],
  ['a tag without a service', 'https://canary---.run.app/', /is not a URL/],
  ['a function without a project', 'https://.cloudfunctions.net/f', /is not a URL/],
  [
    'a region that is none',
    'https://shop-123456789012.europe-west-1.run.app/',
    /"europe-west-1" where a region stands/
  ],
  ['placeholders', 'https://SERVICE-PROJECT_NUMBER.REGION.run.app/', /"region" where a region stands/]
]

for (const [what, value, problem] of NO_URLS) {
  test(`A URL with ${what} is refused.`, () => {
    assertFails(() => parseUrl(value), 'INPUT_INVALID', problem)
  })
}

const SECRET_URLS: [string, string][] = [
  ['a password', 'https://user:s3cr3t@shop.example/'],
  ['a password and http', 'http://user:s3cr3t@shop.example/'],
  ['a password and no host', 'https://user:s3cr3t@/'],
  ['a password and a blank', 'https://user:s3cr3t@shop.example/a b'],
  ['a password and a bad port', 'https://user:s3cr3t@shop.example:port/'],
  ['a password and no scheme', 'user:s3cr3t@shop.example'],
  ['a query and http', 'http://shop.example/?key=s3cr3t'],
  ['a query and no scheme', 'shop.example/?key=s3cr3t'],
  ['a query over two lines', 'https://shop.example/?key=\ns3cr3t']
]

for (const [what, value] of SECRET_URLS) {
  test(`A URL with ${what} is refused without repeating the secret.`, () => {
    assert.doesNotMatch(wordsOf(assertFails(() => parseUrl(value), 'INPUT_INVALID')), /s3cr3t/)
  })
}
