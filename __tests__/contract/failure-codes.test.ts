import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAILURES } from '../../src/failure/failure.ts'
import { headingsOf, readText } from './markdown.ts'

const page = await readText('docs/troubleshooting.md')
const headings = headingsOf(page).filter(({ level }) => level === 2)
const REFUSED = 'When a command is refused'
const NO_CODES = ['Index by code', 'Index by error text', REFUSED]
const codes: readonly string[] = Object.keys(FAILURES)

/** The codes that are published: workflows compare with them, so that they are added but neither renamed nor taken away. */
const PUBLISHED = [
  'INPUT_INVALID',
  'AUDIENCE_REQUIRED',
  'CREDENTIALS_NOT_FOUND',
  'CREDENTIALS_INVALID',
  'CREDENTIALS_UNSUPPORTED',
  'SERVICE_ACCOUNT_REQUIRED',
  'OIDC_UNAVAILABLE',
  'OIDC_FAILED',
  'SUBJECT_TOKEN_UNAVAILABLE',
  'FEDERATION_REJECTED',
  'IMPERSONATION_DENIED',
  'SERVICE_ACCOUNT_NOT_FOUND',
  'API_DISABLED',
  'CREDENTIALS_EXPIRED',
  'GOOGLE_UNAVAILABLE',
  'TOKEN_INVALID',
  'TOKEN_REJECTED',
  'INVOKER_MISSING',
  'IAP_REJECTED',
  'NOT_REACHED',
  'GATEWAY_REJECTED',
  'REDIRECTED',
  'SERVICE_UNAVAILABLE',
  'TIMED_OUT',
  'EXPECTATION_FAILED',
  'NOT_PRIVATE',
  'PROXY_FAILED',
  'INTERNAL'
]

/** The text between a heading and the next one of its level. */
function sectionOf(title: string): string {
  return page.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? ''
}

test('every failure code has one heading, and every heading has a code', () => {
  const titles = headings.map(({ title }) => title).filter((title) => !NO_CODES.includes(title))
  assert.deepEqual(titles, codes)
})

test('the catalogue has every code that was published', () => {
  assert.deepEqual(codes, PUBLISHED)
})

test('no failure is without a transcript of a run that ends with it', async () => {
  const transcripts = await readText('__tests__/scenarios/transcripts.test.ts.snapshot')
  for (const code of codes) assert.match(transcripts, new RegExp(`^Error: ${code}: `, 'm'))
})

test('the anchor of each code stands right before its heading', () => {
  for (const code of codes) assert.ok(page.includes(`<a id="${code}"></a>\n\n## ${code}\n`), code)
})

test('every section starts with the title of its failure', () => {
  for (const [code, title] of Object.entries(FAILURES)) {
    assert.ok(sectionOf(code).startsWith(`${code}\n\n**${title}.** `), `${code}: ${title}`)
  }
})

test('the README leads to the index by code', async () => {
  assert.ok((await readText('README.md')).includes('](docs/troubleshooting.md#index-by-code)'))
})

test('every code stands in the index by code', () => {
  for (const code of codes) assert.ok(sectionOf('Index by code').includes(`[${code}](#${code})`), code)
})

test('every text of the index stands in the section to which it points', () => {
  const rows = [...sectionOf('Index by error text').matchAll(/^\| (.+?) +\| .*\[([\w ]+)\]\(#[\w-]+\) +\|$/gm)]
  assert.ok(rows.length > 60, `${rows.length} rows`)
  for (const [, texts = '', code = ''] of rows) {
    // What varies is left out in the index; the longest part of each text has to be there.
    for (const [, , text = ''] of texts.matchAll(/(`+)(.+?)\1(?!`)/g)) {
      const [part = ''] = text.split('…').sort((one, other) => other.length - one.length)
      assert.ok(sectionOf(code).includes(part.trim()), `${code}: ${text}`)
    }
  }
})

/** What people paste, from public issues and documentation, and where the page has to lead. */
const PASTED: readonly (readonly [text: string, section: string])[] = [
  ['There was a problem refreshing your current auth tokens: (', 'IMPERSONATION_DENIED'],
  ["There was a problem refreshing your current auth tokens: ('Error code invalid_target: ", 'FEDERATION_REJECTED'],
  ['gcloud crashed (OAuthError)', 'FEDERATION_REJECTED'],
  ['ACCESS_TOKEN_TYPE_UNSUPPORTED', 'IMPERSONATION_DENIED'],
  ['Request had invalid authentication credentials', 'IMPERSONATION_DENIED'],
  ['error in secret or public key callback: socket hang up', 'OIDC_FAILED'],
  ['no available instance', 'SERVICE_UNAVAILABLE'],
  ['Invalid JWT Signature', 'CREDENTIALS_EXPIRED'],
  ['impersonate: unable to generate access token', 'IMPERSONATION_DENIED'],
  ['oauth2/google: status code 403', 'IMPERSONATION_DENIED'],
  ['failed to generate Google Cloud access token for ', 'IMPERSONATION_DENIED'],
  ['retry function failed after 4 attempts', 'Index by error text'],
  ['oauth2/google: invalid response when retrieving subject token', 'SUBJECT_TOKEN_UNAVAILABLE'],
  ['An error occurred while attempting to obtain the subject token', 'SUBJECT_TOKEN_UNAVAILABLE'],
  ["Cannot read properties of undefined (reading 'message')", 'OIDC_FAILED'],
  ["is requesting 'id-token: write', but is only allowed 'id-token: none'", 'OIDC_UNAVAILABLE'],
  ['Org Policy violated for value', 'FEDERATION_REJECTED'],
  ['constraints/iam.workloadIdentityPoolProviders', 'FEDERATION_REJECTED'],
  ['Input JWK is not in a valid json format', 'FEDERATION_REJECTED'],
  ["The attribute condition must reference one of the provider's claims", 'FEDERATION_REJECTED'],
  ['Specified identity issuer', 'FEDERATION_REJECTED'],
  ['not found in the configured identity providers', 'FEDERATION_REJECTED'],
  ['One or more users named in the policy do not belong to a permitted customer', REFUSED],
  ["Permission 'iam.serviceAccounts.setIamPolicy' is required to modify this resource", REFUSED],
  ['IAP for Cloud Run app is not set up correctly', 'IAP_REJECTED'],
  ['Empty Google Account OAuth client ID(s)/secret(s).', 'IAP_REJECTED'],
  ['The IAP service account is not provisioned', 'IAP_REJECTED'],
  ['does not have permission to access the IAP-protected application', 'IAP_REJECTED'],
  ['unable to get local issuer certificate', 'GOOGLE_UNAVAILABLE'],
  ['self-signed certificate in certificate chain', 'GOOGLE_UNAVAILABLE'],
  ['getaddrinfo ENOTFOUND', 'GOOGLE_UNAVAILABLE'],
  ['socket hang up', 'GOOGLE_UNAVAILABLE'],
  ['Error authenticating the Cloud SDK', 'SERVICE_ACCOUNT_REQUIRED'],
  ['Refresh token must contain a "client_id" property', 'SERVICE_ACCOUNT_REQUIRED'],
  ['Wrong recipient, payload audience != requiredAudience', 'EXPECTATION_FAILED']
]

for (const [text, section] of PASTED) {
  test(`"${text}" is found in the index by error text and under ${section}`, () => {
    assert.ok(sectionOf('Index by error text').includes(text))
    assert.ok(sectionOf(section).includes(text))
  })
}

test('every section with a command leads to what helps when the command is refused', () => {
  for (const code of codes.filter((each) => sectionOf(each).includes('gcloud ')))
    assert.ok(sectionOf(code).includes('](#when-a-command-is-refused)'), code)
})

test('every section says what to do: a table, commands or YAML', () => {
  for (const code of codes) assert.match(sectionOf(code), /^(```|\||Use )/m, code)
})
