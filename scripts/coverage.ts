// Shows which lines of src/ no test runs: npm run coverage [-- TEST FILE…]
// It judges nothing, and takes longer than the tests. Scenarios run the bundle, whose lines are not those of src/; here they run
// src/ itself, in a copy of the repository whose actions name src/main.ts.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

const files = process.argv.slice(2)
const copy = mkdtempSync(path.join(tmpdir(), 'coverage-'))
try {
  copyRepository()
  runSource('action.yml')
  runSource('proxy/action.yml')
  spawnSync(
    process.execPath,
    [
      '--test',
      '--test-concurrency=2',
      '--test-timeout=300000',
      '--experimental-test-coverage',
      '--test-coverage-include=src/**',
      '--test-reporter=./scripts/coverage-table.ts',
      ...(files.length === 0 ? ['__tests__/unit/**/*.test.ts', '__tests__/scenarios/**/*.test.ts'] : files)
    ],
    { cwd: copy, stdio: 'inherit' }
  )
} finally {
  rmSync(copy, { recursive: true, force: true })
}

/** What git knows of, and what is new, but not what it ignores. */
function copyRepository(): void {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8'
  })
  for (const file of list.split('\0').filter((name) => name !== '')) {
    mkdirSync(path.dirname(path.join(copy, file)), { recursive: true })
    cpSync(file, path.join(copy, file))
  }
  symlinkSync(path.resolve('node_modules'), path.join(copy, 'node_modules'), 'junction')
}

function runSource(manifest: string): void {
  const file = path.join(copy, manifest)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replaceAll(/dist\/(proxy\/)?index\.js$/gm, 'src/$1main.ts'))
}
