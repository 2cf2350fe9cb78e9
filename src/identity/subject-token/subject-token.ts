import { subjectTokenUnavailable } from '../../failures/subject-token.ts'
import type { Job } from '../../job.ts'
import { parseObject, stringIn } from '../../json.ts'
import type { ExternalAccountDocument } from '../document.ts'
import type { SubjectToken } from '../credential.ts'
import { readAwsToken } from './aws.ts'
import { readCertificate } from './certificate.ts'
import { runExecutable } from './executable.ts'
import { readTokenFile } from './file.ts'
import type { TokenFormat } from './source.ts'
import { fetchToken } from './url.ts'

/**
 * The external account's own token, masked.
 *
 * @throws {Failure} SUBJECT_TOKEN_UNAVAILABLE
 */
export async function readSubjectToken(job: Job, document: ExternalAccountDocument): Promise<SubjectToken> {
  const subject = await read(job, document)
  // A certificate is no secret; its key is, and stays in the process.
  if (subject.clientCertificate === undefined) job.masks.addJwt(subject.token)
  return subject
}

async function read(job: Job, document: ExternalAccountDocument): Promise<SubjectToken> {
  const { source } = document
  switch (source.kind) {
    case 'file':
      return { token: pickToken(await readTokenFile(source.path), source.format, `the file ${source.path}`) }
    case 'url':
      return { token: pickToken(await fetchToken(job, source.url, source.headers), source.format, source.url.origin) }
    case 'executable':
      return { token: await runExecutable(job, document, source) }
    case 'aws':
      return { token: await readAwsToken(job, document, source.raw) }
    case 'certificate':
      return await readCertificate(job, document, source.raw)
  }
}

/** Finds the token in what a file or a URL holds. */
export function pickToken(content: string, format: TokenFormat, where: string): string {
  const token = format.type === 'text' ? content.trim() : stringIn(parseObject(content), format.field)?.trim()
  if (token !== undefined && token !== '') return token
  throw subjectTokenUnavailable(
    where,
    format.type === 'text' ? 'it is empty' : `it holds no JSON object with a string in "${format.field}"`,
    'form'
  )
}
