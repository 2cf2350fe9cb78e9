import { isCloudRunUrl } from '../audience.ts'
import type { Response } from '../call/response.ts'
import { Failure } from '../failure.ts'
import type { Explanation, Snippet } from '../failure.ts'
import { safeText, safeUrl } from '../safe-text.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { memberOf } from '../principal.ts'
import { describeRunService } from './run-service.ts'
import { inStep, inTerminal, onRunner, shellWord } from './snippets.ts'

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

function explain({ call, token, clientId }: FailedCall, response: Response): Explanation {
  if (response.status === 403) {
    const member = memberOf(token.email)
    return {
      cause: 'The token is good, but its identity lacks roles/iap.httpsResourceAccessor.',
      remedy: `Grant roles/iap.httpsResourceAccessor to ${member} on the resource behind IAP, and wait a minute.`,
      snippets: [
        inTerminal(
          ...findResource(call.url),
          `gcloud iap web add-iam-policy-binding ${resourceFlags(call.url)} --member=${shellWord(member)} --role=roles/iap.httpsResourceAccessor${describeRunService(call.url).project}`
        )
      ]
    }
  }
  if (response.text.includes("'email' claim")) {
    return {
      cause: 'The token that IAP saw has no e-mail; another token than that of this action stands in the header.',
      remedy: 'Leave tokens out of headers; this action always asks for one with e-mail.',
      snippets: [inStep('token_header: Proxy-Authorization   # where headers needs Authorization for the application')]
    }
  }
  const fits = clientId === undefined || clientId === token.audience
  if (response.text.includes('empty token')) {
    return {
      cause: `IAP looks for the token in Authorization and Proxy-Authorization; it travelled in ${safeText(call.headers.tokenHeader)}.${clientId === undefined ? '' : ` IAP's client id is ${clientId}.`}`,
      remedy: `Set token_header to Proxy-Authorization${fits ? '' : `, and audience to ${clientId}`}.`,
      snippets: [inStep('token_header: Proxy-Authorization', ...(fits ? [] : [`audience: ${clientId}`]))]
    }
  }
  if (/Unable to parse JWT|signature is invalid/.test(response.text)) {
    return {
      cause: 'What IAP found in the header is no ID token of Google; headers may set one of their own.',
      remedy: `Leave tokens out of headers${fits ? '' : `, and set audience to ${clientId}`}.`,
      snippets: [inStep(...(fits ? ['token_header: Proxy-Authorization'] : [`audience: ${clientId}`]))]
    }
  }
  if (clientId !== undefined && clientId === token.audience) {
    return {
      cause:
        "The audience is IAP's own client id, and yet it is refused: a client that Google manages admits no program, only clients on an allow-list.",
      remedy: `Put an OAuth client of your own on IAP's list programmaticClients, and set audience to its id instead of ${clientId}.`,
      snippets: allowClient(call.url)
    }
  }
  return {
    cause:
      'IAP accepts tokens for its own OAuth client only, or for one on its list programmaticClients; the client that Google manages by default admits no program itself.',
    remedy:
      clientId === undefined
        ? "Set audience to IAP's OAuth client id; if Google manages that client, put one of your own on the list, as below."
        : `Set audience to ${clientId}; if it is refused too, Google manages that client: put one of your own on the list, as below.`,
    snippets: [
      ...(clientId === undefined ? findClient(call.url) : []),
      inStep(`audience: ${clientId ?? 'NUMBER-NAME.apps.googleusercontent.com'}`),
      ...allowClient(call.url)
    ]
  }
}

/** Who is sent to the sign-in page is told the client in its address. */
function findClient(url: URL): Snippet[] {
  return [
    onRunner(
      `curl --silent --head ${shellWord(safeUrl(url))} | grep --only-matching 'client_id=[^&]*'   # shows IAP's client id`
    ),
    ...(isCloudRunUrl(url)
      ? []
      : [
          inTerminal(
            'gcloud compute backend-services list   # shows the BACKEND',
            'gcloud compute backend-services describe BACKEND --global --format="value(iap.oauth2ClientId)"   # nothing: Google manages the client'
          )
        ])
  ]
}

/** https://cloud.google.com/iap/docs/custom-oauth-configuration, https://cloud.google.com/iap/docs/authentication-howto */
function allowClient(url: URL): Snippet[] {
  return [
    inTerminal(
      '# NUMBER-NAME is an OAuth client of your organization (type: web application), to be made at https://console.cloud.google.com/auth/clients',
      'cat > iap.yaml <<END',
      'accessSettings:',
      '  oauthSettings:',
      '    programmaticClients: ["NUMBER-NAME.apps.googleusercontent.com"]',
      'END',
      ...findResource(url),
      `gcloud iap settings set iap.yaml ${resourceFlags(url)}${describeRunService(url).project || ' --project=PROJECT'}`
    ),
    inStep('audience: NUMBER-NAME.apps.googleusercontent.com   # of the client on the list')
  ]
}

function findResource(url: URL): readonly string[] {
  return isCloudRunUrl(url)
    ? describeRunService(url).search
    : ['gcloud compute backend-services list   # shows the BACKEND']
}

/** Without a resource, gcloud would grant the role on everything behind IAP in the project. */
function resourceFlags(url: URL): string {
  if (!isCloudRunUrl(url)) return '--resource-type=backend-services --service=BACKEND'
  const { name, region } = describeRunService(url)
  return `--resource-type=cloud-run --service=${name} --region=${region}`
}
