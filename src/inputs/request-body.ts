import { readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { codeOf, quoteValue } from '../guard/safe-text.ts'
import { inputInvalid } from './failures.ts'

/** Cloud Run takes no larger request over HTTP/1: https://cloud.google.com/run/quotas#request_limits */
const MOST_BYTES = 32 * 1024 * 1024

/**
 * @param body text, exactly as it is to be sent; empty for none
 * @param file of the workspace, and not outside of it
 * @throws {Failure} INPUT_INVALID
 */
export async function readRequestBody(
  body: string,
  file: string | undefined,
  method: string,
  workspace: string
): Promise<Buffer | undefined> {
  if (body !== '' && file !== undefined) {
    throw inputInvalid('body', 'set together with body_file', 'Set either body or body_file.', [
      'body_file: payload.json'
    ])
  }
  if (body === '' && file === undefined) return undefined
  if (method === 'GET' || method === 'HEAD') {
    // RFC 9110, 9.3.1: content in a GET request has no defined meaning, and Google's front end answers it with 400.
    throw inputInvalid(
      file === undefined ? 'body' : 'body_file',
      `a ${method} request has no body`,
      'Set method to POST or PUT.',
      ['method: POST']
    )
  }
  return file === undefined ? Buffer.from(body) : await readBodyFile(file, workspace)
}

async function readBodyFile(file: string, workspace: string): Promise<Buffer> {
  const unusable = (problem: string, remedy: string): Error =>
    inputInvalid('body_file', `${quoteValue(file)} ${problem}`, remedy, ['body_file: payload.json'])
  try {
    const real = await realpath(path.resolve(workspace, file))
    const relative = path.relative(await realpath(workspace), real)
    if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
      throw unusable('is outside of the workspace', 'Put the file into the workspace.')
    }
    const status = await stat(real)
    if (!status.isFile()) throw unusable('is not a file', 'Name a regular file.')
    if (status.size <= MOST_BYTES) return await readFile(real)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'UNKNOWN') throw error
    throw unusable(`cannot be read (${code})`, 'Name a file of the workspace, after a step with actions/checkout.')
  }
  throw inputInvalid('body_file', `${quoteValue(file)} is larger than 32 MiB`, 'Send a smaller body.')
}
