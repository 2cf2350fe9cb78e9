import { resolve } from 'node:path'
import { subjectTokenHostSilent, subjectTokenRefused, subjectTokenUnavailable } from '../failures/subject-token.ts'
import type { Step } from '../../world/step.ts'
import { isObject, secretIn } from '../../guard/json.ts'
import { keepSuspects, seal, type Sealed, type TokenFormat } from '../../guard/seal.ts'
import { describeSecret } from '../../guard/likely-secret.ts'
import { Secret } from '../../guard/secret.ts'
import type { ExternalAccountDocument } from '../document.ts'
import type { SubjectToken } from '../../token/credential.ts'
import { readAwsToken } from './aws.ts'
import { readCertificate } from './certificate.ts'
import { runExecutable } from './executable.ts'
import type { SubjectTokenSource } from './source.ts'
import { readSmallFile } from '../../guard/small-file.ts'
import { readRefusal } from '../../token/refusal.ts'
import { requestWithRetries } from '../../world/retried-request.ts'

type UrlSource = Extract<SubjectTokenSource, { kind: 'url' }>

/**
 * The external account's own token.
 *
 * @throws {Failure} SUBJECT_TOKEN_UNAVAILABLE
 */
export async function readSubjectToken(step: Step, document: ExternalAccountDocument): Promise<SubjectToken> {
  const { source } = document
  switch (source.kind) {
    case 'file': {
      // A sidecar or the cluster keeps it fresh.
      const file = await readSmallFile(source.path)
      const name = nameFile(source.path)
      if (!file.ok) throw subjectTokenUnavailable(name, file.reason, 'file')
      return { token: pickToken(seal(step.masks, file.content, source.format), source.format, name) }
    }
    case 'url':
      return { token: pickToken(await fetchToken(step, source), source.format, source.url.origin) }
    case 'executable':
      return { token: await runExecutable(step, document, source) }
    case 'aws':
      return { token: await readAwsToken(step, document, source.raw) }
    case 'certificate':
      return await readCertificate(step, source.raw)
  }
}

/** Finds the token in what a file or a URL holds. */
function pickToken({ json, text }: Sealed, format: TokenFormat, where: string): Secret {
  const token = format.type === 'text' ? json : secretIn(json, format.field)
  if (token instanceof Secret && token.matches(/^\S+$/)) return token
  const problem = isObject(json)
    ? 'it holds a JSON object'
    : text.trim() === ''
      ? 'it is empty'
      : 'it holds more than a token'
  throw subjectTokenUnavailable(
    where,
    format.type === 'text' ? problem : `it holds no JSON object with a token in "${format.field}"`,
    'form'
  )
}

/** The path of a token file may hold the token itself. */
function nameFile(path: string): string {
  return describeSecret(path) === undefined ? `the file ${resolve(path)}` : 'the file, whose path looks like a token'
}

/** What the identity provider answers; the headers are the document's own and no token of Google's is among them. */
async function fetchToken(step: Step, { url, headers, format }: UrlSource): Promise<Sealed> {
  keepSuspects(step.masks, url.searchParams)
  const request = { method: 'GET', url, headers, holds: format }
  const answer = await requestWithRetries(step, request, subjectTokenHostSilent)
  // Google's libraries take every 2xx.
  if (answer.status >= 200 && answer.status < 300) return answer
  throw subjectTokenRefused(url, readRefusal(answer))
}
