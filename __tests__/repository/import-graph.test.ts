import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'

/** The rooms of src/, from the top floor down; a file at the root of src/ is a room of its own. */
const FLOORS = [
  ['main.ts'],
  ['run.ts', 'proxy'],
  ['report'],
  ['identity', 'call'],
  ['token', 'inputs'],
  ['world'],
  ['failure'],
  ['guard']
]

/** Which modules of src/ a module imports, types included. */
const graph = new Map<string, readonly string[]>()
for await (const file of glob('src/**/*.ts')) {
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+\.ts)'/g)
  graph.set(
    file,
    [...imports].map(([, target = '']) => path.join(path.dirname(file), target))
  )
}

/** Which rooms a room imports. */
const rooms = new Map<string, readonly string[]>()
for (const [file, targets] of graph) {
  const others = targets.map(roomOf).filter((room) => room !== roomOf(file))
  rooms.set(roomOf(file), [...new Set([...(rooms.get(roomOf(file)) ?? []), ...others])])
}

function roomOf(file: string): string {
  return file.split(path.sep)[1] ?? ''
}

function floorOf(file: string): number {
  return FLOORS.findIndex((floor) => floor.includes(roomOf(file)))
}

/** The way from a module or a room back to one on it, where there is such a way. */
function findCycle(
  links: ReadonlyMap<string, readonly string[]>,
  name: string,
  way: readonly string[] = [],
  done = new Set<string>()
): readonly string[] | undefined {
  if (way.includes(name)) return [...way.slice(way.indexOf(name)), name]
  if (done.has(name)) return undefined
  for (const target of links.get(name) ?? []) {
    const cycle = findCycle(links, target, [...way, name], done)
    if (cycle !== undefined) return cycle
  }
  done.add(name)
  return undefined
}

test('every module of src/ is in a room that has a floor', () => {
  assert.ok(graph.size > 50)
  assert.deepEqual([...rooms.keys()].sort(), FLOORS.flat().sort())
})

test('no import goes up', () => {
  for (const [file, targets] of graph) {
    for (const target of targets) assert.ok(floorOf(target) >= floorOf(file), `${file} imports ${target}`)
  }
})

test('no module and no room imports itself in a roundabout way', () => {
  for (const links of [graph, rooms]) {
    for (const name of links.keys()) assert.equal(findCycle(links, name)?.join(' → '), undefined)
  }
})

test('every module of src/ is part of the action', () => {
  const imported = new Set([...graph.values()].flat())
  const loose = [...graph.keys()].filter((file) => !imported.has(file))
  assert.deepEqual(loose.sort(), [path.join('src', 'main.ts'), path.join('src', 'proxy', 'main.ts')])
})
