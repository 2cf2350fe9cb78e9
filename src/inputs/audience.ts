import { quoteValue } from '../guard/safe-text.ts'
import { describeSecret } from '../guard/likely-secret.ts'
import { addTag } from './call-inputs.ts'
import { readEach } from './complaints.ts'
import { LIST_SERVICES } from '../failure/snippets.ts'
import { audienceRequired, inputInvalid, WHY_EMPTY } from './failures.ts'
import { optional, read } from './raw-inputs.ts'
import { isCloudRunUrl, isFunctionUrl, withoutTag } from './service-url.ts'
import { parseList, parseUrl } from './values.ts'

/** What the tokens are for. */
export interface Audiences {
  /** As they were asked for, without repetitions; the first one is the call's. */
  readonly audiences: readonly [string, ...string[]]
  readonly audienceDerived: boolean
}

/**
 * The audiences that the input names, or the one that follows from `url`.
 *
 * @throws {Failure | AggregateError} INPUT_INVALID or AUDIENCE_REQUIRED
 */
export function readAudiences(): Audiences {
  const forIap = read('token') === 'iap_jwt'
  const [first, ...others] = readEach(
    new Set(parseList(read('audience'), '\n')),
    forIap ? parseIapAudience : parseAudience
  )
  if (first !== undefined) return { audiences: [first, ...others], audienceDerived: false }
  const value = optional('url')
  if (value !== undefined) {
    const url = parseUrl(value)
    // Identity-Aware Proxy compares with the URL that is called, its tag included.
    const audience = forIap ? `https://${addTag(url).url.host}/*` : findAudience(url)
    if (audience === undefined) throw audienceRequired(url)
    return { audiences: [audience], audienceDerived: true }
  }
  throw inputInvalid(
    'audience',
    `audience and url are both empty; ${WHY_EMPTY}`,
    'Set url to the service to call, or audience to the service the token is for.',
    ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'],
    [LIST_SERVICES]
  )
}

/**
 * The audience that a URL tells by itself. Cloud Run's is the service's own URL, also for a traffic tag
 * (https://cloud.google.com/run/docs/authenticating/service-to-service); a function's ends with its name. Neither has a port.
 *
 * @returns undefined where only the owner of the service can know it
 */
export function findAudience(url: URL): string | undefined {
  if (isCloudRunUrl(url)) return `https://${withoutTag(url).hostname}`
  const [, name] = url.pathname.split('/')
  return isFunctionUrl(url) && name !== undefined && name !== '' ? `https://${url.hostname}/${name}` : undefined
}

/** An audience, taken exactly as written; no value that can be one is a secret or has control characters. */
export function parseAudience(value: string): string {
  const secret = describeSecret(value)
  if (secret === undefined && !/\p{Cc}/u.test(value) && value.isWellFormed()) return value
  throw inputInvalid(
    'audience',
    `${secret ?? 'a value with control characters or broken Unicode'} is no audience`,
    'Set audience to the URL of the service, or to an OAuth client id.',
    ['audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app']
  )
}

/** The same of a JWT for Identity-Aware Proxy: a URL, or a prefix of one and `/*`. */
export function parseIapAudience(value: string): string {
  const audience = parseAudience(value)
  if (audience.startsWith('https://')) return audience
  throw inputInvalid(
    'audience',
    `${quoteValue(audience)} does not start with https://, and Identity-Aware Proxy compares the audience of a JWT with the called URL`,
    'Leave audience empty, or set it to the URL or to https://HOST/*.',
    ['audience: https://HOST/*']
  )
}
