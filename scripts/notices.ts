// Writes THIRD_PARTY_NOTICES.txt: every package of others that is in dist/, with its licence. With `--check` it leaves the
// file alone and fails if it is not what it would write.
//
// What is in the bundle is asked of the bundler itself: its own list of licences leaves out what it merges into one module, and
// the comments in dist/ leave out what it does not merge.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { bundle, filesIn } from './bundles.ts'

const NOTICES = 'THIRD_PARTY_NOTICES.txt'
const RULE = '='.repeat(100)
/** The innermost package that a file belongs to. */
const PACKAGE = /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+(?=[/\\])/
const LICENCE_FILE = /^(licen[cs]e|copying|notice)\b/i
const LICENCE_HEADING = /^(?:#+ *licen[cs]e *#*|licen[cs]e\n[-=]+)$/im

/** As far as it is used here. */
interface BundledModule {
  readonly nameForCondition?: string | null
  readonly modules?: readonly BundledModule[]
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly homepage?: string
  readonly repository?: string | { readonly url?: string }
}

const text = writeNotices([...findPackages()])
if (!process.argv.includes('--check')) writeFileSync(NOTICES, text)
else if (!existsSync(NOTICES) || readFileSync(NOTICES, 'utf8') !== text) {
  console.error(
    `${NOTICES} is not what dist/ asks for. Run "node scripts/on-node-24.mjs scripts/notices.ts" and commit it.`
  )
  process.exitCode = 1
}

/** The directories of the packages whose code is in a bundle. */
function findPackages(): Set<string> {
  const fresh = mkdtempSync(path.join(tmpdir(), 'notices-'))
  const statistics = mkdtempSync(path.join(tmpdir(), 'statistics-'))
  try {
    bundle(fresh, (entry) => path.resolve(statistics, `${path.dirname(entry).replaceAll('/', '-')}.json`))
    assertSameFiles(fresh, 'dist')
    const modules = filesIn(statistics).flatMap((file) => readModules(path.join(statistics, file)))
    const files = flatten(modules).flatMap(({ nameForCondition }) => nameForCondition ?? [])
    return new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []))
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(statistics, { recursive: true, force: true })
  }
}

function readModules(file: string): readonly BundledModule[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { modules: readonly BundledModule[] }).modules
}

/** Modules that were merged into one are listed below it. */
function flatten(modules: readonly BundledModule[]): readonly BundledModule[] {
  return modules.flatMap((module) => [module, ...flatten(module.modules ?? [])])
}

function assertSameFiles(fresh: string, committed: string): void {
  const contents = (directory: string): string =>
    JSON.stringify(filesIn(directory).map((file) => [file, readFileSync(path.join(directory, file), 'latin1')]))
  if (contents(fresh) !== contents(committed))
    throw new Error('dist/ is not what src/ gives. Run "npm run build" first.')
}

function writeNotices(directories: readonly string[]): string {
  // The same version may be there more than once.
  const entries = new Map(directories.map(describePackage))
  const names = [...entries.keys()].sort((a, b) => (a < b ? -1 : 1))
  return [
    'The files in dist/ contain code of the packages below, under the licences that follow each name. This file is written by',
    'scripts/notices.ts. Everything else in this repository is under the Apache License 2.0, see LICENSE.',
    '',
    ...names.map((name) => `  ${name}`),
    ...names.flatMap((name) => ['', RULE, entries.get(name) ?? ''])
  ]
    .join('\n')
    .concat('\n')
}

function describePackage(directory: string): readonly [string, string] {
  const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as Manifest
  const { name, version, license = 'see below', homepage, repository } = manifest
  const source = (typeof repository === 'string' ? repository : repository?.url) ?? homepage ?? 'unknown'
  const title = `${name} ${version}`
  const facts = `${title}\nLicence: ${license}\nSource: ${toLink(source)}`
  return [title, `${facts}\n${RULE}\n\n${readLicence(directory)}`]
}

/** Manifests name their repositories in many ways: `git+ssh://git@github.com/a/b.git`, `a/b` … */
function toLink(source: string): string {
  const name = /^(?:.*\bgithub\.com[/:])?([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(source)?.[1]
  return name === undefined ? source : `https://github.com/${name}`
}

/** @throws {Error} for a package without a licence text, because what to do then is for a person to decide */
function readLicence(directory: string): string {
  const files = readdirSync(directory).sort()
  const licences = files.filter((file) => LICENCE_FILE.test(file)).map((file) => readText(path.join(directory, file)))
  if (licences.length > 0) return licences.join('\n\n')
  const readme = files.find((file) => /^readme\b/i.test(file))
  const section = readme === undefined ? undefined : readText(path.join(directory, readme)).split(LICENCE_HEADING)[1]
  if (section?.includes('Copyright') !== true) throw new Error(`There is no licence text in ${directory}.`)
  return section.trim()
}

/** The same on every system. */
function readText(file: string): string {
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
  return lines
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '')
}
