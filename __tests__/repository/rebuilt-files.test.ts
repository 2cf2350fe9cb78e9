import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { blobSha, checkTarget, planChanges, readRebuiltFiles } from '../../.github/scripts/rebuilt-files.ts'

const TARGET = {
  repository: 'octo-org/google-id-token',
  branch: 'dependabot/npm_and_yarn/google-auth-library-11.4.0',
  commit: 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
}

const BUNDLE = { 'dist/index.js': 'bundle', 'dist/101.index.js': 'chunk', 'dist/package.json': '{}' }

test('branches as Dependabot names them are accepted', () => {
  for (const name of ['google-auth-library-11.4.0', 'tools-4b2f8c11e0', '@actions/core-3.1.0', 'multi-9a_b/x']) {
    const target = { ...TARGET, branch: `dependabot/npm_and_yarn/${name}` }
    assert.equal(checkTarget(target), target)
  }
})

for (const branch of [
  'main',
  'dependabot/npm_and_yarn/',
  'dependabot/github_actions/actions-1',
  'x/dependabot/npm_and_yarn/a',
  'dependabot/npm_and_yarn/../../main',
  'dependabot/npm_and_yarn/a..b',
  'dependabot/npm_and_yarn/-rf',
  'dependabot/npm_and_yarn/a b',
  'dependabot/npm_and_yarn/a\nmain',
  'dependabot/npm_and_yarn/$(id)'
]) {
  test(`the branch ${JSON.stringify(branch)} is refused`, () => {
    assert.throws(() => checkTarget({ ...TARGET, branch }), /not a branch of Dependabot/)
  })
}

test('a commit is 40 hexadecimal digits, and a repository a pair of names', () => {
  for (const commit of ['', 'HEAD', TARGET.commit.slice(1), `${TARGET.commit}\n`, TARGET.commit.toUpperCase()])
    assert.throws(() => checkTarget({ ...TARGET, commit }), /40 hexadecimal digits/)
  for (const repository of ['', 'octo-org', 'octo-org/a/b', 'octo-org/a?b'])
    assert.throws(() => checkTarget({ ...TARGET, repository }), /unexpected name/)
})

test('a bundle is read with its notices', () => {
  withFiles({ ...BUNDLE, 'THIRD_PARTY_NOTICES.txt': 'text' }, (directory) => {
    const files = readRebuiltFiles(directory)
    assert.deepEqual([...files.keys()].sort(), ['THIRD_PARTY_NOTICES.txt', ...Object.keys(BUNDLE)].sort())
    assert.equal(files.get('dist/index.js')?.toString(), 'bundle')
  })
})

for (const name of [
  'action.yml',
  '.github/workflows/ci.yml',
  'dist/evil.js',
  'dist/.hidden',
  'dist/x/index.js',
  'dist/index.js.map',
  'src/main.ts'
]) {
  test(`a file ${name} is refused`, () => {
    withFiles({ ...BUNDLE, [name]: 'x' }, (directory) => {
      assert.throws(() => readRebuiltFiles(directory), /Unexpected file/)
    })
  })
}

test('a link is refused, whatever its name', { skip: process.platform === 'win32' }, () => {
  withFiles(BUNDLE, (directory) => {
    symlinkSync('/etc/hostname', path.join(directory, 'dist/7.index.js'))
    assert.throws(() => readRebuiltFiles(directory), /Unexpected file/)
  })
})

test('nothing is committed without a bundle, or with too much of one', () => {
  withFiles({ 'dist/package.json': '{}' }, (directory) => {
    assert.throws(() => readRebuiltFiles(directory), /no dist\/index\.js/)
  })
  withFiles({ 'dist/index.js': 'x'.repeat(11 * 1024 * 1024) }, (directory) => {
    assert.throws(() => readRebuiltFiles(directory), /more files than a bundle has/)
  })
})

test('what differs is written, what is gone is deleted, and nothing else is touched', () => {
  const same = Buffer.from('{}')
  const changes = planChanges(
    [
      { path: 'dist/package.json', sha: blobSha(same) },
      { path: 'dist/index.js', sha: blobSha(Buffer.from('old')) },
      { path: 'dist/9.index.js', sha: blobSha(Buffer.from('gone')) },
      { path: 'src/main.ts', sha: blobSha(Buffer.from('source')) }
    ],
    new Map([
      ['dist/package.json', same],
      ['dist/index.js', Buffer.from('new')],
      ['dist/101.index.js', Buffer.from('added')]
    ])
  )
  assert.deepEqual(changes, {
    additions: [
      { path: 'dist/index.js', contents: Buffer.from('new').toString('base64') },
      { path: 'dist/101.index.js', contents: Buffer.from('added').toString('base64') }
    ],
    deletions: [{ path: 'dist/9.index.js' }]
  })
})

test('contents are named as git names them', () => {
  assert.equal(blobSha(Buffer.alloc(0)), 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391')
})

function withFiles(files: Readonly<Record<string, string>>, body: (directory: string) => void): void {
  const directory = mkdtempSync(path.join(tmpdir(), 'rebuilt-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.join(directory, path.dirname(name)), { recursive: true })
      writeFileSync(path.join(directory, name), content)
    }
    body(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
