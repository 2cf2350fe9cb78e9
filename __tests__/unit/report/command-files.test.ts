import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { writeCommandFile } from '../../../src/report/command-files.ts'
import { assertFails } from '../fixtures.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'command-files-'))
const file = path.join(directory, 'output')
writeFileSync(file, '')
after(() => {
  rmSync(directory, { recursive: true, force: true })
})

function write(target: string | undefined, act: () => void): void {
  writeCommandFile(target === undefined ? {} : { GITHUB_ENV: target }, 'GITHUB_ENV', act)
}

test('Where the runner names no file, nothing is written.', () => {
  for (const target of [undefined, '']) write(target, () => assert.fail('written'))
})

test('What is written into a regular file is written once.', () => {
  let times = 0
  write(file, () => (times += 1))
  assert.equal(times, 1)
})

test('A full disk is named with the code of the system.', () => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  const act = (): void => {
    write(file, () => {
      throw full
    })
  }
  assertFails(act, 'INPUT_INVALID', /GITHUB_ENV.*ENOSPC/)
})

test('A folder and a file that is not there are no files to write into.', () => {
  const act = (): void => assert.fail('written')
  assertFails(
    () => {
      write(directory, act)
    },
    'INPUT_INVALID',
    /not a regular file/
  )
  assertFails(
    () => {
      write(path.join(directory, 'nowhere'), act)
    },
    'INPUT_INVALID',
    /does not exist/
  )
})
