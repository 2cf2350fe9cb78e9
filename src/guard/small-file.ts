import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { codeOf } from './safe-text.ts'

/** No credential is as large as this. */
const MOST_BYTES = 1024 * 1024

export type SmallFile =
  | { readonly ok: true; readonly content: string }
  | { readonly ok: false; readonly missing: boolean; readonly reason: string }

/** Reads a file that a person named: a regular one, and not larger than 1 MiB, so that neither a pipe nor a disk image hangs us. */
export async function readSmallFile(path: string): Promise<SmallFile> {
  try {
    // Without O_NONBLOCK, which Windows does not have, opening a pipe waits for a writer.
    const file = await open(path, process.platform === 'win32' ? 'r' : constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const status = await file.stat()
      if (!status.isFile()) return { ok: false, missing: false, reason: 'it is not a regular file' }
      if (status.size > MOST_BYTES) return { ok: false, missing: false, reason: 'it is larger than 1 MiB' }
      return { ok: true, content: await file.readFile('utf8') }
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = codeOf(error)
    const missing = code === 'ENOENT' || code === 'ENOTDIR'
    return { ok: false, missing, reason: missing ? 'it does not exist' : `it cannot be read (${code})` }
  }
}
