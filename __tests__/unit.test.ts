// All unit tests in one process, for `npm test`: most of them take less time than a process takes to start.
import { globSync } from 'node:fs'
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

// Without a pause in between, so that every file is read before the first test runs.
for (const file of globSync('unit/**/*.test.ts', { cwd: import.meta.dirname }).sort()) load(`./${file}`)
