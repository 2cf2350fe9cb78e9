/** Google's token services, by the names of their hosts. */
export type Service = 'sts' | 'iamcredentials' | 'oauth2'

/** The universe of everyone who is not on a Trusted Partner Cloud. Audience and scope at STS keep it in every universe. */
export const DEFAULT_UNIVERSE = 'googleapis.com'

/** The OAuth scope that every exchange asks for; in every universe it is the same. */
export const CLOUD_PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

export function stsUrl(universe: string, path: 'token' | 'oauthtoken'): URL {
  return new URL(`https://sts.${universe}/v1/${path}`)
}

export function oauthTokenUrl(universe: string): URL {
  return new URL(`https://oauth2.${universe}/token`)
}

/**
 * @param account e-mail or unique id of the service account
 * @param method https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
 */
export function iamCredentialsUrl(
  universe: string,
  account: string,
  method: 'generateIdToken' | 'generateAccessToken' | 'signJwt'
): URL {
  return new URL(`https://iamcredentials.${universe}/v1/${serviceAccountResource(account)}:${method}`)
}

/** The resource name of a service account whose project need not be known; the literal `-` is mandatory. */
export function serviceAccountResource(account: string): string {
  return `projects/-/serviceAccounts/${encodeURIComponent(account.toWellFormed()).replaceAll('%40', '@')}`
}

/**
 * Whether a URL from a credential document belongs to one of Google's token services, so that a secret may be sent to it:
 * `https` on the default port, and the service's own, regional, mutual-TLS or Private Service Connect host. Another
 * subdomain of Google's is not enough, because many of them serve what their customers put there.
 * Host forms: https://cloud.google.com/vpc/docs/private-service-connect, https://cloud.google.com/sts/docs/reference/rest
 */
export function isTokenServiceUrl(url: URL, service: Service, universe: string): boolean {
  if (url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '') return false
  if (service === 'oauth2' && universe === DEFAULT_UNIVERSE && isLegacyTokenUrl(url)) return true
  const domain = universe.replaceAll('.', '\\.')
  // Only regions and names of one's own (behind .p.) stand beside a service; another label would be another service.
  const region = '[a-z]+-[a-z]+\\d+'
  return [
    `${service}\\.${domain}`,
    `${service}\\.mtls\\.${domain}`,
    `${region}\\.${service}\\.${domain}`,
    `${service}\\.${region}\\.${domain}`,
    `${service}\\.${region}\\.rep\\.${domain}`,
    `${region}-${service}\\.${domain}`,
    `${service}-[a-z0-9-]+\\.p\\.${domain}`
  ].some((pattern) => new RegExp(`^${pattern}$`).test(url.hostname))
}

/** The token endpoints that keys made before 2019 name in `token_uri`. */
function isLegacyTokenUrl(url: URL): boolean {
  return [
    'accounts.google.com/o/oauth2/token',
    'www.googleapis.com/oauth2/v3/token',
    'www.googleapis.com/oauth2/v4/token'
  ].includes(url.host + url.pathname)
}
