import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

// Runs before and after everything that `npm test` runs: https://nodejs.org/api/test.html#global-setup-and-teardown

const root = mkdtempSync(path.join(tmpdir(), 'npm-test-'))
const temporary = mkdtempSync(path.join(root, 'tmp-'))

/**
 * Gives the test files a temporary folder; and what all of them share: a cache of the modules that Node has stripped of types, and
 * the keys and certificates of the pretend Google.
 */
export function globalSetup(): void {
  // tmpdir() asks for the first on POSIX, for the others on Windows.
  Object.assign(process.env, { TMPDIR: temporary, TEMP: temporary, TMP: temporary })
  process.env['NODE_COMPILE_CACHE'] = path.join(root, 'compiled')
  process.env['SHARED_BY_TESTS'] = path.join(root, 'shared')
  mkdirSync(path.join(root, 'shared'))
}

/** @throws {Error} where a test has left a file behind, so that the run fails */
export function globalTeardown(): void {
  const left = readdirSync(temporary)
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  if (left.length === 0) return
  // Node ends the run with the error, and does not show it.
  console.error(`Left in the temporary folder: ${left.join(', ')}`)
  throw new Error('The tests left files behind.')
}
