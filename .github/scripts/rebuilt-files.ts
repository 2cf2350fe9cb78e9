// What may be committed to a branch of Dependabot's, and nothing else. The files come from a run that executed code of the pull
// request's dependencies, so that every name and size is doubted.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Chunks have numbers for names. */
const ALLOWED = /^(?:THIRD_PARTY_NOTICES\.txt|dist\/(?:package\.json|(?:\d+\.)?index\.js))$/
const BRANCH = /^dependabot\/npm_and_yarn\/[A-Za-z0-9@_][A-Za-z0-9@._-]*(?:\/[A-Za-z0-9@_][A-Za-z0-9@._-]*)*$/
const COMMIT = /^[0-9a-f]{40}$/
const REPOSITORY = /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/
const MAX_FILES = 50
const MAX_BYTES = 10 * 1024 * 1024

/** A file of the repository: its path, with slashes, and what git knows its content by. */
export interface CommittedFile {
  readonly path: string
  readonly sha: string
}

export interface FileChanges {
  readonly additions: readonly { readonly path: string; readonly contents: string }[]
  readonly deletions: readonly { readonly path: string }[]
}

export interface Target {
  readonly repository: string
  readonly branch: string
  /** The commit from which the files were built; the branch must still be there. */
  readonly commit: string
}

/** @throws {Error} unless everything looks exactly as Dependabot's branches do */
export function checkTarget(target: Target): Target {
  assert.ok(REPOSITORY.test(target.repository), 'The repository has an unexpected name.')
  assert.ok(BRANCH.test(target.branch) && !target.branch.includes('..'), 'This is not a branch of Dependabot for npm.')
  assert.ok(COMMIT.test(target.commit), 'The commit is not named by 40 hexadecimal digits.')
  return target
}

/** @throws {Error} for anything but plain files with expected names and of bearable size */
export function readRebuiltFiles(directory: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  let bytes = 0
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(directory, name)
    const entry = lstatSync(file)
    if (entry.isDirectory()) continue
    const repositoryPath = name.replaceAll(path.sep, '/')
    assert.ok(entry.isFile() && ALLOWED.test(repositoryPath), `Unexpected file: ${JSON.stringify(repositoryPath)}`)
    bytes += entry.size
    assert.ok(bytes <= MAX_BYTES && files.size < MAX_FILES, 'There are more files than a bundle has.')
    files.set(repositoryPath, readFileSync(file))
  }
  assert.ok(files.has('dist/index.js'), 'There is no dist/index.js.')
  return files
}

/** What has to change so that the committed files are the rebuilt ones. */
export function planChanges(committed: readonly CommittedFile[], rebuilt: ReadonlyMap<string, Buffer>): FileChanges {
  const shas = new Map(committed.map(({ path: name, sha }) => [name, sha]))
  return {
    additions: [...rebuilt]
      .filter(([name, content]) => shas.get(name) !== blobSha(content))
      .map(([name, content]) => ({ path: name, contents: content.toString('base64') })),
    deletions: committed
      .filter(({ path: name }) => name.startsWith('dist/') && !rebuilt.has(name))
      .map(({ path: name }) => ({ path: name }))
  }
}

/** The name under which git keeps this content. */
export function blobSha(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}
