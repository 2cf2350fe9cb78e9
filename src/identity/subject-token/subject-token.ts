import { subjectTokenUnavailable } from '../failures/subject-token.ts'
import type { Step } from '../../world/step.ts'
import { parseObject, stringIn } from '../../guard/json.ts'
import type { ExternalAccountDocument } from '../document.ts'
import type { SubjectToken } from '../../token/credential.ts'
import { readAwsToken } from './aws.ts'
import { readCertificate } from './certificate.ts'
import { runExecutable } from './executable.ts'
import type { TokenFormat } from './source.ts'
import { readSmallFile } from '../../guard/small-file.ts'
import { quoteRefusal, readRefusal } from '../../token/refusal.ts'
import { describeOutcome, inAttempts } from '../../world/outcome.ts'
import { requestWithRetries } from '../../world/retried-request.ts'

/**
 * The external account's own token, masked.
 *
 * @throws {Failure} SUBJECT_TOKEN_UNAVAILABLE
 */
export async function readSubjectToken(step: Step, document: ExternalAccountDocument): Promise<SubjectToken> {
  const subject = await read(step, document)
  // A certificate is no secret; its key is, and stays in the process.
  if (subject.clientCertificate === undefined) step.masks.addJwt(subject.token)
  return subject
}

async function read(step: Step, document: ExternalAccountDocument): Promise<SubjectToken> {
  const { source } = document
  switch (source.kind) {
    case 'file':
      return { token: pickToken(await readTokenFile(source.path), source.format, `the file ${source.path}`) }
    case 'url':
      return { token: pickToken(await fetchToken(step, source.url, source.headers), source.format, source.url.origin) }
    case 'executable':
      return { token: await runExecutable(step, document, source) }
    case 'aws':
      return { token: await readAwsToken(step, document, source.raw) }
    case 'certificate':
      return await readCertificate(step, document, source.raw)
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

/** The content of a token file, which a sidecar or the cluster keeps fresh. */
export async function readTokenFile(path: string): Promise<string> {
  const file = await readSmallFile(path)
  if (file.ok) return file.content
  throw subjectTokenUnavailable(`the file ${path}`, file.reason, 'file')
}

/** What the identity provider answers; the headers are the document's own and no token of Google's is among them. */
export async function fetchToken(step: Step, url: URL, headers: Readonly<Record<string, string>>): Promise<string> {
  const answer = await requestWithRetries(step, { method: 'GET', url, headers }, (last, attempts) =>
    subjectTokenUnavailable(url.origin, `${describeOutcome(last)}${inAttempts(attempts)}`, 'host')
  )
  // Google's libraries take every 2xx; the token in it is masked by whoever picks it out.
  if (answer.status >= 200 && answer.status < 300) return answer.body.toString('utf8')
  const problem = answer.status < 400 ? `status ${answer.status}` : quoteRefusal(readRefusal(answer))
  throw subjectTokenUnavailable(url.origin, problem, 'refusal')
}
