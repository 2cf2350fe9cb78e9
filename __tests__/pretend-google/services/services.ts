import { answerNotFound } from '../endpoints/errors.ts'
import type { Answer } from '../transport/answer.ts'
import { answerOrRefuse } from '../transport/refusal.ts'
import type { Call, Handler } from '../transport/requests.ts'
import type { Propagation } from '../tokens/iam-policy.ts'
import { createAppHandler } from './app.ts'
import type { App } from './app.ts'
import type { FrontEndWorld } from './bearer.ts'
import { checkInvoker, refuseInvoker, route } from './cloud-run.ts'
import type { CloudRunSettings } from './cloud-run.ts'
import { checkGateway } from './gateway.ts'
import type { GatewaySettings } from './gateway.ts'
import { checkIap } from './iap.ts'
import type { IapSettings } from './iap.ts'

export interface ServiceSettings extends Partial<Omit<CloudRunSettings, 'resource' | 'urls'>> {
  /** Such as `hello-abc123-uc.a.run.app`, or any domain that leads to the service. */
  readonly host: string
  /** The function's name, for `REGION-PROJECT.cloudfunctions.net`, which many functions share. */
  readonly functionName?: string
  /** Further hosts of the same service: its deterministic URL, a custom domain. Those under run.app are audiences as well. */
  readonly otherHosts?: readonly string[]
  /** Who may call it; `allUsers` makes it public. */
  readonly invokers?: readonly (string | ({ readonly member: string } & Propagation))[]
  /** In front of the service, which then lets Identity-Aware Proxy or the gateway in. */
  readonly iap?: IapSettings
  readonly gateway?: GatewaySettings
  /** Answers 200 and `Hello` where nothing else is said. */
  readonly app?: App
  /** Fields of any kind that go over those with which the Admin API describes the service. */
  readonly admin?: Readonly<Record<string, unknown>>
}

/** How the Admin API names a service: it has a host `NAME-PROJECTNUMBER.REGION.run.app`. */
interface RunServiceName {
  readonly name: string
  readonly projectNumber: string
  readonly region: string
}

/** A service of Cloud Run, as far as its Admin API goes. */
export interface RunService extends RunServiceName {
  readonly settings: ServiceSettings
  readonly urls: readonly string[]
  /** As in IAM policies. */
  readonly resource: string
}

export interface Services {
  /** @returns the service's URL, which is its audience too */
  addService: (settings: ServiceSettings) => string
  findHandler: (host: string) => Handler | undefined
  findRunService: (name: RunServiceName) => RunService | undefined
}

/** Names under which Google's front end answers, whether there is a service or not. */
const GOOGLE_FRONT_END = /\.(run\.app|cloudfunctions\.net)$/
const FRONT_END_HEADERS = { server: 'Google Frontend' }
const SERVICE_URL = /^https:\/\/[^/]+\.(run\.app|cloudfunctions\.net)/

interface Service extends Pick<RunService, 'settings' | 'urls' | 'resource'> {
  readonly hosts: readonly string[]
  readonly pathPrefix: string
  readonly handler: Handler
}

export function createServices(world: FrontEndWorld): Services {
  const services: Service[] = []

  return {
    addService(settings) {
      const { host, functionName, otherHosts = [], invokers = [], iap, gateway, app = [{ body: 'Hello' }] } = settings
      const pathPrefix = functionName === undefined ? '' : `/${functionName}`
      const hosts = [host, ...otherHosts]
      const resource = host + pathPrefix
      const cloudRun: CloudRunSettings = {
        customAudiences: [],
        tags: [],
        ingress: 'all',
        invokerIamDisabled: false,
        defaultUriDisabled: false,
        stripsAuthorization: false,
        ...settings,
        resource,
        urls: hosts.map((name) => `https://${name}${pathPrefix}`).filter((url) => SERVICE_URL.test(url))
      }
      for (const invoker of invokers) {
        const { member, ...propagation } = typeof invoker === 'string' ? { member: invoker } : invoker
        world.policy.grant(member, 'roles/run.invoker', resource, propagation)
      }
      for (const member of iap?.accessors ?? []) world.policy.grant(member, 'roles/iap.httpsResourceAccessor', resource)

      const answerAsApp = createAppHandler(app)
      async function handler(call: Call): Promise<Answer> {
        route(cloudRun, call)
        if (iap !== undefined) await checkIap(world, resource, iap, call)
        // IAP calls on as an account of its own: https://cloud.google.com/iap/docs/enabling-cloud-run
        if (iap?.trouble === 'not invoker') throw refuseInvoker(call)
        if (gateway !== undefined) await checkGateway(world, gateway, call)
        const isGuarded = iap !== undefined || gateway !== undefined
        return await answerAsApp(isGuarded ? call : await checkInvoker(world, cloudRun, call))
      }
      services.push({ settings, urls: cloudRun.urls, resource, hosts, pathPrefix, handler })
      return `https://${host}${pathPrefix}`
    },
    findRunService(wanted) {
      const host = `${wanted.name}-${wanted.projectNumber}.${wanted.region}.run.app`
      const service = services.find(({ hosts }) => hosts.includes(host))
      return service === undefined ? undefined : { ...wanted, ...service }
    },
    findHandler(host) {
      const name = host.replace(/^.+---/, '')
      const candidates = services.filter(({ hosts }) => hosts.includes(name))
      if (candidates.length === 0 && !GOOGLE_FRONT_END.test(host)) return undefined
      return async (call) => {
        const service = candidates.find(
          ({ pathPrefix }) => pathPrefix === '' || `${call.url.pathname}/`.startsWith(`${pathPrefix}/`)
        )
        return markAsFrontEnd(
          service === undefined ? answerNotFound(call.path) : await answerOrRefuse(service.handler, call)
        )
      }
    }
  }
}

/** Whatever comes through Google's front end bears its name, the application's answers as well. */
function markAsFrontEnd(answer: Answer): Answer {
  return { ...answer, headers: { ...FRONT_END_HEADERS, ...answer.headers } }
}
