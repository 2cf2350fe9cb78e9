import { Failure, type Explanation } from '../../failure/failure.ts'
import { inTerminal } from '../../failure/snippets.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { describeStatus } from '../../world/outcome.ts'
import type { Response } from '../response.ts'
import { quote, type FailedCall } from './failed-call.ts'
import { openIngress } from './front-end.ts'
import { describeService, ownUrl } from './gcloud.ts'

/** Google refused before the service could answer, for a reason that is not the caller. */
export function refusedBeforehand({ call, token }: FailedCall, response: Response): Failure {
  const { status, text } = response
  const refused = `Google answered ${safeUrl(call.url)} with ${describeStatus(status)} before the call reached the service`
  return new Failure({
    code: 'NOT_REACHED',
    ...explainInfrastructure(refused, ownUrl(call.url, token.audience), status, text),
    answer: quote(response)
  })
}

/**
 * @param refused what Google did, as the beginning of a sentence
 * @param service whose URL tells what its commands need
 */
export function explainInfrastructure(refused: string, service: URL, status: number, text: string): Explanation {
  if (text.includes('Access is forbidden.')) {
    return {
      sentence: `${refused}: the ingress of the service admits internal traffic only.`,
      cause: 'This call came from elsewhere; no token changes that.',
      remedy: 'Call the service through the load balancer or from inside the network, or open the ingress.',
      snippets: [describeService(service), openIngress(service)]
    }
  }
  if (status === 403 || status === 404) {
    return {
      sentence: `${refused}: a security policy (Cloud Armor) of the load balancer of ${safeText(service.host)} denied the call.`,
      cause: "Most policies look at the caller's address; no token changes that.",
      remedy: 'Let a rule of the security policy allow the addresses of the runner.',
      snippets: [
        inTerminal(
          'see the rules; the first command shows POLICY',
          'gcloud compute security-policies list --project=PROJECT',
          'gcloud compute security-policies describe POLICY --project=PROJECT'
        )
      ]
    }
  }
  const [why, remedy] = REQUESTS[status] ?? OTHER_REQUEST
  return { sentence: `${refused}: ${why}.`, remedy }
}

/** What is wrong with a request, and what to do. */
type Flaw = readonly [why: string, remedy: string]

const OTHER_REQUEST: Flaw = ["Google's front end takes no such request", 'Change method, headers or body of the call.']

/** https://cloud.google.com/run/quotas#request_limits */
const REQUESTS: Readonly<Record<number, Flaw>> = {
  400: [
    "Google's front end, or a security policy of the load balancer, takes the request for malformed",
    'Look for odd characters in url and headers, or ask who made the security policy.'
  ],
  411: ['a request with this method needs a body', 'Set body, or another method.'],
  413: ["the body is larger than Google's front end takes, 32 MiB over HTTP/1", 'Send a smaller body.'],
  414: ['the URL is longer than the front end takes', 'Shorten url, or send what is in the query as body.'],
  431: ['the headers are larger than the front end takes', 'Send fewer or shorter headers.']
}
