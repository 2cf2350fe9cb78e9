import assert from 'node:assert/strict'
import { mkdtempSync, symlinkSync } from 'node:fs'
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { readRequestBody } from '../../../src/inputs/request-body.ts'
import { Failure } from '../../../src/failure/failure.ts'

const root = mkdtempSync(path.join(tmpdir(), 'request-body-'))
const workspace = path.join(root, 'workspace')
const canLink = makeLink()

before(async () => {
  await mkdir(path.join(workspace, 'folder'), { recursive: true })
  await mkdir(path.join(root, 'workspace-2'))
  await writeFile(path.join(root, 'outside.txt'), 'outside')
  await writeFile(path.join(root, 'workspace-2', 'body.txt'), 'outside')
  await writeFile(path.join(workspace, 'body.bin'), Buffer.from([0, 0xff, 0x0a]))
  await writeFile(path.join(workspace, '..dots.txt'), 'dots')
  await writeFile(path.join(workspace, 'large.bin'), '')
  await truncate(path.join(workspace, 'large.bin'), 32 * 1024 * 1024 + 1)
  if (!canLink) return
  await symlink('../outside.txt', path.join(workspace, 'out.txt'))
  await symlink('../..', path.join(workspace, 'folder', 'up'))
  await symlink('body.bin', path.join(workspace, 'in.bin'))
})

after(async () => {
  await rm(root, { recursive: true })
})

/** Windows lets administrators and developers make links. */
function makeLink(): boolean {
  try {
    symlinkSync('workspace', path.join(root, 'link'))
    return true
  } catch {
    return false
  }
}

type Read = [string, string, string | undefined, Buffer | undefined]

const READ: Read[] = [
  ['no body', '', undefined, undefined],
  ['text, blanks included', ' a\n ', undefined, Buffer.from(' a\n ')],
  ['a file, byte for byte', '', 'body.bin', Buffer.from([0, 0xff, 0x0a])],
  ['a file by a detour', '', 'folder/../body.bin', Buffer.from([0, 0xff, 0x0a])],
  ...(canLink ? [['a link inside the workspace', '', 'in.bin', Buffer.from([0, 0xff, 0x0a])] satisfies Read] : []),
  ['a file whose name begins with dots', '', '..dots.txt', Buffer.from('dots')]
]

for (const [what, text, file, body] of READ) {
  test(`The body is read from ${what}.`, async () => {
    assert.deepEqual(await readRequestBody(text, file, 'POST', workspace), body)
  })
}

test('The workspace may itself be reached by a link.', { skip: !canLink }, async () => {
  const body = await readRequestBody('', '..dots.txt', 'PUT', path.join(root, 'link'))
  assert.equal(body?.toString(), 'dots')
})

test('A file may be named by its whole path.', async () => {
  const body = await readRequestBody('', path.join(workspace, '..dots.txt'), 'PUT', workspace)
  assert.equal(body?.toString(), 'dots')
})

type Refused = [string, string, string | undefined, string, RegExp]

const LINKS: Refused[] = [
  ['a link leads outside', '', 'out.txt', 'POST', /outside of the workspace/],
  ['a linked folder leads outside', '', 'folder/up/outside.txt', 'POST', /outside of the workspace/]
]

const REFUSED: Refused[] = [
  ['both text and file are given', 'text', 'body.bin', 'POST', /together with body_file/],
  ['a GET has text', 'text', undefined, 'GET', /^Input body: a GET request/],
  ['a HEAD has a file', '', 'body.bin', 'HEAD', /^Input body_file: a HEAD request/],
  ['the file is above the workspace', '', '../outside.txt', 'POST', /outside of the workspace/],
  [
    'the file is in a folder named like the workspace',
    '',
    '../workspace-2/body.txt',
    'POST',
    /outside of the workspace/
  ],
  ['the whole path is outside', '', path.join(root, 'outside.txt'), 'POST', /outside of the workspace/],
  ...(canLink ? LINKS : []),
  ['the file is missing', '', 'missing.txt', 'POST', /cannot be read \(ENOENT\)/],
  ['the file is under another file', '', 'body.bin/x', 'POST', /cannot be read \((ENOTDIR|ENOENT)\)/],
  ['it is a folder', '', 'folder', 'POST', /is not a file/],
  ['it is the workspace itself', '', '.', 'POST', /is not a file/],
  ['it is larger than 32 MiB', '', 'large.bin', 'POST', /larger than 32 MiB/]
]

for (const [what, text, file, method, problem] of REFUSED) {
  test(`No body is read when ${what}.`, async () => {
    await assert.rejects(
      readRequestBody(text, file, method, workspace),
      (error) => error instanceof Failure && error.text.code === 'INPUT_INVALID' && problem.test(error.text.sentence)
    )
  })
}
