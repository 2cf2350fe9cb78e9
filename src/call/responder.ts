import type { Answer } from '../world/outcome.ts'
import { PERIMETER_REFUSAL } from '../failure/perimeter.ts'
import { objectIn, parseObject, stringIn } from '../guard/json.ts'

/**
 * Who answered a call: the application, or one of Google's that stands before it and refused. Told by the answer's own
 * marks, never by the status alone: `server: Google Frontend` is on every answer of Cloud Run.
 */
export type Responder = 'application' | 'front end' | 'iap' | 'gateway'

/** @param text the body */
export function whoAnswered(answer: Answer, text: string): Responder {
  const { status } = answer
  if (isMarkedByIap(answer) || isSignInRedirect(answer)) return 'iap'
  if (status >= 400 && status < 500 && /^\s*Invalid IAP credentials/.test(text)) return 'iap'
  if (isGatewayRefusal(status, text)) return 'gateway'
  return isFrontEndRefusal(answer, text) ? 'front end' : 'application'
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

/** Mostly IAP's as well: who has no credential goes to Google's sign-in page, for a client that the address names. */
function isSignInRedirect(answer: Answer): boolean {
  const { status, headers } = answer
  const isToGoogle = (headers['location'] ?? '').startsWith('https://accounts.google.com/')
  return status >= 300 && status < 400 && isToGoogle && iapClientId(answer) !== undefined
}

/** https://cloud.google.com/run/docs/troubleshooting; the words of the pages are stable, their markup is not. */
function isFrontEndRefusal(answer: Answer, text: string): boolean {
  const { status, headers } = answer
  const phrases = FRONT_END_PHRASES.get(status)
  if (phrases === undefined) return false
  // An application may quote these words, in JSON for example; the front end writes pages.
  const isPage = (headers['content-type'] ?? 'text/html').startsWith('text/html')
  return (
    (isPage && phrases.some((phrase) => text.includes(phrase))) ||
    (status === 401 && (headers['www-authenticate'] ?? '').includes('The access token could not be verified')) ||
    (status === 403 && isProhibitedByPolicy(text)) ||
    (status === 404 && text.startsWith('response 404 (backend NotFound)')) ||
    isHeadAnswer(answer)
  )
}

const FRONT_END_PHRASES: ReadonlyMap<number, readonly string[]> = new Map([
  [401, ['Your client does not have permission to the requested URL']],
  [403, ['Your client does not have permission to get URL', PERIMETER_REFUSAL]],
  [404, ['Error 404 (Not Found)!!1', '<h1>Error: Page not found</h1>']]
])

/** VPC Service Controls refuse in the form of Google's APIs too: https://cloud.google.com/apis/design/errors */
function isProhibitedByPolicy(text: string): boolean {
  const message = stringIn(objectIn(parseObject(text), 'error'), 'message') ?? ''
  return message.startsWith(PERIMETER_REFUSAL)
}

/** An answer to HEAD has no words; the front end's has at least its name and an HTML page that was left out. */
function isHeadAnswer({ headers, body }: Answer): boolean {
  return (
    body.length === 0 &&
    headers['server'] === 'Google Frontend' &&
    (headers['content-type'] ?? '').startsWith('text/html') &&
    // An application that has nothing to say; a page that was left out has a length, or none is told.
    headers['content-length'] !== '0'
  )
}

/** API Gateway, Endpoints (ESPv2) and Envoy: https://cloud.google.com/endpoints/docs/openapi/troubleshoot-jwt */
function isGatewayRefusal(status: number, text: string): boolean {
  if (status !== 401 && status !== 403) return false
  const body = parseObject(text)
  const message = body['code'] === status ? (stringIn(body, 'message') ?? '') : text
  return /^\s*(Jwt |Audiences in Jwt |(PERMISSION_DENIED|UNAUTHENTICATED): ?\S)/.test(message)
}
