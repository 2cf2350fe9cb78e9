import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headingsOf, readText } from './markdown.ts'

test('the changelog has the form of Keep a Changelog, the newest version first', async () => {
  const headings = headingsOf(await readText('CHANGELOG.md'))
  const [unreleased, ...versions] = headings.filter(({ level }) => level === 2).map(({ title }) => title)
  assert.equal(unreleased, 'Unreleased')
  for (const version of versions) assert.match(version, /^\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d$/)
  const dates = versions.map((version) => version.slice(-10))
  assert.deepEqual(dates, dates.toSorted().reverse())
  for (const { title } of headings.filter(({ level }) => level === 3))
    assert.match(title, /^(Added|Changed|Deprecated|Removed|Fixed|Security)$/)
})
