import { isCloudRunHost } from '../audience.ts'
import type { Response } from '../call/response.ts'
import { Failure } from '../failure.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { memberOf } from './member.ts'
import { describeRunService, regionCommand } from './run-service.ts'

/** Identity-Aware Proxy refused, or sent to the sign-in page: told apart by its words and by its client id. */
export function iapRejected(failed: FailedCall, response: Response): Failure {
  const { call, token } = failed
  return new Failure({
    code: 'IAP_REJECTED',
    sentence: `Identity-Aware Proxy did not let ${safeText(token.email) || 'the identity'} through to ${safeUrl(call.url)} (${response.status}; the token's audience is ${safeText(token.audience)}).`,
    ...explain(failed, response),
    answer: quote(response)
  })
}

interface Explanation {
  readonly cause: string
  readonly remedy: string
  readonly commands: readonly string[]
}

function explain({ call, token, clientId }: FailedCall, response: Response): Explanation {
  if (response.status === 403) {
    const member = memberOf(token.email)
    return {
      cause: 'The token is good, but its identity lacks roles/iap.httpsResourceAccessor.',
      remedy: `Grant the role to ${member} on the resource behind IAP, and wait a minute.`,
      commands: [
        ...regionCommand(call.url),
        `gcloud iap web add-iam-policy-binding ${resourceFlags(call.url)} \\`,
        `  --member="${member}" --role=roles/iap.httpsResourceAccessor`
      ]
    }
  }
  if (response.text.includes("'email' claim")) {
    return {
      cause: 'The token that IAP saw has no e-mail; another token than that of this action stands in the header.',
      remedy: 'Leave tokens out of headers; this action always asks for one with e-mail.',
      commands: ['token_header: Authorization']
    }
  }
  if (response.text.includes('empty token')) {
    return {
      cause: `IAP looks for the token in Authorization and Proxy-Authorization; it travelled in ${safeText(call.headers.tokenHeader)}.${clientId === undefined ? '' : ` IAP's client id is ${clientId}.`}`,
      remedy: `Set token_header to Proxy-Authorization${clientId === undefined || clientId === token.audience ? '' : `, and audience to ${clientId}`}.`,
      commands: [
        'token_header: Proxy-Authorization',
        ...(clientId === undefined || clientId === token.audience ? [] : [`audience: ${clientId}`])
      ]
    }
  }
  if (/Unable to parse JWT|signature is invalid/.test(response.text)) {
    return {
      cause: 'What IAP found in the header is no ID token of Google; headers may set one of their own.',
      remedy: `Leave tokens out of headers${clientId === undefined ? '' : `, and set audience to ${clientId}`}.`,
      commands: audienceCommand(clientId)
    }
  }
  if (clientId !== undefined && clientId === token.audience) {
    return {
      cause: `The audience is IAP's client id, and yet it is refused: a client that Google manages admits programs only by an allow-list.`,
      remedy: `Add ${clientId} to programmaticClients in the IAP settings, and wait a minute.`,
      commands: [
        '# iap.yaml',
        'accessSettings:',
        '  oauthSettings:',
        `    programmaticClients: ["${clientId}"]`,
        '',
        ...regionCommand(call.url),
        `gcloud iap settings set iap.yaml --project=PROJECT ${resourceFlags(call.url)}`
      ]
    }
  }
  return {
    cause:
      'IAP accepts tokens for its own OAuth client only; a Google-managed client accepts no programmatic caller unless it is on the allow-list.',
    remedy:
      clientId === undefined
        ? "Set audience to IAP's OAuth client id, and allow the client programmatic access."
        : `Set audience to ${clientId}, and allow the client programmatic access.`,
    commands: audienceCommand(clientId)
  }
}

function audienceCommand(clientId: string | undefined): string[] {
  return [`audience: ${clientId ?? 'NUMBER-NAME.apps.googleusercontent.com'}`]
}

/** Without a resource, gcloud would grant the role on everything behind IAP in the project. */
function resourceFlags(url: URL): string {
  if (!isCloudRunHost(url)) return '--resource-type=backend-services --service=BACKEND'
  const { name, region } = describeRunService(url)
  return `--resource-type=cloud-run --service=${name} --region=${region}`
}
