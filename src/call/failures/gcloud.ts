import { isCloudRunUrl, withoutTag } from '../../inputs/service-url.ts'
import type { Snippet } from '../../failure/failure.ts'
import { safeText } from '../../guard/safe-text.ts'
import { inTerminal, shellWord } from '../../failure/snippets.ts'

/** A Cloud Run service as far as its URL tells, for commands to paste; placeholders otherwise. */
export interface NamedService {
  readonly name: string
  readonly region: string
  /** To be put behind a command: ` --project=…` where the URL tells the project, else nothing. */
  readonly project: string
  /** The command that finds out what the placeholders stand for, where there are any. */
  readonly search: readonly string[]
}

/**
 * The URL that names the service: its own, or the audience where a custom domain or load balancer is called.
 *
 * @param audience of the token
 */
export function ownUrl(url: URL, audience: string): URL {
  if (isCloudRunUrl(url) || describeFunction(url) !== undefined || !URL.canParse(audience)) return url
  const named = new URL(audience)
  return isCloudRunUrl(named) || describeFunction(named) !== undefined ? named : url
}

/** https://cloud.google.com/run/docs/triggering/https-request#url */
export function describeRunService(url: URL): NamedService {
  const unknown = { name: 'SERVICE', region: 'REGION', project: '' }
  if (!isCloudRunUrl(url)) {
    return { ...unknown, search: ['gcloud run services list   # shows SERVICE and REGION of each, and their URLs'] }
  }
  const host = withoutTag(url).hostname
  // SERVICE-PROJECT_NUMBER.REGION.run.app
  const [, deterministicName, number, region] = /^(.+)-(\d{6,})\.([a-z0-9-]+)\.run\.app$/.exec(host) ?? []
  if (deterministicName !== undefined && number !== undefined && region !== undefined) {
    return { name: deterministicName, region, project: ` --project=${projectId(number)}`, search: [] }
  }
  // SERVICE-HASH-REGION_CODE.a.run.app; the code is not the region's name.
  const [, name] = /^(.+)-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app$/.exec(host) ?? []
  const filter = name === undefined ? '' : ` --filter="metadata.name=${name}"`
  const shown = name === undefined ? 'SERVICE and REGION of each, and their URLs' : 'the REGION'
  return { ...unknown, name: name ?? 'SERVICE', search: [`gcloud run services list${filter}   # shows ${shown}`] }
}

/** The number of the project in which a Cloud Run service is, where its URL tells. */
export function projectNumber(url: URL): string | undefined {
  return isCloudRunUrl(url) ? /-(\d{6,})\.[a-z0-9-]+\.run\.app$/.exec(url.hostname)?.[1] : undefined
}

/** Most of gcloud refuses a project's number and wants its id. */
function projectId(number: string): string {
  return `$(gcloud projects describe ${number} --format="value(projectId)")`
}

/** A function as gcloud's flags name it. */
export interface NamedFunction {
  readonly name: string
  readonly flags: string
}

/** The function that a `*.cloudfunctions.net` URL names: `https://REGION-PROJECT.cloudfunctions.net/FUNCTION`. */
export function describeFunction(url: URL): NamedFunction | undefined {
  if (!url.hostname.endsWith('.cloudfunctions.net')) return undefined
  const [, region = 'REGION', project = 'PROJECT'] =
    /^([a-z]+-[a-z]+\d+)-(.+)\.cloudfunctions\.net$/.exec(url.hostname) ?? []
  const [, name = ''] = url.pathname.split('/')
  return { name: safeText(name) || 'FUNCTION', flags: `--region=${region} --project=${project}` }
}

/** The command that shows the log of what is behind a URL. */
export function showLog(url: URL): Snippet {
  const named = describeFunction(url)
  if (named !== undefined) {
    return inTerminal(`gcloud functions logs read ${shellWord(named.name)} ${named.flags} --limit=50`)
  }
  const { name, region, project, search } = describeRunService(url)
  return inTerminal(...search, `gcloud run services logs read ${name} --region=${region} --limit=50${project}`)
}

/** The commands that show ingress, URLs, audiences and tags of what is behind a URL. */
export function describeCommands(url: URL): string[] {
  const named = describeFunction(url)
  if (named !== undefined) return [`gcloud functions describe ${shellWord(named.name)} ${named.flags}`]
  const { name, region, project, search } = describeRunService(url)
  return [
    ...search,
    `gcloud run services describe ${name} --region=${region}${project} --format="yaml(metadata.annotations, status.url, status.traffic)"`
  ]
}

/** The command that changes a setting of a Cloud Run service. */
export function updateCommand(url: URL, flags: string): string {
  const { name, region, project } = describeRunService(url)
  return `gcloud run services update ${name} --region=${region} ${flags}${project}`
}
