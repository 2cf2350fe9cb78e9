import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { blocksOf, readPages, readText } from './markdown.ts'

test('the steps of the diagram of how it works are functions of src/run.ts', async () => {
  const source = await readText('src/run.ts')
  const [diagram = ''] = blocksOf(await readText('docs/how-it-works.md'), 'mermaid')
  const names = [...diagram.matchAll(/(?:Job->>\w+|Note over \w+): (\w+) –/g)].map(([, name = '']) => name)
  assert.ok(names.length >= 6, 'too few steps')
  for (const name of new Set(names)) assert.match(source, new RegExp(`\\b${name}\\(`), name)
})

test('the README has at most 12 KB, and no line that is too long to review', async () => {
  const readme = await readText('README.md')
  assert.ok(Buffer.byteLength(readme) <= 12 * 1024, `${Buffer.byteLength(readme)} bytes`)
  for (const line of readme.split('\n')) assert.ok(line.length <= 200, line)
})

/** Words that name no subject, or that few readers of English as a second language know. */
const RIDDLES = /\b(?:mend(?:s|ed)?|whoever|nobody|whom|somebody|anybody|be had|to the letter|may not(?! exist))\b/gi

for (const { path, text } of await readPages(
  '{README,CONTRIBUTING,SECURITY,CHANGELOG}.md',
  'docs/**/*.md',
  '{action,proxy/action}.yml',
  'src/**/*.ts',
  'scripts/*.{ts,mjs}',
  'infra/**/*.{md,tf}',
  '.github/**/*.{md,yml}',
  '__tests__/scenarios/transcripts.test.ts.snapshot'
)) {
  test(`${path} names its subjects`, () => {
    assert.deepEqual(text.match(RIDDLES), null)
  })
}

/** What a page must not hold: where somebody's packages came from, or where they worked. */
const FOREIGN: Readonly<Record<string, RegExp>> = {
  'the host of a package registry': /\bregistry\.[a-z][\w-]*\.[a-z]|\b(?:npmjs|yarnpkg|jfrog|pypi)\.(?:com|org|io)/i,
  'a path of a machine': /(?<![\w.}])(?:\/(?:work|root|home|Users|tmp|var|mnt|opt)\/\w|[A-Z]:\\\w)/
}

for (const { path, text } of await readPages('**/*.md', '.github/**/*.md')) {
  test(`${path} names no package registry and no path of a machine`, () => {
    for (const [what, pattern] of Object.entries(FOREIGN)) assert.equal(pattern.exec(text)?.[0], undefined, what)
  })
}
