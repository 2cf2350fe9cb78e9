import process from 'node:process'
import { checkBypass } from '@actions/http-client/lib/proxy'
import { ConnectionError } from './outcome.ts'

/** The HTTP proxy that leads to a host, as the environment names it. */
export interface ProxySetting {
  /** Scheme, host and port; without credentials, so that it can be shown. */
  readonly url: URL
  /** `user:password`, decoded; undefined where there are none. */
  readonly credentials?: Buffer
}

/**
 * The proxy for an `https` URL. Which variable counts, and which hosts `NO_PROXY` keeps from it, is the toolkit's rule, so that
 * the action agrees with every other action. How the variable is read is ours, because the toolkit goes round a proxy whose
 * URL it cannot parse.
 *
 * @throws {ConnectionError} whose message does not quote the variable
 */
export function findProxy(url: URL): ProxySetting | undefined {
  // The toolkit's rule reads these by itself as well.
  const name = (process.env['https_proxy'] ?? '') === '' ? 'HTTPS_PROXY' : 'https_proxy'
  const value = process.env[name]?.trim() ?? ''
  return value === '' || checkBypass(url) ? undefined : parseProxy(name, value)
}

/** Everything before the last "@" is user and password, so that "#", "/" and "@" may stand in a password as they are. */
const PROXY = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:(.*)@)?([^@/?#]+)(?:\/(?!\/)[^@]*)?$/is

/**
 * Reads `[scheme://][user:password@]host[:port]` as curl does: without a scheme it is http, and a "%" before anything but two
 * hexadecimal digits stands for itself. https://curl.se/docs/manpage.html#-x
 *
 * @param name the variable, for messages, which never quote its value
 * @throws {ConnectionError} whose message does not quote the variable
 */
export function parseProxy(name: string, value: string): ProxySetting {
  const [, scheme = 'http', encoded = '', authority = ''] = PROXY.exec(value) ?? []
  const isHttp = /^https?$/i.test(scheme)
  const wrong = (what: string): Error => new ConnectionError('PROXY', `the proxy in ${name} ${what}`, 'proxy setting')
  // The scheme counts for nothing here but the default port.
  const address = `${isHttp ? scheme : 'http'}://${authority}`
  if (!URL.canParse(address) || new URL(address).hostname === '') {
    throw wrong('cannot be read, which should be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT')
  }
  if (!isHttp) throw wrong(`is one for ${scheme}:, and not for http:`)
  const credentials = encoded.includes(':') || encoded === '' ? encoded : `${encoded}:`
  return { url: new URL(address), ...(credentials === '' ? {} : { credentials: decodePercent(credentials) }) }
}

/** The passwords of proxies, as they are written and as they are sent: secrets of the job, which nothing needs to show. */
export function proxyPasswords(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const settings = Object.entries(env).filter(([name]) => /^(https?|all)_proxy$/i.test(name))
  return settings.flatMap(([, value = '']) => {
    const [, , credentials = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:(.*)@)?/is.exec(value.trim()) ?? []
    const password = credentials.slice(credentials.indexOf(':') + 1)
    return credentials.includes(':') ? [password, decodePercent(password).toString()] : []
  })
}

function decodePercent(text: string): Buffer {
  const bytes = Buffer.from(text).toString('latin1')
  return Buffer.from(
    bytes.replaceAll(/%([0-9a-f]{2})/gi, (_escape, digits: string) => String.fromCharCode(parseInt(digits, 16))),
    'latin1'
  )
}
