import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

/** What is bundled, and into which folder of dist/: one bundle for each action.yml. */
const BUNDLES = [
  { entry: 'src/main.ts', folder: '.' },
  { entry: 'src/proxy/main.ts', folder: 'proxy' }
]

/**
 * Makes every bundle.
 *
 * @param directory takes the place of dist/
 * @param statistics names a file for what the bundler knows of each bundle, by its entry
 */
export function bundle(directory: string, statistics?: (entry: string) => string): void {
  const ncc = 'node_modules/@vercel/ncc/dist/ncc/cli.js'
  for (const { entry, folder } of BUNDLES) {
    const args = ['build', entry, '--out', path.join(directory, folder), '--quiet']
    const more = statistics === undefined ? [] : ['--stats-out', statistics(entry)]
    execFileSync(process.execPath, [ncc, ...args, ...more], { stdio: 'inherit' })
  }
}

/** The files of a folder and of all below it, by their path from there. */
export function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort()
}
