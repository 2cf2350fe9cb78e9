import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocksOf, readPages, readText } from './markdown.ts'

test("the steps of the README's diagram are functions of src/run.ts", async () => {
  const source = await readText('src/run.ts')
  const [diagram = ''] = blocksOf(await readText('README.md'), 'mermaid')
  const names = [...diagram.matchAll(/(?:Job->>\w+|Note over \w+): (\w+) –/g)].map(([, name = '']) => name)
  assert.ok(names.length >= 6, 'too few steps')
  for (const name of new Set(names)) assert.match(source, new RegExp(`\\b${name}\\(`), name)
})

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
