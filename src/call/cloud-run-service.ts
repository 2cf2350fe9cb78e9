import type { Caller } from '../token/iam-credentials.ts'
import { requestOnce } from '../world/retried-request.ts'
import type { Step } from '../world/step.ts'
import { isObject, objectIn, stringIn, type JsonObject } from '../guard/json.ts'
import { safeText } from '../guard/safe-text.ts'
import { isCloudRunUrl, withoutTag } from '../inputs/service-url.ts'
import { Failure } from '../failure/failure.ts'

/** What names a Cloud Run service to the Admin API. */
export interface RunServiceName {
  /** The project's number. */
  readonly project: string
  readonly region: string
  readonly name: string
}

/** What the Admin API says of a service, as far as it explains a failed call. Every text in it is safe to show. */
export interface RunService {
  /** Names of revisions, without what stands before them. */
  readonly newest: string | undefined
  readonly newestReady: string | undefined
  /** Whether traffic was asked to follow the newest revision. */
  readonly followsNewest: boolean
  /** Revisions that get a part of the traffic without a tag. */
  readonly served: readonly { readonly revision: string; readonly percent: number }[]
  readonly tags: readonly { readonly tag: string; readonly revision: string }[]
  /** Whether the last change is still being carried out. */
  readonly isRollingOut: boolean
  /** Why the last change failed. */
  readonly trouble: string | undefined
  /** All that the service accepts: its URLs and its custom audiences. */
  readonly audiences: readonly string[]
  /** `all`, `internal`, `internal-and-cloud-load-balancing`, as gcloud's flag has it. */
  readonly ingress: string
  readonly isInvokerCheckOff: boolean
  readonly isDefaultUrlOff: boolean
}

/** What became of the look-up. */
export type LookUp =
  | { readonly kind: 'found'; readonly service: RunService }
  | { readonly kind: 'missing' }
  /** Refused, absent or odd; `principal` is who would need roles/run.viewer, where that is known. */
  | { readonly kind: 'unknown'; readonly principal: string | undefined }

/** The service that a deterministic URL names: https://cloud.google.com/run/docs/triggering/https-request#deterministic */
export function nameRunService(url: URL): RunServiceName | undefined {
  if (!isCloudRunUrl(url)) return undefined
  const [, name, project, region] =
    /^([a-z][a-z0-9-]*)-(\d{6,})\.([a-z0-9-]+)\.run\.app$/.exec(withoutTag(url).hostname) ?? []
  return name === undefined || project === undefined || region === undefined ? undefined : { name, project, region }
}

/**
 * Asks the Cloud Run Admin API about a service, once: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/get
 *
 * @param universe domain of the cloud's APIs
 * @param becomeCaller gets the access token, which needs `run.services.get` (roles/run.viewer)
 */
export async function lookUpRunService(
  step: Step,
  universe: string,
  { project, region, name }: RunServiceName,
  becomeCaller: () => Promise<Caller>
): Promise<LookUp> {
  try {
    const { token, principal, clientCertificate } = await becomeCaller()
    const url = new URL(`https://run.${universe}/v2/projects/${project}/locations/${region}/services/${name}`)
    const headers = { accept: 'application/json', authorization: token.asBearer() }
    const outcome = await requestOnce(step, { method: 'GET', url, headers, clientCertificate })
    if (!outcome.answered) return { kind: 'unknown', principal }
    const { json } = outcome
    // A page has no such member: only the API itself says that there is no such service.
    if (outcome.status === 404 && stringIn(objectIn(json, 'error'), 'status') === 'NOT_FOUND')
      return { kind: 'missing' }
    const service = outcome.status === 200 && isObject(json) ? readRunService(json) : undefined
    return service === undefined ? { kind: 'unknown', principal } : { kind: 'found', service }
  } catch (error) {
    // Without an access token nothing can be looked up, which is no failure of its own.
    if (error instanceof Failure) return { kind: 'unknown', principal: undefined }
    throw error
  }
}

/**
 * Reads the Admin API's answer: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services. As in all
 * of protobuf's JSON, a member that is false, zero or empty may be absent.
 *
 * @returns undefined where it describes no service
 */
export function readRunService(json: JsonObject): RunService | undefined {
  // Every service has a name and a state.
  if (stringIn(json, 'name') === undefined || !isObject(json['terminalCondition'])) return undefined
  const condition = objectIn(json, 'terminalCondition')
  const newestReady = revisionIn(json, 'latestReadyRevision')
  const targets = listIn(json, 'trafficStatuses')
  const shares = targets.map((target) => ({
    revision: revisionIn(target, 'revision') ?? newestReady ?? '',
    percent: typeof target['percent'] === 'number' ? target['percent'] : 0,
    tag: safeText(stringIn(target, 'tag') ?? '', 60)
  }))
  const state = stringIn(condition, 'state')
  return {
    newest: revisionIn(json, 'latestCreatedRevision'),
    newestReady,
    followsNewest: listIn(json, 'traffic').some(({ type }) => type === 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST'),
    served: shares.filter(({ percent }) => percent > 0),
    tags: shares.filter(({ tag }) => tag !== ''),
    isRollingOut: json['reconciling'] === true || stringIn(json, 'generation') !== stringIn(json, 'observedGeneration'),
    trouble:
      state === 'CONDITION_FAILED' ? safeText(stringIn(condition, 'message') ?? 'no reason is given', 300) : undefined,
    audiences: [...new Set([...textsIn(json, 'customAudiences'), ...textsIn(json, 'urls')])],
    ingress: nameIngress(stringIn(json, 'ingress')),
    isInvokerCheckOff: json['invokerIamDisabled'] === true,
    isDefaultUrlOff: json['defaultUriDisabled'] === true
  }
}

function nameIngress(value = 'INGRESS_TRAFFIC_ALL'): string {
  if (value === 'INGRESS_TRAFFIC_ALL') return 'all'
  return value === 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER' ? 'internal-and-cloud-load-balancing' : 'internal'
}

/** `projects/…/revisions/NAME`, or the name alone. */
function revisionIn(json: JsonObject, member: string): string | undefined {
  const name = stringIn(json, member)?.split('/').at(-1)
  return name !== undefined && /^[a-z][a-z0-9-]{0,79}$/.test(name) ? name : undefined
}

function listIn(json: JsonObject, member: string): readonly JsonObject[] {
  const value = json[member]
  return Array.isArray(value) ? value.filter(isObject) : []
}

function textsIn(json: JsonObject, member: string): readonly string[] {
  const value = json[member]
  const texts: readonly unknown[] = Array.isArray(value) ? value : []
  return texts.filter((text) => typeof text === 'string').map((text) => safeText(text, 200))
}
