import type { RunService, Services } from '../services/services.ts'
import { DEFAULT_PROJECT_ID, DEFAULT_PROJECT_NUMBER } from '../tokens/accounts.ts'
import type { Policy } from '../tokens/iam-policy.ts'
import { answerJson } from '../transport/answer.ts'
import type { Handler } from '../transport/requests.ts'
import { identifyCaller } from './api-caller.ts'
import type { ApiCallerWorld } from './api-caller.ts'
import { answerNotFound, refuseApiCall } from './errors.ts'

interface CloudRunAdminWorld extends ApiCallerWorld {
  readonly policy: Policy
  readonly services: Services
}

const API = {
  name: 'run.googleapis.com',
  title: 'Cloud Run Admin API',
  scopes: ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/run']
}
const PERMISSION = 'run.services.get'

/** Reading a service: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/get */
export function createCloudRunAdmin(world: CloudRunAdminWorld): Handler {
  return (call) => {
    const [, resource = '', project = '', region = '', name = ''] =
      /^\/v2\/(projects\/([^/]+)\/locations\/([^/]+)\/services\/([^/:]+))$/.exec(call.url.pathname) ?? []
    if (call.method !== 'GET' || resource === '') return answerNotFound(call.path)
    const caller = identifyCaller(world, API, call)
    const projectNumber = project === DEFAULT_PROJECT_ID ? DEFAULT_PROJECT_NUMBER : project
    const service = world.services.findRunService({ name, projectNumber, region })
    // A role may be granted on the service alone, or on its project.
    const isAllowed = [service?.resource, `projects/${projectNumber}`].map(
      (granted) => granted !== undefined && world.policy.allows(caller, PERMISSION, granted)
    )
    if (!isAllowed.includes(true)) {
      throw refuseApiCall(
        'PERMISSION_DENIED',
        `Permission '${PERMISSION}' denied on resource '${resource}' (or resource may not exist).`,
        {
          reason: 'IAM_PERMISSION_DENIED',
          domain: 'iam.googleapis.com',
          metadata: { permission: PERMISSION, resource }
        }
      )
    }
    if (service === undefined) {
      throw refuseApiCall(
        'NOT_FOUND',
        `Resource '${name}' of kind 'SERVICE' in region '${region}' in project '${project}' does not exist.`
      )
    }
    return answerJson(200, { ...describeService(service), ...service.settings.admin })
  }
}

/** What Google says of a service that was deployed once and is well. As in all of protobuf's JSON, what is false or empty is left out. */
function describeService({ name, projectNumber, region, settings, urls }: RunService): Record<string, unknown> {
  const project = projectNumber === DEFAULT_PROJECT_NUMBER ? DEFAULT_PROJECT_ID : projectNumber
  const fullName = `projects/${project}/locations/${region}/services/${name}`
  const revision = `${name}-00001-abc`
  const { customAudiences = [], ingress = 'all', invokerIamDisabled, defaultUriDisabled, iap, tags = [] } = settings
  const traffic = [
    { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 },
    ...tags.map((tag) => ({ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision, tag }))
  ]
  const uri = urls[0] ?? ''
  return {
    name: fullName,
    uid: '7d6f4f0e-6b41-4f0a-9d7e-3f1f0c2a5b68',
    generation: '1',
    createTime: '2026-01-15T10:30:00.123456Z',
    updateTime: '2026-01-15T10:31:00.123456Z',
    creator: 'person@example.com',
    lastModifier: 'person@example.com',
    ingress: ingress === 'all' ? 'INGRESS_TRAFFIC_ALL' : 'INGRESS_TRAFFIC_INTERNAL_ONLY',
    launchStage: 'GA',
    template: { containers: [{ image: 'us-docker.pkg.dev/cloudrun/container/hello' }] },
    traffic,
    ...(invokerIamDisabled === true ? { invokerIamDisabled } : {}),
    ...(defaultUriDisabled === true ? { defaultUriDisabled } : { urls, uri }),
    ...(iap === undefined ? {} : { iapEnabled: true }),
    ...(customAudiences.length === 0 ? {} : { customAudiences }),
    observedGeneration: '1',
    terminalCondition: {
      type: 'Ready',
      state: 'CONDITION_SUCCEEDED',
      lastTransitionTime: '2026-01-15T10:31:00.123456Z'
    },
    latestReadyRevision: `${fullName}/revisions/${revision}`,
    latestCreatedRevision: `${fullName}/revisions/${revision}`,
    trafficStatuses: traffic.map((target) =>
      'tag' in target ? { ...target, uri: uri.replace('https://', `https://${target.tag}---`) } : target
    ),
    etag: '"CMKp0rkGELCUq3c/cHJvamVjdHM"'
  }
}
