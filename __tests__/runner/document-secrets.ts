import type { Secret } from '../pretend-google/tokens/secrets.ts'

interface CredentialSource {
  readonly headers?: Readonly<Record<string, string>>
  readonly url?: string
  readonly executable?: { readonly command?: string }
}

/** Headers that say nothing of who asks. */
const HARMLESS_HEADERS = /^(accept.*|content-type|user-agent|host|metadata(-flavor)?)$/i

/** Behind such names there are secrets, in a query and among the arguments of a program. */
const SECRET_NAME = /(token|secret|password|sig|key)$/i

/** A shorter value is a word. */
const SHORTEST = 8

/**
 * What documents have for an identity provider, and what it may send back: headers and a query; and the arguments of a program.
 *
 * @param texts of which some are documents
 */
export function secretsInDocuments(texts: readonly string[]): Secret[] {
  return texts
    .filter((text) => text.includes('credential_source'))
    .flatMap(findSources)
    .flatMap((source) => [...inHeaders(source), ...inQuery(source), ...inArguments(source)])
    .filter((value) => value.length >= SHORTEST)
    .map((value) => ({ kind: 'client secret', value }))
}

function findSources(text: string): CredentialSource[] {
  const found: CredentialSource[] = []
  try {
    JSON.parse(text, (name, value: unknown) => {
      if (name === 'credential_source' && typeof value === 'object' && value !== null) found.push(value)
      return value
    })
  } catch {
    // No document.
  }
  return found
}

function inHeaders({ headers = {} }: CredentialSource): string[] {
  return Object.entries(headers)
    .filter(([name]) => !HARMLESS_HEADERS.test(name))
    .map(([, value]) => {
      const [, scheme, credentials = ''] = /^(\w+) +(\S+)$/.exec(value) ?? []
      if (scheme === undefined) return value
      if (scheme !== 'Basic') return credentials
      return Buffer.from(credentials, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '')
    })
}

function inQuery({ url }: CredentialSource): string[] {
  if (url === undefined || !URL.canParse(url)) return []
  return [...new URL(url).searchParams].filter(([name]) => SECRET_NAME.test(name)).map(([, value]) => value)
}

function inArguments({ executable }: CredentialSource): string[] {
  const named = executable?.command?.matchAll(/(?:^| )--?([\w-]+)[= ]("[^"]*"|\S+)/g) ?? []
  return [...named].filter(([, name = '']) => SECRET_NAME.test(name)).map(([, , value = '']) => value)
}
