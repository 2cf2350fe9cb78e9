import type { Answer } from '../world/outcome.ts'
import { isPerimeter, PERIMETER_REFUSAL } from '../failure/perimeter.ts'
import { objectIn, parseObject, stringIn } from '../guard/json.ts'
import { isTransientStatus } from '../world/retry.ts'

/**
 * Who answered a call: the application, or something of Google's that stands before it. Told by the answer's own marks, never
 * by the status alone: `server: Google Frontend` is on every answer of Cloud Run.
 *
 * `front end`: its check of the caller (401, 403), and its "there is nothing here" (404). `infrastructure`: whatever else of
 * Google's answered before the application could, for a reason that is not the caller: ingress, a load balancer's security
 * policy, a request that is refused as such, an outage, of IAP too.
 */
export type Responder = 'application' | 'front end' | 'infrastructure' | 'iap' | 'gateway'

/** @param text the body */
export function whoAnswered(answer: Answer, text: string): Responder {
  const { status } = answer
  if (isMarkedByIap(answer)) return status >= 500 ? 'infrastructure' : 'iap'
  if (isSignInRedirect(answer)) return 'iap'
  if (status >= 400 && status < 500 && /^\s*Invalid IAP credentials/.test(text)) return 'iap'
  if (isGatewayRefusal(status, text)) return 'gateway'
  return findFrontEnd(answer, text) ?? 'application'
}

/** Google kept the caller out: the only answer by which a service is known to be private. */
export function isRefusalOfCaller(answer: Answer, text: string): boolean {
  const responder = whoAnswered(answer, text)
  // What only looks like IAP's may be the application's; IAP's own mark tells.
  if (responder === 'iap') return isMarkedByIap(answer)
  if (responder !== 'front end' || answer.status === 404) return false
  // What an API says of a perimeter, an application may hand on.
  return isPage(answer) || !isPerimeter(text)
}

/**
 * Whether an answer leaves open who refused, because one to HEAD has no words. An empty page is the application's: Google's
 * always have something to say.
 */
export function leavesOpenWhoRefused(method: string, answer: Answer): boolean {
  const { status, headers } = answer
  const isRefusal = status >= 400 && status < 500 && !isTransientStatus(status)
  return (
    method === 'HEAD' && isRefusal && headers['content-length'] !== '0' && whoAnswered(answer, '') === 'application'
  )
}

/** IAP's OAuth client id, where an answer names it: in the address to which a browser would go to sign in. */
export function iapClientId(answer: Pick<Answer, 'headers'>): string | undefined {
  const location = answer.headers['location'] ?? ''
  const id = URL.canParse(location) ? new URL(location).searchParams.get('client_id') : null
  return id !== null && /^\d+-[\w-]+\.apps\.googleusercontent\.com$/.test(id) ? id : undefined
}

/** IAP marks every refusal of its own: https://cloud.google.com/iap/docs/faq */
export function isMarkedByIap({ status, headers }: Answer): boolean {
  return status >= 300 && headers['x-goog-iap-generated-response'] !== undefined
}

/**
 * IAP's way to the sign-in page, should something have dropped the mark: it leads back to IAP's own address, and an application
 * that signs people in with Google has an address of its own. https://cloud.google.com/iap/docs/custom-oauth-configuration
 */
function isSignInRedirect(answer: Answer): boolean {
  const { status, headers } = answer
  const location = headers['location'] ?? ''
  const isToGoogle = location.startsWith('https://accounts.google.com/') && iapClientId(answer) !== undefined
  if (status < 300 || status >= 400 || !isToGoogle) return false
  return new URL(location).searchParams.get('redirect_uri')?.startsWith('https://iap.googleapis.com/') === true
}

/** https://cloud.google.com/run/docs/troubleshooting */
function findFrontEnd(answer: Answer, text: string): 'front end' | 'infrastructure' | undefined {
  const { status, headers } = answer
  const page = readGooglePage(answer, text)
  const challenge = headers['www-authenticate'] ?? ''
  const isChallenge = challenge.includes('The access token could not be verified') && isPage(answer)
  if (status === 401 && (page !== undefined || isChallenge)) return 'front end'
  if (status === 403 && isPerimeterRefusal(page, text)) return 'front end'
  if (status === 403 && page?.includes('Your client does not have permission to get URL') === true) return 'front end'
  if (status === 404 && (page !== undefined || text.startsWith('response 404 (backend NotFound)'))) return 'front end'
  return page === undefined && !isPolicyPage(answer, text) ? undefined : 'infrastructure'
}

/** Google's pages are of about 2 KiB, and quote the path. */
const LONGEST_PAGE = 64 * 1024

/**
 * The forms of the pages of Google's front end, most with their status in the title. They are asked for from the first
 * character on: an application may quote such a page, in JSON or within a page of its own.
 */
const PAGES = [
  /^(?:<!doctype html>\s*)?<html[^>]{0,99}>\s*<head>\s*(?:<meta [^>]{0,199}>\s*){0,5}<title>(\d{3}) [^<]{0,99}<\/title>\s*<\/head>\s*<body[^>]{0,199}>\s*<h1>Error: [^<]{0,99}<\/h1>\s*<h2>/i,
  /^<!doctype html>\s*<html[^>]{0,99}>\s*(?:<meta [^>]{0,199}>\s*){0,5}<title>Error (\d{3}) \([^<]{0,99}\)!!1<\/title>/i,
  // Without a status: whatever tags stand before it, the first words are Google's.
  /^(?:<[^>]{0,199}>\s*){0,9}(?:<title>(?:(\d{3}) )?[^<]{0,99}<\/title>\s*)?(?:<[^>]{0,199}>\s*){0,9}(?:<h1>Error: [^<]{0,99}<\/h1>\s*)?(?:<[^>]{0,99}>\s*)?Your client does not have permission to (?:get|the requested) URL/i
]

/** What a page of Google's front end says; undefined where the body is none. */
function readGooglePage(answer: Answer, text: string): string | undefined {
  const page = pageOf(answer, text)
  const isGoogles = (form: RegExp): boolean => {
    const found = form.exec(page)
    return found !== null && (found[1] ?? `${answer.status}`) === `${answer.status}`
  }
  return PAGES.some(isGoogles) ? page : undefined
}

/**
 * The page of a load balancer whose security policy (Cloud Armor) denies a request, with the status that the policy names:
 * https://cloud.google.com/armor/docs/security-policy-overview
 */
function isPolicyPage(answer: Answer, text: string): boolean {
  const form = /^<!doctype html>\s*(?:<meta [^>]*>\s*)*<title>(\d{3})<\/title>\1 [a-z ]*$/i
  return form.exec(pageOf(answer, text))?.[1] === `${answer.status}`
}

function pageOf(answer: Answer, text: string): string {
  return isPage(answer) && text.length <= LONGEST_PAGE ? text.trim() : ''
}

function isPage({ status, headers }: Answer): boolean {
  return status >= 400 && (headers['content-type'] ?? 'text/html').startsWith('text/html')
}

/** VPC Service Controls refuse in words, on a page, and in the form of Google's APIs: https://cloud.google.com/apis/design/errors */
function isPerimeterRefusal(page: string | undefined, text: string): boolean {
  const message = stringIn(objectIn(parseObject(text), 'error'), 'message') ?? text
  return message.startsWith(PERIMETER_REFUSAL) || page?.includes(PERIMETER_REFUSAL) === true
}

/** API Gateway, Endpoints (ESPv2) and Envoy: https://cloud.google.com/endpoints/docs/openapi/troubleshoot-jwt */
function isGatewayRefusal(status: number, text: string): boolean {
  if (status !== 401 && status !== 403) return false
  const body = parseObject(text)
  const message = body['code'] === status ? (stringIn(body, 'message') ?? '') : text
  return /^\s*(Jwt |Audiences in Jwt |(PERMISSION_DENIED|UNAUTHENTICATED): ?\S)/.test(message)
}
