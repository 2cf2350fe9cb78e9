import path from 'node:path'
import { credentialsInvalid, credentialsNotFound } from './failures/credentials.ts'
import { findRestriction } from '../world/restricted-run.ts'
import type { Step } from '../world/step.ts'
import { describeSecret } from '../guard/likely-secret.ts'
import { readSmallFile } from '../guard/small-file.ts'
import { readDocument, type CredentialDocument } from './document.ts'
import { lookForMetadataServer } from './metadata-server.ts'

export type ApplicationDefault =
  { readonly kind: 'document'; readonly document: CredentialDocument } | { readonly kind: 'metadata server' }

/**
 * Application Default Credentials, in Google's order: https://cloud.google.com/docs/authentication/application-default-credentials
 * A document that exists but cannot be used ends the search: the next place may have another identity than the author meant.
 *
 * @param hasAccount whether the input service_account is set
 * @throws {Failure} CREDENTIALS_NOT_FOUND, CREDENTIALS_INVALID or CREDENTIALS_UNSUPPORTED
 */
export async function findApplicationDefault(
  step: Step,
  universe: string,
  hasAccount: boolean
): Promise<ApplicationDefault> {
  const looked: string[] = []

  const named = step.env['GOOGLE_APPLICATION_CREDENTIALS'] ?? ''
  if (named !== '') {
    const origin = `the file ${named} (GOOGLE_APPLICATION_CREDENTIALS)`
    const secret = describeSecret(named)
    if (secret !== undefined) {
      throw credentialsInvalid(
        'the variable GOOGLE_APPLICATION_CREDENTIALS',
        `it holds ${secret}, not a path`,
        'content for path'
      )
    }
    const file = await readSmallFile(named)
    if (!file.ok)
      throw credentialsInvalid(origin, file.reason, file.missing ? nameAbsence(named) : { unreadable: named })
    return { kind: 'document', document: readDocument(step.masks, file.content, origin, universe) }
  }
  looked.push('GOOGLE_APPLICATION_CREDENTIALS: not set')

  const wellKnown = gcloudFile(step.env, 'application_default_credentials.json')
  if (wellKnown !== undefined) {
    const origin = `gcloud's file ${wellKnown}`
    const file = await readSmallFile(wellKnown)
    if (file.ok) return { kind: 'document', document: readDocument(step.masks, file.content, origin, universe) }
    if (!file.missing) throw credentialsInvalid(origin, file.reason, { unreadable: wellKnown })
    looked.push(`${wellKnown}: ${file.reason}`)
  }

  const server = await lookForMetadataServer(step)
  if (server.found) return { kind: 'metadata server' }
  looked.push(`metadata server: ${server.reason}`)
  throw credentialsNotFound(looked, step.env, hasAccount, await findRestriction(step.env))
}

/** google-github-actions/auth gives its files this name: https://github.com/google-github-actions/auth#inputs-credentials */
function nameAbsence(file: string): 'removed file' | 'missing file' {
  return /gha-creds-[^/\\]*\.json$/.test(file) ? 'removed file' : 'missing file'
}

/** A file in gcloud's directory; undefined where it is not known where that is. */
export function gcloudFile(env: Step['env'], name: string): string | undefined {
  const configured = env['CLOUDSDK_CONFIG'] ?? ''
  if (configured !== '') return path.join(configured, name)
  const appData = env['APPDATA'] ?? ''
  if (process.platform === 'win32' && appData !== '') return path.join(appData, 'gcloud', name)
  const home = env['HOME'] ?? ''
  return home === '' ? undefined : path.join(home, '.config', 'gcloud', name)
}
