import { isCloudRunHost } from '../audience.ts'
import { safeText } from '../safe-text.ts'

/** Name and region of a Cloud Run service as far as its URL tells them, for commands to paste; placeholders otherwise. */
export function describeRunService(url: URL): { readonly name: string; readonly region: string } {
  if (!isCloudRunHost(url)) return { name: 'SERVICE', region: 'REGION' }
  const host = url.hostname.replace(/^.*?---/, '')
  // https://cloud.google.com/run/docs/triggering/https-request: SERVICE-PROJECT_NUMBER.REGION.run.app
  const [, deterministicName, region] = /^(.+)-\d{6,}\.([a-z0-9-]+)\.run\.app$/.exec(host) ?? []
  if (deterministicName !== undefined && region !== undefined) return { name: deterministicName, region }
  // SERVICE-HASH-REGION_CODE.a.run.app; the code is not the region's name.
  const [, name] = /^(.+)-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app$/.exec(host) ?? []
  return { name: name ?? 'SERVICE', region: 'REGION' }
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
export function logCommand(url: URL): string[] {
  const named = describeFunction(url)
  if (named !== undefined) return [`gcloud functions logs read ${named.name} ${named.flags} --limit=50`]
  const service = describeRunService(url)
  return isCloudRunHost(url)
    ? [...regionCommand(url), `gcloud run services logs read ${service.name} --region=${service.region} --limit=50`]
    : []
}

/** The command that finds the region where the URL has but a code of it. */
export function regionCommand(url: URL): string[] {
  const { name, region } = describeRunService(url)
  return isCloudRunHost(url) && region === 'REGION'
    ? [`gcloud run services list${name === 'SERVICE' ? '' : ` --filter="metadata.name=${name}"`}   # shows the REGION`]
    : []
}

/** The command that shows ingress, URLs, audiences and tags of what is behind a URL. */
export function describeCommand(url: URL): string[] {
  const named = describeFunction(url)
  if (named !== undefined) return [`gcloud functions describe ${named.name} ${named.flags}`]
  const service = describeRunService(url)
  return [
    ...regionCommand(url),
    `gcloud run services describe ${service.name} --region=${service.region} \\`,
    '  --format="yaml(metadata.annotations, status.url, status.traffic)"'
  ]
}
