import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { anchorsOf, proseOf, readPages, readText } from './markdown.ts'

const pages = await readPages('*.md', 'docs/**/*.md', '__tests__/**/*.md', '.github/**/*.md')

/** Links that stay in the repository. */
function relativeLinksIn(text: string): string[] {
  const links = proseOf(text)
    .replaceAll(/(`+).+?\1/g, '``')
    .matchAll(/\]\(<?([^()\s<>]+)>?\)/g)
  return [...links].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target))
}

for (const page of pages) {
  test(`every relative link of ${page.path} resolves`, async () => {
    for (const link of relativeLinksIn(page.text)) {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page.path : path.posix.join(path.posix.dirname(page.path), file)
      assert.ok(existsSync(target), `${link}: there is no ${target}`)
      if (anchor !== undefined) assert.ok(anchorsOf(await readText(target)).has(anchor), `${link}: no such anchor`)
    }
  })
}

for (const page of pages) {
  test(`every file of src/ that ${page.path} mentions exists`, () => {
    for (const [, file = ''] of page.text.matchAll(/`(src\/[\w/.-]+\.ts)`/g)) assert.ok(existsSync(file), file)
  })
}

test('there are links to check', () => {
  assert.ok(pages.flatMap(({ text }) => relativeLinksIn(text)).length > 50)
})
