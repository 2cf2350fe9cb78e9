import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readText } from './markdown.ts'

type Manifest = Readonly<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>>

test('the record of dependencies names every package, and no other', async () => {
  const { dependencies, devDependencies } = JSON.parse(await readText('package.json')) as Manifest
  const rows = (await readText('docs/decisions/0010-dependencies.md')).matchAll(/^\| (`.+?`) +\|/gm)
  const named = [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
  // Node itself is one row.
  assert.deepEqual(named.sort(), [...Object.keys({ ...dependencies, ...devDependencies }), 'node-…'].sort())
})

test('the record of Node names its package for every platform', async () => {
  const { optionalDependencies } = JSON.parse(await readText('package.json')) as Manifest
  const record = await readText('docs/decisions/0008-node-24-without-install-scripts.md')
  for (const name of Object.keys(optionalDependencies)) assert.ok(record.includes(`\`${name}\``), name)
})
