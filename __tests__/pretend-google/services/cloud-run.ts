import { answerNotFound } from '../endpoints/errors.ts'
import { GCLOUD_CLIENT_ID } from '../tokens/accounts.ts'
import type { Answer } from '../transport/answer.ts'
import { Refusal } from '../transport/refusal.ts'
import type { Call } from '../transport/requests.ts'
import { bearerToken, headerValues, judgeIdToken } from './bearer.ts'
import type { FrontEndWorld } from './bearer.ts'
import { frontEndPage } from './pages.ts'

export interface CloudRunSettings {
  /** The resource name for IAM. */
  readonly resource: string
  /** The URLs of the service, without trailing slash. */
  readonly urls: readonly string[]
  readonly customAudiences: readonly string[]
  readonly tags: readonly string[]
  readonly ingress: 'all' | 'internal'
  /** No invoker is asked for, as if the service were public. */
  readonly invokerIamDisabled: boolean
  /** Its hosts under run.app lead nowhere. */
  readonly defaultUriDisabled: boolean
  /** Takes the signature off `Authorization` too; Google promises it for `X-Serverless-Authorization` alone. */
  readonly stripsAuthorization: boolean
}

/** gcloud's own clients: a person's token is for one of these, and Cloud Run accepts it. */
const GCLOUD_CLIENT_IDS = [GCLOUD_CLIENT_ID, '32555940559.apps.googleusercontent.com']

/** Paths that never reach a container: https://cloud.google.com/run/docs/known-issues#ah */
const RESERVED_PATH = /^\/(healthz|eventlog|_ah\/.*)$/

/**
 * Cloud Run's front end, as far as routing goes.
 *
 * @throws {Refusal} the 404 of Google's front end
 */
export function route(settings: CloudRunSettings, call: Call): void {
  const tag = /^(.+)---/.exec(call.host)?.[1]
  const isUnknownTag = tag !== undefined && !settings.tags.includes(tag)
  const isDisabled = settings.defaultUriDisabled && call.host.endsWith('.run.app')
  if (settings.ingress === 'internal' || isDisabled || isUnknownTag || RESERVED_PATH.test(call.url.pathname)) {
    throw new Refusal(answerNotFound(call.path))
  }
}

/**
 * Cloud Run's IAM check: https://cloud.google.com/run/docs/authenticating/service-to-service
 *
 * @returns the request as the container gets it
 * @throws {Refusal} with 401 or 403
 */
export async function checkInvoker(world: FrontEndWorld, settings: CloudRunSettings, call: Call): Promise<Call> {
  const serverless = headerValues(call, 'x-serverless-authorization')
  const given = serverless.length > 0 ? serverless : headerValues(call, 'authorization')
  const mayInvoke = (principal: Parameters<typeof world.policy.allows>[0]): boolean =>
    world.policy.allows(principal, 'run.routes.invoke', settings.resource)

  if (settings.invokerIamDisabled || mayInvoke(undefined)) return call
  if (given.length === 0) throw refuseInvoker(call)
  const token = given.length === 1 ? bearerToken(given[0]) : undefined
  const judgement = await judgeIdToken(world, token ?? '')
  if (typeof judgement === 'string' || !isAudience(settings, judgement.audiences))
    throw new Refusal(answerUnauthorized(call))
  if (!mayInvoke(judgement.principal)) throw refuseInvoker(call)
  return removeSignatures(call, settings.stripsAuthorization)
}

function isAudience({ urls, customAudiences }: CloudRunSettings, audiences: readonly string[]): boolean {
  const accepted = [...urls, ...urls.map((url) => `${url}/`), ...customAudiences, ...GCLOUD_CLIENT_IDS]
  return audiences.length === 1 && audiences.some((audience) => accepted.includes(audience))
}

/** A container gets no token that it could use itself. */
function removeSignatures(call: Call, stripsAuthorization: boolean): Call {
  const names = ['x-serverless-authorization', ...(stripsAuthorization ? ['authorization'] : [])]
  const headers = { ...call.headers }
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string') headers[name] = value.replace(/[^.]*$/, 'SIGNATURE_REMOVED_BY_GOOGLE')
  }
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, [value].flat().join(', ')])
  return { ...call, headers, rawHeaders }
}

/** With 403: the caller is not allowed to invoke the service. */
export function refuseInvoker({ url }: Call): Refusal {
  return new Refusal(
    frontEndPage(
      403,
      '403 Forbidden',
      'Error: Forbidden',
      `Your client does not have permission to get URL <code>${escape(url.pathname)}</code> from this server.`
    )
  )
}

function answerUnauthorized({ url }: Call): Answer {
  return frontEndPage(
    401,
    '401 Unauthorized',
    'Error: Unauthorized',
    `Your client does not have permission to the requested URL <code>${escape(url.pathname)}</code>.`,
    { 'www-authenticate': 'Bearer error="invalid_token" error_description="The access token could not be verified"' }
  )
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
