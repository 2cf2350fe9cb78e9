import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'

/** Which modules of src/ a module imports, types included. */
const graph = new Map<string, readonly string[]>()
for await (const file of glob('src/**/*.ts')) {
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)
  graph.set(
    file,
    [...imports].map(([, target = '']) => path.join(path.dirname(file), target))
  )
}

/** The way from a module back to one on it, where there is such a way. */
function findCycle(file: string, way: readonly string[], done: Set<string>): readonly string[] | undefined {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
  if (done.has(file)) return undefined
  for (const target of graph.get(file) ?? []) {
    const cycle = findCycle(target, [...way, file], done)
    if (cycle !== undefined) return cycle
  }
  done.add(file)
  return undefined
}

test('no module of src/ imports itself in a roundabout way', () => {
  assert.ok(graph.size > 50)
  const done = new Set<string>()
  for (const file of graph.keys()) assert.equal(findCycle(file, [], done)?.join(' → '), undefined)
})

test('every module of src/ is part of the action', () => {
  const imported = new Set([...graph.values()].flat())
  const loose = [...graph.keys()].filter((file) => !imported.has(file))
  assert.deepEqual(loose, [path.join('src', 'main.ts')])
})
