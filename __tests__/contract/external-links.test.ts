import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isGone, isLink, listLinks, ownFiles, urlsIn } from '../../scripts/links.ts'

// Tests are full of invented URLs.
const files = ownFiles().filter((file) => !/^(__tests__|benchmark)\/.*\.ts$/.test(file))

test('of every URL it is known whether it is a link', () => {
  const unknown = files.flatMap((file) =>
    urlsIn(readFileSync(file, 'utf8'))
      .filter((url) => isLink(url) === undefined)
      .map((url) => `${file}: ${url}`)
  )
  assert.deepEqual(unknown, [], 'say so in scripts/links.ts')
})

test('the list of links has what README, docs and comments name', () => {
  const links = new Map(listLinks().map(({ url, files: names }) => [url, names]))
  assert.ok(links.size > 50)
  for (const [url, file] of [
    ['https://cloud.google.com/run/docs/securing/ingress', 'src/'],
    ['https://google.aip.dev/auth/4117', 'src/'],
    ['https://shell.cloud.google.com', 'docs/'],
    ['https://nektosact.com', 'CONTRIBUTING.md']
  ] as const)
    assert.equal(
      links.get(url)?.some((name) => name.startsWith(file)),
      true,
      url
    )
  assert.ok(![...links.keys()].some((url) => url.includes('#')), 'a page is asked for once')
})

const URLS: readonly (readonly [text: string, urls: readonly string[]])[] = [
  ['See https://nodejs.org/api/tls.html.', ['https://nodejs.org/api/tls.html']],
  ['[Node](https://nodejs.org/api/tls.html)', ['https://nodejs.org/api/tls.html']],
  ['`https://nodejs.org`, "https://yaml.org"', ['https://nodejs.org', 'https://yaml.org']],
  ['<https://nodejs.org/#a>; https', ['https://nodejs.org/#a']]
]

for (const [text, urls] of URLS) {
  test(`the URLs in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(urlsIn(text), urls)
  })
}

const KINDS: readonly (readonly [url: string, kind: boolean | undefined])[] = [
  ['https://docs.github.com/en/actions', true],
  ['https://github.com/google-github-actions/auth', true],
  ['https://docs.github.com.evil.org/', undefined],
  ['http://docs.github.com/', true],
  ['https://hello-123456789012.europe-west1.run.app/health', false],
  ['https://www.googleapis.com/auth/cloud-platform', false],
  ['https://github.com/your-org/google-id-token', false],
  ['https://HOST/path', false],
  ['https://somewhere.org', undefined]
]

for (const [url, kind] of KINDS) {
  test(`${url} is ${kind === undefined ? 'not known' : kind ? 'a link' : 'no link'}`, () => {
    assert.equal(isLink(url), kind)
  })
}

test('a page is gone where the site says so, and not where it is shy of programs or busy', () => {
  assert.deepEqual([200, 301, 403, 404, 410, 429, 500, 503].filter(isGone), [404, 410])
})
