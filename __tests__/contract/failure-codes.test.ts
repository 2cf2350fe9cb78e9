import assert from 'node:assert/strict'
import { glob } from 'node:fs/promises'
import { test } from 'node:test'
import { FAILURE_CODES } from '../../src/failure.ts'
import { headingsOf, readText } from './markdown.ts'

const page = await readText('docs/troubleshooting.md')
const headings = headingsOf(page).filter(({ level }) => level > 1)
const INDEXES = ['Index by code', 'Index by error text']
const codes: readonly string[] = FAILURE_CODES

/** The text between a heading and the next one of its level. */
function sectionOf(title: string): string {
  return page.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? ''
}

test('every failure code has one heading, and every heading has a code', () => {
  const titles = headings.map(({ title }) => title).filter((title) => !INDEXES.includes(title))
  assert.deepEqual(titles, codes)
})

test('the anchor of each code stands right before its heading', () => {
  for (const code of codes) assert.ok(page.includes(`<a id="${code}"></a>\n\n## ${code}\n`), code)
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

test('every code is the verdict of some function in src/failures', async () => {
  let sources = ''
  for await (const file of glob('src/failures/**/*.ts')) sources += await readText(file)
  for (const code of codes) assert.ok(sources.includes(`'${code}'`), code)
})

test('every section says how to mend it: a table, commands or YAML', () => {
  for (const code of codes) assert.match(sectionOf(code), /^(```|\||Use )/m, code)
})
