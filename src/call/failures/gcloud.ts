import type { Snippet } from '../../failure/failure.ts'
import { inTerminal, projectById } from '../../failure/snippets.ts'
import { isCloudRunUrl, withoutTag } from '../../inputs/service-url.ts'

/**
 * A Cloud Run service as far as its URL tells, for commands to paste; placeholders otherwise. Whatever in the URL cannot be a
 * name of Google's is left out, so that every part can stand in a command as it is.
 */
export interface NamedService {
  readonly name: string
  /** To be put behind a command: ` --region=… --project=…`. */
  readonly flags: string
  /** The command that finds out what the placeholders stand for, where there are any. */
  readonly search: readonly Snippet[]
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
  const host = isCloudRunUrl(url) ? withoutTag(url).hostname : ''
  // SERVICE-PROJECT_NUMBER.REGION.run.app
  const [, deterministic, number, region] = /^([a-z][a-z0-9-]*)-(\d{6,})\.([a-z0-9-]+)\.run\.app$/.exec(host) ?? []
  if (deterministic !== undefined && number !== undefined && region !== undefined) {
    return { name: deterministic, flags: ` --region=${region} --project=${projectById(number)}`, search: [] }
  }
  // SERVICE-HASH-REGION_CODE.a.run.app; the code is not the region's name, and the project is not in it.
  const [, name] = /^([a-z][a-z0-9-]*)-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app$/.exec(host) ?? []
  const filter = name === undefined ? '' : ` --filter="metadata.name=${name}"`
  return {
    name: name ?? 'SERVICE',
    flags: ' --region=REGION --project=PROJECT',
    search: [
      inTerminal(
        `learn ${name === undefined ? 'SERVICE and ' : ''}REGION of the service`,
        `gcloud run services list --project=PROJECT${filter}`
      )
    ]
  }
}

/** The number of the project in which a Cloud Run service is, where its URL tells. */
export function projectNumber(url: URL): string | undefined {
  return isCloudRunUrl(url) ? /-(\d{6,})\.[a-z0-9-]+\.run\.app$/.exec(url.hostname)?.[1] : undefined
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
    /^([a-z]+-[a-z]+\d+)-([a-z][a-z0-9-]*)\.cloudfunctions\.net$/.exec(url.hostname) ?? []
  const [, name = ''] = /^\/([A-Za-z][\w-]*)(?:\/|$)/.exec(url.pathname) ?? []
  return { name: name || 'FUNCTION', flags: ` --region=${region} --project=${project}` }
}

/** The command that shows the log of what is behind a URL. */
export function showLog(url: URL): Snippet[] {
  const named = describeFunction(url)
  const { name, flags, search } = named === undefined ? describeRunService(url) : { ...named, search: [] }
  const kind = named === undefined ? 'run services' : 'functions'
  return [inTerminal("see the service's log", `gcloud ${kind} logs read ${name}${flags} --limit=50`), ...search]
}

/** The command that shows ingress, URLs, audiences and tags of what is behind a URL. */
export function describeService(url: URL): Snippet[] {
  const named = describeFunction(url)
  if (named !== undefined)
    return [inTerminal('see the function', `gcloud functions describe ${named.name}${named.flags}`)]
  const { name, flags, search } = describeRunService(url)
  return [
    inTerminal(
      'see ingress, URLs, audiences and tags of the service',
      `gcloud run services describe ${name}${flags} --format="yaml(metadata.annotations, status.url, status.traffic)"`
    ),
    ...search
  ]
}

/** The command that changes a setting of a Cloud Run service. @param release `beta ` where stable gcloud lacks the flag */
export function updateCommand(url: URL, flag: string, release: '' | 'beta ' = ''): string {
  const { name, flags } = describeRunService(url)
  return `gcloud ${release}run services update ${name}${flags} ${flag}`
}
