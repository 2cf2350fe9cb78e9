import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAILURES } from '../../src/failure/failure.ts'
import { headingsOf, readText } from './markdown.ts'

const page = await readText('docs/troubleshooting.md')
const headings = headingsOf(page).filter(({ level }) => level > 1)
const INDEXES = ['Index by code', 'Index by error text']
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
  const titles = headings.map(({ title }) => title).filter((title) => !INDEXES.includes(title))
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
  const rows = sectionOf('Index by error text').matchAll(/^\| (.+?) +\| \[(\w+)\]\(#\w+\) +\|$/gm)
  for (const [, texts = '', code = ''] of rows) {
    // What varies is left out in the index; the longest part of each text has to be there.
    for (const [, , text = ''] of texts.matchAll(/(`+)(.+?)\1(?!`)/g)) {
      const [part = ''] = text.split('…').sort((one, other) => other.length - one.length)
      assert.ok(sectionOf(code).includes(part.trim()), `${code}: ${text}`)
    }
  }
})

test('every section says how to mend it: a table, commands or YAML', () => {
  for (const code of codes) assert.match(sectionOf(code), /^(```|\||Use )/m, code)
})
