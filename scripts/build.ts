// Bundles src/ into dist/, which is what GitHub runs: `npm run build`. With `-- --check` it leaves dist/ alone and fails if
// it is not what src/ gives.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { bundle, filesIn } from './bundles.ts'

// Beside dist/, so that it can take its place in one step, for processes that run the bundle meanwhile.
const fresh = mkdtempSync('dist-')
try {
  bundle(fresh)
  if (process.argv.includes('--check')) check()
  else replace()
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

function replace(): void {
  const old = `${fresh}-old`
  if (existsSync('dist')) renameSync('dist', old)
  renameSync(fresh, 'dist')
  rmSync(old, { recursive: true, force: true })
}

function check(): void {
  const files = new Set([...filesIn(fresh), ...filesIn('dist')])
  const different = [...files].filter((file) => read(path.join(fresh, file)) !== read(path.join('dist', file)))
  if (different.length === 0) return
  console.error(`dist/ is not what src/ gives: ${different.join(', ')}. Run "npm run build" and commit dist/.`)
  process.exitCode = 1
}

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'latin1') : undefined
}
