/** Separates a traffic tag from the host of its service: https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
const TAG_SEPARATOR = '---'

/** Whether Cloud Run's own domain serves this URL. */
export function isCloudRunUrl(url: URL): boolean {
  return url.protocol === 'https:' && url.hostname.endsWith('.run.app')
}

/** Whether the domain of Cloud Functions serves this URL. */
export function isFunctionUrl(url: URL): boolean {
  return url.hostname.endsWith('.cloudfunctions.net')
}

/** Region and project of a function, as `https://REGION-PROJECT.cloudfunctions.net/FUNCTION` tells them; placeholders otherwise. */
export function placeOfFunction({ hostname }: URL): { readonly region: string; readonly project: string } {
  const [, region = 'REGION', project = 'PROJECT'] =
    /^([a-z]+-[a-z]+\d+)-([a-z][a-z0-9-]*)\.cloudfunctions\.net$/.exec(hostname) ?? []
  return { region, project }
}

/** The traffic tag in the URL of a Cloud Run service, if there is one. */
export function tagOf(url: URL): string | undefined {
  return isCloudRunUrl(url) ? splitTag(url.host).tag : undefined
}

/** The URL of the revision that `tag` names, for the URL of its service (or of the same tag already). */
export function withTag(url: URL, tag: string): URL {
  const tagged = new URL(url)
  tagged.host = `${tag}${TAG_SEPARATOR}${splitTag(url.host).service}`
  return tagged
}

/** The URL of the service itself, whatever tag it has. */
export function withoutTag(url: URL): URL {
  const plain = new URL(url)
  if (isCloudRunUrl(url)) plain.host = splitTag(url.host).service
  return plain
}

/** Whether a name can be a traffic tag: lower-case letters, digits and hyphens, but never what separates it from its host. */
export function isTag(name: string): boolean {
  return /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= 46 && !name.includes(TAG_SEPARATOR)
}

function splitTag(host: string): { tag?: string; service: string } {
  const end = host.indexOf(TAG_SEPARATOR)
  if (end <= 0) return { service: host }
  return { tag: host.slice(0, end), service: host.slice(end + TAG_SEPARATOR.length) }
}

/**
 * Whether Google's front end keeps a path of `*.run.app` from the application: `/healthz` for certain, which was measured;
 * of the others Google says only that some are kept and all should be avoided.
 * https://cloud.google.com/run/docs/known-issues#reserved_url_paths
 */
export function findReservation(url: URL): 'certain' | 'possible' | undefined {
  if (!isCloudRunUrl(url)) return undefined
  if (url.pathname === '/healthz') return 'certain'
  return /z$|^\/eventlog$|^\/_ah(\/|$)/.test(url.pathname) ? 'possible' : undefined
}
