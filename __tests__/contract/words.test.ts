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

for (const { path, text } of await readPages('README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/**/*.md')) {
  test(`${path} names its subjects`, () => {
    const riddles = text.match(/\b(?:mends?|whoever|nobody|whom|somebody|cannot be had)\b/gi)
    assert.deepEqual(riddles, null)
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
