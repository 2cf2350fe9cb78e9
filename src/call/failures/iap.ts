import { explainBy, Failure, type Cause, type Explanation, type Snippet } from '../../failure/failure.ts'
import {
  accountWord,
  inStep,
  inTerminal,
  inYaml,
  onRunner,
  projectById,
  shellWord,
  toRead
} from '../../failure/snippets.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { isCloudRunUrl } from '../../inputs/service-url.ts'
import { memberOf } from '../../token/principal.ts'
import type { Response } from '../response.ts'
import { quote, type FailedCall } from './failed-call.ts'
import { nameRunService } from '../cloud-run-service.ts'
import { describeTarget, updateInvokers } from './gcloud.ts'

interface Facts extends FailedCall {
  readonly status: number
  readonly text: string
  /** What IAP did, as the beginning of a sentence. */
  readonly refused: string
  /** What every explanation has to add about the audience, where IAP's client id is known and is not the audience. */
  readonly audience: { readonly remedy: string; readonly lines: readonly string[] }
}

const NO_CLIENT = 'Empty Google Account OAuth client'
const NO_AGENT = /^(?:IAP for Cloud Run app is not set up correctly|The IAP service account is not provisioned)/

/** IAP itself is not set up completely, whatever the token: it says so with a status of 5xx. */
export function isBrokenIap({ status, text }: Pick<Response, 'status' | 'text'>): boolean {
  return status >= 500 && (text.startsWith(NO_CLIENT) || NO_AGENT.test(text))
}

/** Identity-Aware Proxy refused, or sent to the sign-in page: told apart by its words and by its client id. */
export function iapRejected(failed: FailedCall, response: Response): Failure {
  const { call, token, clientId } = failed
  const words = /Invalid IAP credentials: ([^<]+)|(OpenID Connect token expired[^<]*)/.exec(response.text)
  const said = safeText(words?.[1] ?? words?.[2] ?? '', 120).replace(/\.+$/, '')
  const who = safeText(token.email) || 'the identity'
  const known = clientId === undefined ? '' : `; IAP's client id is ${clientId}`
  const isOther = token.kind === 'id_token' && clientId !== undefined && clientId !== token.audience
  const facts = {
    ...failed,
    status: response.status,
    text: response.text,
    refused: `Identity-Aware Proxy did not let ${who} through to ${safeUrl(call.url)} (${response.status}${said === '' ? '' : `, "${said}"`}; the token's audience is ${safeText(token.audience)}${known})`,
    audience: isOther
      ? { remedy: `, and audience to ${clientId}`, lines: [`audience: ${clientId}`] }
      : { remedy: '', lines: [] }
  }
  return new Failure({ code: 'IAP_REJECTED', ...explainBy(CAUSES, facts), answer: quote(response) })
}

const CAUSES: readonly Cause<Facts>[] = [
  { when: ({ text }) => text.startsWith(NO_CLIENT), explain: noClient },
  { when: says(NO_AGENT), explain: noAgent },
  { when: ({ status }) => status === 403, explain: missingRole },
  { when: (facts) => isSigned(facts) && says(/JWT audience/)(facts), explain: otherUrl },
  { when: says(/'email' claim/), explain: noEmail },
  { when: says(/expired/i), explain: expired },
  {
    when: ({ text, call }) => text.includes('empty token') && call.headers.tokenHeader === 'X-Serverless-Authorization',
    explain: otherHeader
  },
  { when: says(/empty token/), explain: lostHeader },
  { when: (facts) => !isSigned(facts) && says(/Unable to parse JWT|signature is invalid/)(facts), explain: otherToken },
  { when: isSigned, explain: refusedSignature },
  { when: ({ clientId, token }) => clientId === token.audience, explain: managedClient },
  { when: () => true, explain: otherAudience }
]

function says(words: RegExp): (facts: Facts) => boolean {
  return ({ text }) => words.test(text)
}

function isSigned({ token }: Facts): boolean {
  return token.kind === 'iap_jwt'
}

/** https://cloud.google.com/iap/docs/authentication-howto#authenticating_with_a_jwt */
function otherUrl({ call, token, refused }: Facts): Explanation {
  const fitting = `https://${safeText(call.url.host)}/*`
  const isFitting = token.audience === fitting
  return {
    sentence: `${refused}: the JWT has to be for the URL that IAP saw, which was ${safeUrl(call.url)} when it left this machine.`,
    cause: isFitting ? 'A load balancer or proxy on the way changed the host.' : undefined,
    remedy: isFitting
      ? "Set audience to the host that IAP sees, followed by /*, such as the load balancer's own domain."
      : `Leave audience empty, which means ${fitting}, or set audience to the very URL.`,
    snippets: [inStep(`audience: ${isFitting ? 'https://HOST/*' : fitting}`)]
  }
}

function refusedSignature({ refused, token }: Facts): Explanation {
  return {
    sentence: `${refused}: IAP did not take the JWT that ${safeText(token.email)} signed.`,
    cause:
      'The key was deleted since, the account is of another organization than the service, or headers bring a token of their own.',
    remedy: 'Use a service account of the organization of the service, and leave tokens out of headers.',
    snippets: [
      inTerminal('see the account and its state', `gcloud iam service-accounts describe ${accountWord(token.email)}`)
    ]
  }
}

/** IAP is on and has no client: https://cloud.google.com/iap/docs/custom-oauth-configuration */
function noClient({ call, refused }: Facts): Explanation {
  return {
    sentence: `${refused}: IAP is switched on, but has no OAuth client.`,
    cause:
      'The client was never made, or the project is in no organization, so that Google manages none. No token helps.',
    remedy: 'Configure an OAuth client for IAP, or switch IAP off for this service.',
    snippets: [
      inTerminal('see the settings of IAP', iapCommand(call.url, 'settings get')),
      toRead('Where an OAuth client for IAP is made', 'https://console.cloud.google.com/auth/clients')
    ]
  }
}

/** https://cloud.google.com/iap/docs/enabling-cloud-run */
function noAgent({ call, refused }: Facts): Explanation {
  const number = nameRunService(call.url)?.project
  const project = number === undefined ? 'PROJECT' : projectById(number)
  const agent = `serviceAccount:service-${number ?? 'NUMBER'}@gcp-sa-iap.iam.gserviceaccount.com`
  return {
    sentence: `${refused}: IAP is not set up completely, because its own service account does not exist or is not allowed to invoke the service. No token helps.`,
    remedy: `Make IAP's service account, and grant roles/run.invoker on the service to ${agent}.`,
    snippets: [
      inTerminal(
        "make IAP's service account and let it invoke the service",
        `gcloud beta services identity create --service=iap.googleapis.com --project=${project}`,
        updateInvokers(call.url, 'add', agent)
      )
    ]
  }
}

function missingRole({ call, token, refused }: Facts): Explanation {
  const member = memberOf(token.email)
  return {
    sentence: `${refused}: the token is good, but its identity lacks roles/iap.httpsResourceAccessor.`,
    cause: 'The role is missing, or the condition of its binding (request.host, request.path) is not true of this URL.',
    remedy: `Grant roles/iap.httpsResourceAccessor to ${member} on the resource behind IAP, and wait a minute.`,
    snippets: [
      inTerminal(
        'grant the role',
        `${iapCommand(call.url, 'web add-iam-policy-binding')} --member=${shellWord(member)} --role=roles/iap.httpsResourceAccessor`
      ),
      findResource(call.url)
    ]
  }
}

function noEmail({ refused, audience }: Facts): Explanation {
  return {
    sentence: `${refused}: the token that IAP saw has no e-mail, so that it is not the one of this action, which always has.`,
    ...leaveTokensOut(audience)
  }
}

function leaveTokensOut({ remedy, lines }: Facts['audience']): Pick<Explanation, 'remedy' | 'snippets'> {
  return {
    remedy: `Leave tokens out of headers, or set token_header to Proxy-Authorization${remedy}.`,
    snippets: [inStep('token_header: Proxy-Authorization', ...lines)]
  }
}

function expired({ refused, audience }: Facts): Explanation {
  return {
    sentence: `${refused}: the token that IAP saw had expired by IAP's clock.`,
    cause: "Headers may carry an old token, or this machine's clock is wrong.",
    remedy: `Leave tokens out of headers, and check the clock of this machine${audience.remedy.replace(', and', ', and set')}.`,
    snippets: [...audience.lines.map((line) => inStep(line)), onRunner('see the clock', 'date -u')]
  }
}

function otherHeader({ refused, audience }: Facts): Explanation {
  return {
    sentence: `${refused}: IAP reads Authorization and Proxy-Authorization, and the token travelled in X-Serverless-Authorization.`,
    remedy: `Set token_header to Proxy-Authorization${audience.remedy}.`,
    snippets: [inStep('token_header: Proxy-Authorization', ...audience.lines)]
  }
}

function lostHeader({ call, refused, audience }: Facts): Explanation {
  const { tokenHeader } = call.headers
  const other = tokenHeader === 'Authorization' ? 'Proxy-Authorization' : 'Authorization'
  return {
    sentence: `${refused}: IAP saw no token, though one travelled in ${tokenHeader}.`,
    cause: 'Something before IAP, such as a proxy or another load balancer, took the header out.',
    remedy: `Set token_header to ${other}${audience.remedy}, and see what stands before IAP.`,
    snippets: [inStep(`token_header: ${other}`, ...audience.lines)]
  }
}

function otherToken({ refused, audience }: Facts): Explanation {
  return {
    sentence: `${refused}: what IAP found in the header is no ID token of Google.`,
    cause: 'Headers may set a token of their own.',
    ...leaveTokensOut(audience)
  }
}

function managedClient({ call, clientId = '', refused }: Facts): Explanation {
  return {
    sentence: `${refused}: the audience is IAP's own client id, and yet refused, as for a client that Google manages, which admits no program.`,
    remedy: `Set token to iap_jwt, which needs no OAuth client; or put an OAuth client of your own on IAP's list programmaticClients, and set audience to that client instead of ${clientId}.`,
    snippets: [SIGN, allowClient(call.url)]
  }
}

function otherAudience({ call, token, clientId, refused }: Facts): Explanation {
  const who = safeText(token.email) || 'the service account'
  return {
    sentence: `${refused}: IAP accepts ID tokens for its own OAuth client only, or for a client in its settings (programmaticClients).`,
    cause: 'The client that Google manages by default admits no program itself.',
    remedy: `Set token to iap_jwt, which needs no OAuth client, only roles/iam.serviceAccountTokenCreator on ${who} for the identity of this job; or set audience to ${clientId ?? "IAP's OAuth client id"} if that client is your own, not one that Google made.`,
    snippets: [
      SIGN,
      inStep(`audience: ${clientId ?? 'NUMBER-NAME.apps.googleusercontent.com'}`),
      clientId === undefined && findClient(call.url),
      allowClient(call.url)
    ]
  }
}

/** Where audience is left out, it becomes the called host. */
const SIGN: Snippet = inStep('token: iap_jwt')

/** A caller that is sent to the sign-in page is told the client in its address. */
function findClient(url: URL): Snippet[] {
  return [
    onRunner(
      "see IAP's client id in the address of the sign-in page",
      `curl --silent --head ${shellWord(safeUrl(url))} | grep --only-matching 'client_id=[^&]*'`
    ),
    ...(isCloudRunUrl(url)
      ? []
      : [
          inTerminal(
            'see the client id of the backend; nothing means that Google manages the client',
            'gcloud compute backend-services list --project=PROJECT',
            'gcloud compute backend-services describe BACKEND --global --project=PROJECT --format="value(iap.oauth2ClientId)"'
          )
        ])
  ]
}

/** https://cloud.google.com/iap/docs/custom-oauth-configuration, https://cloud.google.com/iap/docs/authentication-howto */
function allowClient(url: URL): Snippet[] {
  return [
    ...findResource(url),
    {
      place:
        'Where Google manages the client: save what this prints as iap.yaml, because settings that are not in the file are lost',
      language: 'shell',
      lines: [iapCommand(url, 'settings get')]
    },
    inYaml(
      'In iap.yaml, beside what it holds; NUMBER-NAME is an OAuth client of your organization (type: web application)',
      'accessSettings:',
      '  oauthSettings:',
      '    programmaticClients:',
      '      - NUMBER-NAME.apps.googleusercontent.com'
    ),
    inTerminal('put the settings back', iapCommand(url, 'settings set iap.yaml')),
    inYaml('In this step, under "with", the client on the list', 'audience: NUMBER-NAME.apps.googleusercontent.com')
  ]
}

function findResource(url: URL): readonly Snippet[] {
  return isCloudRunUrl(url)
    ? describeTarget(url).search
    : [inTerminal('learn BACKEND', 'gcloud compute backend-services list --project=PROJECT')]
}

/**
 * A command of gcloud iap for what stands behind a URL. Without a resource, gcloud would grant a role on everything behind IAP
 * in the project; stable gcloud has no resource type for Cloud Run.
 */
function iapCommand(url: URL, command: string): string {
  const { name, flags } = describeTarget(url)
  return isCloudRunUrl(url)
    ? `gcloud beta iap ${command} --resource-type=cloud-run --service=${name}${flags}`
    : `gcloud beta iap ${command} --resource-type=backend-services --service=BACKEND --project=PROJECT`
}
