import { isCloudRunUrl } from '../audience.ts'
import type { Snippet } from '../failure.ts'
import { safeText } from '../safe-text.ts'
import { inTerminal } from './snippets.ts'

/** A Cloud Run service as far as its URL tells, for commands to paste; placeholders otherwise. */
export interface NamedService {
  readonly name: string
  readonly region: string
  /** To be put behind a command: ` --project=NUMBER` where the URL has the number, else nothing. */
  readonly project: string
  /** The command that finds out what the placeholders stand for, where there is one. */
  readonly search: readonly string[]
}

/** https://cloud.google.com/run/docs/triggering/https-request#url */
export function describeRunService(url: URL): NamedService {
  const unknown = { name: 'SERVICE', region: 'REGION', project: '', search: [] }
  if (!isCloudRunUrl(url)) return unknown
  const host = url.hostname.replace(/^.*?---/, '')
  // SERVICE-PROJECT_NUMBER.REGION.run.app
  const [, deterministicName, number, region] = /^(.+)-(\d{6,})\.([a-z0-9-]+)\.run\.app$/.exec(host) ?? []
  if (deterministicName !== undefined && number !== undefined && region !== undefined) {
    return { name: deterministicName, region, project: ` --project=${number}`, search: [] }
  }
  // SERVICE-HASH-REGION_CODE.a.run.app; the code is not the region's name.
  const [, name] = /^(.+)-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app$/.exec(host) ?? []
  const filter = name === undefined ? '' : ` --filter="metadata.name=${name}"`
  return { ...unknown, name: name ?? 'SERVICE', search: [`gcloud run services list${filter}   # shows the REGION`] }
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

/** The command that shows the log of what is behind a URL; none where the URL does not tell. */
export function showLog(url: URL): Snippet[] {
  const named = describeFunction(url)
  if (named !== undefined) return [inTerminal(`gcloud functions logs read ${named.name} ${named.flags} --limit=50`)]
  if (!isCloudRunUrl(url)) return []
  const { name, region, project, search } = describeRunService(url)
  return [inTerminal(...search, `gcloud run services logs read ${name} --region=${region} --limit=50${project}`)]
}

/** The command that gives a service more instances, and keeps one warm; none where the URL does not tell. */
export function giveInstances(url: URL): Snippet[] {
  if (!isCloudRunUrl(url)) return []
  return [inTerminal(...describeRunService(url).search, updateCommand(url, '--min-instances=1 --max-instances=10'))]
}

/** The commands that show ingress, URLs, audiences and tags of what is behind a URL. */
export function describeCommands(url: URL): string[] {
  const named = describeFunction(url)
  if (named !== undefined) return [`gcloud functions describe ${named.name} ${named.flags}`]
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
