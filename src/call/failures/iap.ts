import { isCloudRunUrl } from '../../inputs/service-url.ts'
import type { Response } from '../response.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation, Snippet } from '../../failure/failure.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { memberOf } from '../../token/principal.ts'
import { describeRunService } from './gcloud.ts'
import { inStep, inTerminal, onlyWhere, onRunner, shellWord } from '../../failure/snippets.ts'

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
      cause: `The token is good, but its identity lacks roles/iap.httpsResourceAccessor.${clientId === undefined ? '' : ` IAP's client id is ${clientId}.`}`,
      remedy: `Grant roles/iap.httpsResourceAccessor to ${member} on the resource behind IAP, and wait a minute.`,
      snippets: [
        inTerminal(
          ...findResource(call.url),
          `gcloud iap web add-iam-policy-binding ${resourceFlags(call.url)} --member=${shellWord(member)} --role=roles/iap.httpsResourceAccessor${describeRunService(call.url).project}`
        )
      ]
    }
  }
  const fits = clientId === undefined || clientId === token.audience
  const setAudience = fits ? [] : [`audience: ${clientId}`]
  const andAudience = fits ? '' : `, and audience to ${clientId}`
  if (response.text.includes("'email' claim")) {
    return {
      cause: 'The token that IAP saw has no e-mail; another token than that of this action stands in the header.',
      remedy: `Leave tokens out of headers${fits ? '' : `, and set audience to ${clientId}`}; this action always asks for a token with e-mail.`,
      snippets: [
        inStep(
          '# where headers needs Authorization for the application:',
          'token_header: Proxy-Authorization',
          ...setAudience
        )
      ]
    }
  }
  if (/expired/i.test(response.text)) {
    return {
      cause:
        "The token that IAP saw had expired by IAP's clock: headers may carry an old one, or this machine's clock is wrong.",
      remedy: `Leave tokens out of headers, and check the machine's clock${fits ? '' : `; set audience to ${clientId}`}.`,
      snippets: [onRunner('date --utc'), ...(fits ? [] : [inStep(...setAudience)])]
    }
  }
  if (response.text.includes('empty token')) {
    const { tokenHeader } = call.headers
    const named = clientId === undefined ? '' : ` IAP's client id is ${clientId}.`
    return tokenHeader === 'X-Serverless-Authorization'
      ? {
          cause: `IAP looks for the token in Authorization and Proxy-Authorization; it travelled in ${tokenHeader}.${named}`,
          remedy: `Set token_header to Proxy-Authorization${andAudience}.`,
          snippets: [inStep('token_header: Proxy-Authorization', ...setAudience)]
        }
      : {
          cause: `IAP saw no token, though it travelled in ${tokenHeader}: something before IAP took the header out.${named}`,
          remedy: `Set token_header to ${tokenHeader === 'Authorization' ? 'Proxy-Authorization' : 'Authorization'}${andAudience}, and see what stands before IAP.`,
          snippets: [
            inStep(
              `token_header: ${tokenHeader === 'Authorization' ? 'Proxy-Authorization' : 'Authorization'}`,
              ...setAudience
            )
          ]
        }
  }
  if (/Unable to parse JWT|signature is invalid/.test(response.text)) {
    return {
      cause: `What IAP found in the header is no ID token of Google; headers may set one of their own.${clientId === undefined ? '' : ` IAP's client id is ${clientId}.`}`,
      remedy: `Leave tokens out of headers${fits ? '' : `, and set audience to ${clientId}`}.`,
      snippets: [inStep('token_header: Proxy-Authorization', ...setAudience)]
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
        ? "Set audience to IAP's OAuth client id; if Google manages that client, put one of your own on the list programmaticClients."
        : `Set audience to ${clientId}; if it is refused too, Google manages that client: put one of your own on the list programmaticClients.`,
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
function allowClient(service: URL): Snippet[] {
  const flags = `${resourceFlags(service)}${describeRunService(service).project || ' --project=PROJECT'}`
  return [
    onlyWhere(
      'Google manages the client',
      '# NUMBER-NAME is an OAuth client of your organization (type: web application); make one at https://console.cloud.google.com/auth/clients',
      ...findResource(service),
      `gcloud iap settings get ${flags} > iap.yaml   # the settings there are; what is not in the file when it is set is lost`
    ),
    {
      place: 'In iap.yaml, beside what it holds',
      lines: [
        'accessSettings:',
        '  oauthSettings:',
        '    programmaticClients: [NUMBER-NAME.apps.googleusercontent.com]'
      ]
    },
    onlyWhere('Google manages the client', `gcloud iap settings set iap.yaml ${flags}`),
    inStep('# of the client on the list:', 'audience: NUMBER-NAME.apps.googleusercontent.com')
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
