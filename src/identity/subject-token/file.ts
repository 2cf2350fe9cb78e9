import { readSmallFile } from '../../small-file.ts'
import { subjectTokenUnavailable } from '../../failures/subject-token.ts'

/** The content of a token file, which a sidecar or the cluster keeps fresh. */
export async function readTokenFile(path: string): Promise<string> {
  const file = await readSmallFile(path)
  if (file.ok) return file.content
  throw subjectTokenUnavailable(`the file ${path}`, file.reason, 'file')
}
