import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** From the path of a package in package-lock.json, the outermost first. */
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly link?: boolean }>>
}

const [list = '', ...sections] = readFileSync('THIRD_PARTY_NOTICES.txt', 'utf8').split(/^={100}$/m)
const listed = [...list.matchAll(/^ {2}(\S+) (\S+)$/gm)].map(([, name = '', version = '']) => ({ name, version }))
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock

const bundle = readdirSync('dist')
  .filter((file) => file.endsWith('.js'))
  .map((file) => readFileSync(`dist/${file}`, 'utf8'))

test('every package that dist/ names is in the notices', () => {
  const paths = bundle.flatMap((text) => [...text.matchAll(/\bnode_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//g)])
  const named = new Set(paths.map(([, name = '']) => name))
  assert.ok(named.size >= 5, 'too few: does the bundler still write comments?')
  const known = new Set(listed.map(({ name }) => name))
  for (const name of named) assert.ok(known.has(name) || isOurs(name), name)
})

test('every package in the notices has the version that is installed', () => {
  for (const { name, version } of listed) {
    const versions = Object.entries(packages).flatMap(([path, entry]) =>
      path.endsWith(`node_modules/${name}`) ? [entry.version] : []
    )
    assert.ok(versions.includes(version), `${name} ${version}`)
  }
})

test('every package in the notices comes with its licence', () => {
  const titles = listed.map(({ name, version }) => `${name} ${version}`)
  const heads = sections.filter((_, index) => index % 2 === 0)
  assert.deepEqual(
    heads.map((head) => head.trim().split('\n')[0]),
    titles
  )
  for (const [index, licence] of sections.filter((_, position) => position % 2 === 1).entries())
    assert.match(licence, /copyright/i, titles[index])
})

/** A package of this repository's own, which node_modules/ links to. */
function isOurs(name: string): boolean {
  return packages[`node_modules/${name}`]?.link === true
}
