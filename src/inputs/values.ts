import { inputInvalid, quoteValue } from './failures.ts'
import { isLoopbackUrl } from '../world/request.ts'
import { safeText } from '../guard/safe-text.ts'

/** A day: longer than any job, and within what a timer can wait. */
const LONGEST_DURATION_MS = 24 * 60 * 60 * 1000

/** The lines of a value, without blanks around them and without empty ones. */
export function parseLines(value: string): string[] {
  return trimAll(value.split('\n'))
}

/** The same of a list whose parts may be separated by commas too. */
export function parseList(value: string): string[] {
  return trimAll(value.split(/[\n,]/))
}

function trimAll(parts: readonly string[]): string[] {
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** `500ms`, `30s`, `2m` or plain seconds. @returns milliseconds */
export function parseDuration(input: string, value: string, shortestMs: number): number {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m)?$/.exec(value) ?? []
  const factor = { ms: 1, s: 1_000, m: 60_000 }[unit ?? 's'] ?? Number.NaN
  const milliseconds = Math.round(Number(amount) * factor)
  if (milliseconds >= shortestMs && milliseconds <= LONGEST_DURATION_MS) return milliseconds
  throw inputInvalid(
    input,
    `${quoteValue(value)} is not a duration${shortestMs > 0 ? ' above zero' : ''} of at most a day`,
    'Write it as 500ms, 30s, 2m or plain seconds.',
    [`${input}: 30s`]
  )
}

/** The core schema's booleans: https://yaml.org/spec/1.2/spec.html#id2804923 */
export function parseBoolean(input: string, value: string): boolean {
  if (['true', 'True', 'TRUE'].includes(value)) return true
  if (['false', 'False', 'FALSE'].includes(value)) return false
  throw inputInvalid(input, `${quoteValue(value)} is not a boolean`, 'Use true or false.', [`${input}: true`])
}

/** A service that may be called: https, or http on this machine, where nobody can listen. */
export function parseUrl(input: string, value: string): URL {
  // The parser drops line breaks and tabs silently; a person who sent them made a mistake.
  const url = /\s/.test(value) || !URL.canParse(value) ? undefined : new URL(value)
  if (url === undefined || url.hostname === '') {
    // It may hold a password.
    const shown = value.includes('@') ? 'the value' : quoteValue(value.replace(/\?.*$/s, ''))
    throw inputInvalid(input, `${shown} is not a URL`, 'Write it as https://HOST/PATH.', [
      `${input}: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH`
    ])
  }
  if (url.username !== '' || url.password !== '') {
    throw inputInvalid(
      input,
      'it holds a user name or password',
      'Leave them out; the action sends its own credential.'
    )
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackUrl(url))) {
    throw inputInvalid(
      input,
      `${quoteValue(url.origin === 'null' ? url.protocol : url.origin)} is not https`,
      'Use https://; a token must not travel in the clear.',
      [`${input}: https://${safeText(url.host + url.pathname)}`]
    )
  }
  url.hash = ''
  return url
}

const PROVIDER_NAME = /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[\w-]+\/providers\/[\w-]+$/

/** The full name of a workload identity provider. */
export function parseProvider(value: string): string {
  if (PROVIDER_NAME.test(value)) return value
  const input = 'workload_identity_provider'
  const problem = /["'`]/.test(value)
    ? 'has quotes in it'
    : /\s/.test(value)
      ? 'has blanks in it'
      : /^(https?:)?\/\//.test(value)
        ? 'starts with a host'
        : /^projects\/[^/]*[^/\d][^/]*\//.test(value)
          ? 'has the id of the project where its number belongs'
          : /\/workloadIdentityPools\/[^/]+\/?$/.test(value)
            ? 'names a pool, not a provider in it'
            : 'is not the full name of a provider'
  const meant = value.replaceAll(/^["'`\s]+|["'`\s]+$/g, '').replace(/^(https?:)?\/\/[^/]*\//, '')
  const expected = PROVIDER_NAME.test(meant)
    ? meant
    : 'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER'
  throw inputInvalid(
    input,
    `${quoteValue(value)} ${problem}`,
    `Write it as ${expected}.`,
    [`${input}: ${expected}`],
    expected === meant ? [] : listProviders(meant)
  )
}

/** The commands that print the full names of providers, by what an incomplete one tells. */
function listProviders(name: string): string[] {
  const [pool] = /projects\/[\w.:-]+\/locations\/global\/workloadIdentityPools\/[\w-]+/.exec(name) ?? []
  const list = 'gcloud iam workload-identity-pools providers list'
  return pool === undefined
    ? [
        'gcloud iam workload-identity-pools list --location=global   # shows the POOL',
        `${list} --workload-identity-pool=POOL --location=global --format="value(name)"   # prints the names`
      ]
    : [`${list} --workload-identity-pool=${pool} --format="value(name)"   # prints the names`]
}

/** A service account, by e-mail or unique id. https://cloud.google.com/iam/docs/service-accounts-create */
export function parseAccount(input: string, value: string): string {
  const account = value.replace(/^projects\/-\/serviceAccounts\//, '')
  if (isAccount(account)) return account
  const problem = /["'`]/.test(value)
    ? 'has quotes in it'
    : /\s/.test(value)
      ? 'has blanks in it'
      : value.startsWith('serviceAccount:')
        ? 'has the prefix of a member'
        : 'is neither an e-mail nor a unique id'
  const meant = value.replaceAll(/^["'`\s]+|["'`\s]+$/g, '').replace(/^serviceAccount:/, '')
  const expected = isAccount(meant) ? meant : 'NAME@PROJECT.iam.gserviceaccount.com'
  throw inputInvalid(
    input,
    `${quoteValue(value)} ${problem}`,
    `Write it as ${expected}.`,
    [`${input}: ${expected}`],
    expected === meant ? [] : ['gcloud iam service-accounts list   # shows the e-mail of each']
  )
}

function isAccount(value: string): boolean {
  return /^[\w.-]+@[\w-]+(\.[\w-]+)+$/.test(value) || /^\d{6,30}$/.test(value)
}

/** https://cloud.google.com/docs/overview: the domain under which a Trusted Partner Cloud has its APIs. */
export function parseUniverse(value: string): string {
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value)) return value
  throw inputInvalid(
    'universe',
    `${quoteValue(value)} is not a domain`,
    'Write it as googleapis.com, without https://.',
    ['universe: googleapis.com']
  )
}

/** A variable that later steps may see, and that changes nothing but what they see. */
export function parseVariableName(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (!/^[A-Za-z_]\w*$/.test(value)) {
    throw inputInvalid(
      'export_env',
      `${quoteValue(value)} is not a name for a variable`,
      'Use letters, digits and underscores.',
      ['export_env: ID_TOKEN']
    )
  }
  // The runner ignores or refuses some of these; with the others a token would break the steps that follow.
  if (/^(GITHUB|RUNNER|ACTIONS|INPUT|STATE)_|^(NODE_OPTIONS|PATH|HOME|CI|SHELL|USER)$/i.test(value)) {
    throw inputInvalid(
      'export_env',
      `${quoteValue(value)} has a meaning of its own`,
      'Choose another name, such as ID_TOKEN.',
      ['export_env: ID_TOKEN']
    )
  }
  return value
}
