import { isObject, parseJson } from '../guard/json.ts'
import { LIST_PROVIDERS, LIST_SERVICES } from '../failure/snippets.ts'
import { inputInvalid } from './failures.ts'
import { isLoopbackUrl } from '../world/request.ts'
import { quoteValue, safeText } from '../guard/safe-text.ts'

/** A day: longer than any job, and within what a timer can wait. */
const LONGEST_DURATION_MS = 24 * 60 * 60 * 1000

/** The lines of a value, without blanks around them and without empty ones. */
export function parseLines(value: string): string[] {
  return splitBy('\n', value)
}

/**
 * The same of names that a complaint may quote; they may be separated by commas too, unless it is said otherwise. A document or
 * key in their place stays whole, because a part of it would look like a name.
 */
export function parseList(value: string, separator: string | RegExp = /[\n,]/): string[] {
  const isDocument = isObject(parseJson(value)) || /^\s*-----BEGIN[^-]*PRIVATE KEY-----/.test(value)
  return isDocument ? [value.trim()] : splitBy(separator, value)
}

function splitBy(separator: string | RegExp, value: string): string[] {
  return value
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
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
    `Write ${input} as 500ms, 30s, 2m or plain seconds.`,
    [`${input}: 30s`]
  )
}

/** The core schema's booleans: https://yaml.org/spec/1.2/spec.html#id2804923 */
export function parseBoolean(input: string, value: string): boolean {
  if (['true', 'True', 'TRUE'].includes(value)) return true
  if (['false', 'False', 'FALSE'].includes(value)) return false
  throw inputInvalid(input, `${quoteValue(value)} is not a boolean`, 'Use true or false.', [`${input}: true`])
}

/** The input `url`, a service that may be called: https, or http on this machine, where no other machine can listen. */
export function parseUrl(value: string): URL {
  // The parser drops line breaks and tabs silently; a person who sent them made a mistake.
  const url = /\s/.test(value) || !URL.canParse(value) ? undefined : new URL(value)
  // A label of no letters is a variable that was empty: https://.run.app, https://canary---.run.app.
  if (url === undefined || /^$|^\.|\.\.|---\./.test(url.hostname)) {
    // It may hold a password.
    const shown = value.includes('@') ? 'the value' : quoteValue(value.replace(/\?.*$/s, ''))
    throw inputInvalid('url', `${shown} is not a URL`, 'Write url as https://HOST/PATH.', [
      'url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'
    ])
  }
  // RFC 3986, 3.2.1: user information is there even where it is empty.
  if (/^[a-z]+:[\\/]*[^\\/?#]*@/i.test(value)) {
    throw inputInvalid(
      'url',
      'the value holds a user name or password',
      'Leave user name and password out; the action sends a credential of its own.'
    )
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackUrl(url))) {
    throw inputInvalid(
      'url',
      `${quoteValue(url.origin === 'null' ? url.protocol : url.origin)} is not https`,
      'Use https://; a token must not travel in the clear.',
      [`url: https://${safeText(url.host + url.pathname)}`]
    )
  }
  const region = impossibleRegionIn(url)
  if (region !== undefined) {
    throw inputInvalid(
      'url',
      `${quoteValue(url.hostname)} has ${quoteValue(region)} where a region stands`,
      'Write url as gcloud prints the URL of the service, with a region such as europe-west1.',
      ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'],
      [LIST_SERVICES]
    )
  }
  url.hash = ''
  return url
}

/** A region that was misspelled or left as documentation writes it: https://cloud.google.com/run/docs/triggering/https-request#url */
function impossibleRegionIn(url: URL): string | undefined {
  return /^[^.]+\.(region|[a-z]+-[a-z]+(?:-\d+)?)\.run\.app$/.exec(url.hostname)?.[1]
}

/** Ids of pools and providers: https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/create */
const PROVIDER_NAME = /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]+\/providers\/[a-z0-9-]+$/

/** What is wrong with a name, by what it looks like; the first that fits is said. */
type Problems = readonly (readonly [RegExp, string])[]

const NAME_PROBLEMS: Problems = [
  [/\*\*\*/, 'has *** in it, which GitHub shows in the place of a secret'],
  [/\$\{\{/, 'has an expression in it that was not evaluated'],
  [/["'`]/, 'has quotes in it'],
  [/\s/, 'has blanks in it']
]

const PROVIDER_PROBLEMS: Problems = [
  ...NAME_PROBLEMS,
  [/^(https?:)?\/\//, 'starts with a host'],
  [/\b(?:PROJECT_)?NUMBER\b|\b(?:PROJECT|POOL|PROVIDER)(?:_ID)?\b/, 'has a placeholder in it'],
  [/^projects\/[^/]*[^/\d][^/]*\//, 'has the id of the project where its number belongs'],
  [/\/workloadIdentityPools\/[^/]+\/?$/, 'names a pool, not a provider in it'],
  [
    /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/,
    'has a character in it that no id of a pool or provider has'
  ],
  [/^/, 'is not the full name of a provider']
]

/** The full name of a workload identity provider. */
export function parseProvider(value: string): string {
  if (PROVIDER_NAME.test(value)) return value
  const meant = withoutQuotes(value).replace(/^(https?:)?\/\/[^/]*\//, '')
  const isMeant = PROVIDER_NAME.test(meant)
  const form = 'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER'
  throw wrongName(
    'workload_identity_provider',
    `${quoteValue(value)} ${findProblem(value, PROVIDER_PROBLEMS)}`,
    isMeant ? meant : form,
    isMeant ? [] : listProviders(meant)
  )
}

function findProblem(value: string, problems: Problems): string {
  return problems.find(([pattern]) => pattern.test(value))?.[1] ?? ''
}

function wrongName(input: string, complaint: string, expected: string, commands: readonly string[]): Error {
  return inputInvalid(input, complaint, `Write ${input} as ${expected}.`, [`${input}: ${expected}`], commands)
}

/** The commands that print the full names of providers, by what an incomplete one tells. */
function listProviders(name: string): readonly string[] {
  const [pool] = /projects\/[\w.:-]+\/locations\/global\/workloadIdentityPools\/[\w-]+/.exec(name) ?? []
  if (pool === undefined) return LIST_PROVIDERS
  return [`gcloud iam workload-identity-pools providers list --workload-identity-pool=${pool} --format="value(name)"`]
}

const EMAIL = /^\w[\w.-]*@[\w-]+(\.[\w-]+)+$/

/** gserviceaccounts.com, .iam.gserviceacount.com: no such domain exists, and IAM would only say "denied". */
const MISSPELLED = /^[\w.-]+@(?!.*\.gserviceaccount\.com$)(?=.*(?:gserviceac|\.iam\.))[\w-]+(\.[\w-]+)+$/i

/** Whether an e-mail looks like that of a service account, in a domain that does not exist. */
export function isMisspelled(email: string): boolean {
  return MISSPELLED.test(email)
}

/** A name as documentation writes it, for the reader to fill in. */
const PLACEHOLDER = /^(NAME|SERVICE_ACCOUNT|SA_NAME|ACCOUNT)@|@(PROJECT|PROJECT_ID|YOUR_PROJECT)\./

/** People alone have such addresses. */
const PERSONAL = /@(?:gmail|googlemail)\.com$/i

const ACCOUNT_PROBLEMS: Problems = [
  ...NAME_PROBLEMS,
  [/^serviceAccount:/, 'has the prefix of a member'],
  [PLACEHOLDER, 'is a placeholder'],
  [PERSONAL, 'is the e-mail of a person, and only service accounts can be impersonated'],
  [MISSPELLED, 'does not end in .gserviceaccount.com'],
  [/^\d+$/, 'is no unique id, which has 21 digits; a project number is shorter'],
  [/^/, 'is neither an e-mail nor a unique id']
]

/** A service account, by e-mail or unique id. https://cloud.google.com/iam/docs/service-accounts-create */
export function parseAccount(input: string, value: string): string {
  const account = value.replace(/^projects\/-\/serviceAccounts\//, '')
  if (isAccount(account)) return account
  const meant = withoutQuotes(value).replace(/^serviceAccount:/, '')
  const isMeant = isAccount(meant)
  throw wrongName(
    input,
    `${quoteValue(value)} ${findProblem(value, ACCOUNT_PROBLEMS)}`,
    isMeant ? meant : 'NAME@PROJECT.iam.gserviceaccount.com',
    isMeant ? [] : ['gcloud iam service-accounts list --project=PROJECT --format="value(email)"']
  )
}

/** The value without the quotes and blanks around it; a pattern for both ends takes quadratic time. */
function withoutQuotes(value: string): string {
  const characters = Array.from(value)
  const isMeant = (character: string): boolean => !/["'`\s]/.test(character)
  return characters.slice(characters.findIndex(isMeant), characters.findLastIndex(isMeant) + 1).join('')
}

function isAccount(value: string): boolean {
  if (/^\d{16,30}$/.test(value)) return true
  return EMAIL.test(value) && ![PLACEHOLDER, PERSONAL, MISSPELLED].some((pattern) => pattern.test(value))
}

/** https://cloud.google.com/docs/overview: the domain under which a Trusted Partner Cloud has its APIs. */
export function parseUniverse(value: string): string {
  // A last label with a digit in front would make an IPv4 address of it (https://url.spec.whatwg.org/#ends-in-a-number-checker).
  if (/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$/.test(value) && value.length <= 200) return value
  throw inputInvalid(
    'universe',
    `${quoteValue(value)} is not a domain`,
    'Write universe as googleapis.com, without https://.',
    ['universe: googleapis.com']
  )
}

/** Variables that the runner, shells, loaders, language runtimes, proxies and Google's tools act upon. */
const RESERVED_VARIABLES = new RegExp(
  `^(${[
    '(GITHUB|RUNNER|ACTIONS|INPUT|STATE|LD|DYLD|NPM_CONFIG|CLOUDSDK|GIT_CONFIG)_.*',
    'PATH|PATHEXT|HOME|CI|SHELL|USER|USERPROFILE|APPDATA|TMP|TEMP|TMPDIR|PWD|IFS|ENV|COMSPEC',
    'BASH_ENV|BASHOPTS|SHELLOPTS|PS4|PROMPT_COMMAND|PAGER|EDITOR',
    'NODE_(OPTIONS|PATH|EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)|PYTHON(PATH|HOME|STARTUP)',
    'RUBY(OPT|LIB)|PERL5(OPT|LIB)|CLASSPATH|JAVA_(HOME|TOOL_OPTIONS)|_JAVA_OPTIONS|JDK_JAVA_OPTIONS',
    'GIT_(SSH|SSH_COMMAND|ASKPASS|EDITOR|PAGER|EXEC_PATH)|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO|FTP)_PROXY',
    'GOOGLE_(APPLICATION_CREDENTIALS|CREDENTIALS|CLOUD_PROJECT|OAUTH_ACCESS_TOKEN|GHA_CREDS_PATH)|GCE_METADATA_(HOST|IP)'
  ].join('|')})$`,
  'i'
)

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
  // The runner ignores or refuses some of these; with the others a token would break or steer the steps that follow.
  if (RESERVED_VARIABLES.test(value)) {
    throw inputInvalid(
      'export_env',
      `${quoteValue(value)} has a meaning of its own`,
      'Choose another name, such as ID_TOKEN.',
      ['export_env: ID_TOKEN']
    )
  }
  return value
}
