import { createHash } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

/** Made once, for all worlds of this process. */
const known = new Map<string, string>()

/**
 * A text that takes long to make, such as a key: made once for all test files of a run, where SHARED_BY_TESTS names a folder for such
 * texts, or for a process.
 */
export function share(name: string, make: () => string): string {
  const text = known.get(name) ?? findOrMake(name, make)
  known.set(name, text)
  return text
}

function findOrMake(name: string, make: () => string): string {
  const folder = process.env['SHARED_BY_TESTS']
  if (folder === undefined) return make()
  const file = path.join(folder, createHash('sha256').update(name).digest('hex'))
  return read(file) ?? keep(file, make())
}

/** Of two that make the same at once the first is right. */
function keep(file: string, text: string): string {
  const own = `${file}-${process.pid}`
  writeFileSync(own, text)
  try {
    linkSync(own, file)
  } catch {
    // Another process was first.
  }
  rmSync(own)
  return read(file) ?? text
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
