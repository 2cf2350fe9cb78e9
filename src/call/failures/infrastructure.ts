import { describeStatus } from '../../world/outcome.ts'
import type { Response } from '../response.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import { safeUrl } from '../../guard/safe-text.ts'
import { inStep, inTerminal } from '../../failure/snippets.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { openIngress } from './front-end.ts'
import { describeCommands, ownUrl } from './gcloud.ts'

/** Google refused before the service could answer, for a reason that is not the caller. */
export function refusedBeforehand({ call, token }: FailedCall, response: Response): Failure {
  const { status, text } = response
  return new Failure({
    code: 'NOT_REACHED',
    sentence: `Google answered ${safeUrl(call.url)} with ${describeStatus(status)} before the call reached the service; no token changes that.`,
    ...explainInfrastructure(ownUrl(call.url, token.audience), status, text),
    answer: quote(response)
  })
}

/** @param service whose URL tells what its commands need */
export function explainInfrastructure(service: URL, status: number, text: string): Explanation {
  if (text.includes('Access is forbidden.')) {
    return {
      cause: "The service's ingress admits internal traffic only, and this call came from elsewhere.",
      remedy: 'Call the service through its load balancer or from inside its network, or open its ingress.',
      snippets: [inTerminal(...describeCommands(service)), openIngress(service)]
    }
  }
  if (status === 403 || status === 404) {
    return {
      cause: "A security policy (Cloud Armor) of the load balancer denied the call, mostly for the caller's address.",
      remedy: 'Let a rule of the policy allow the addresses of the runner.',
      snippets: [
        inTerminal(
          'gcloud compute security-policies list   # shows the POLICY',
          'gcloud compute security-policies describe POLICY'
        )
      ]
    }
  }
  return {
    cause: REQUESTS.get(status) ?? "Google's front end takes no such request.",
    remedy: 'Change method, headers or body of the call.',
    snippets: [inStep('method: POST', 'body_file: smaller.json')]
  }
}

/** https://cloud.google.com/run/quotas#request_limits */
const REQUESTS: ReadonlyMap<number, string> = new Map([
  [400, "Google's front end, or a security policy of the load balancer, takes the request for malformed."],
  [411, 'A request with this method needs a body, or Content-Length: 0.'],
  [413, "The body is larger than Google's front end takes: 32 MiB over HTTP/1."],
  [414, 'The URL is longer than the front end takes.'],
  [431, 'The headers are larger than the front end takes.']
])
