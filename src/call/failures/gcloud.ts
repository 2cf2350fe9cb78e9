import type { Snippet } from '../../failure/failure.ts'
import { inTerminal, projectById, shellWord } from '../../failure/snippets.ts'
import { isCloudRunUrl, isFunctionUrl, placeOfFunction, withoutTag } from '../../inputs/service-url.ts'
import { nameRunService } from '../cloud-run-service.ts'

/**
 * A Cloud Run service or a function as far as its URL tells, for commands to paste; placeholders otherwise. Whatever in the URL
 * cannot be a name of Google's is left out, so that every part can stand in a command as it is.
 */
export interface Target {
  readonly kind: 'service' | 'function'
  readonly name: string
  /** To be put behind a command: ` --region=… --project=…`. */
  readonly flags: string
  /** The command that finds out what the placeholders stand for, where there are any. */
  readonly search: readonly Snippet[]
}

export function describeTarget(url: URL): Target {
  return isFunctionUrl(url) ? describeFunction(url) : describeRunService(url)
}

/** https://cloud.google.com/run/docs/triggering/https-request#url */
function describeRunService(url: URL): Target {
  const { project, region, name } = nameRunService(url) ?? {}
  if (project !== undefined && region !== undefined && name !== undefined)
    return { kind: 'service', name, flags: ` --region=${region} --project=${projectById(project)}`, search: [] }
  // SERVICE-HASH-REGION_CODE.a.run.app; the code is not the region's name, and the project is not in it.
  const [, known] = /^([a-z][a-z0-9-]*)-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app$/.exec(withoutTag(url).hostname) ?? []
  const what = known === undefined ? 'SERVICE and REGION' : 'REGION'
  const filter = known === undefined ? '' : ` --filter="metadata.name=${known}"`
  return {
    kind: 'service',
    name: known ?? 'SERVICE',
    flags: ' --region=REGION --project=PROJECT',
    search: [inTerminal(`learn ${what} of the service`, `gcloud run services list --project=PROJECT${filter}`)]
  }
}

/** `https://REGION-PROJECT.cloudfunctions.net/FUNCTION` */
function describeFunction(url: URL): Target {
  const { region, project } = placeOfFunction(url)
  const [, name = 'FUNCTION'] = /^\/([A-Za-z][\w-]*)(?:\/|$)/.exec(url.pathname) ?? []
  return { kind: 'function', name, flags: ` --region=${region} --project=${project}`, search: [] }
}

/**
 * The URL that names the service: its own, or the audience where a custom domain or load balancer is called.
 *
 * @param audience of the token
 */
export function ownUrl(url: URL, audience: string): URL {
  const isOwn = (each: URL): boolean => isCloudRunUrl(each) || isFunctionUrl(each)
  return !isOwn(url) && URL.canParse(audience) && isOwn(new URL(audience)) ? new URL(audience) : url
}

/** The command that shows the log of what is behind a URL. */
export function showLog(url: URL): readonly Snippet[] {
  const { kind, name, flags, search } = describeTarget(url)
  const group = kind === 'function' ? 'functions' : 'run services'
  return [inTerminal("see the service's log", `gcloud ${group} logs read ${name}${flags} --limit=50`), ...search]
}

/** The command that shows ingress, URLs, audiences and tags of what is behind a URL. */
export function describeService(url: URL): readonly Snippet[] {
  const { kind, name, flags, search } = describeTarget(url)
  if (kind === 'function') return [inTerminal('see the function', `gcloud functions describe ${name}${flags}`)]
  return [
    inTerminal(
      'see ingress, URLs, audiences and tags of the service',
      `gcloud run services describe ${name}${flags} --format="yaml(metadata.annotations, status.url, status.traffic)"`
    ),
    ...search
  ]
}

/** The command that gives or takes the right to invoke what is behind a URL. */
export function updateInvokers(url: URL, change: 'add' | 'remove', member: string): string {
  const { kind, name, flags } = describeTarget(url)
  const who = `${name}${flags} --member=${shellWord(member)}`
  return kind === 'function'
    ? `gcloud functions ${change}-invoker-policy-binding ${who}`
    : `gcloud run services ${change}-iam-policy-binding ${who} --role=roles/run.invoker`
}

/** The command that changes a setting of a Cloud Run service. @param release `beta ` where stable gcloud lacks the flag */
export function updateCommand(url: URL, flag: string, release: '' | 'beta ' = ''): string {
  const { name, flags } = describeTarget(url)
  return `gcloud ${release}run services update ${name}${flags} ${flag}`
}
