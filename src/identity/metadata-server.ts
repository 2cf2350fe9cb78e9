import { signJwtByIam } from '../token/iam-credentials.ts'
import { requestWithRetries } from '../world/retried-request.ts'
import { metadataRefused } from './failures/metadata-server.ts'
import { googleUnavailable, tokenMissing } from '../token/failures/token-endpoint.ts'
import type { Outcome, SealedAnswer } from '../world/outcome.ts'
import { limitOf, startWatch, type Step } from '../world/step.ts'
import { choosePause, isTransient } from '../world/retry.ts'
import { MACHINE_ACCOUNT, serviceAccountPrincipal } from '../token/principal.ts'
import { readRefusal } from '../token/refusal.ts'
import type { Credential, MachineIdentity } from '../token/credential.ts'
import type { TokenFormat } from '../guard/seal.ts'
import { Secret } from '../guard/secret.ts'
import { readAccessToken } from '../token/token-endpoint.ts'

/** A machine of Google's answers within milliseconds; on any other this is time lost. */
const DETECTION_MS = 2_000

/** The whole search, on a machine where something is there that is no metadata server, or is none in time. */
const LONGEST_SEARCH_MS = 4_500
const LONGEST_PAUSE_MS = 1_000

/** https://cloud.google.com/compute/docs/metadata/querying-metadata: also tells that the answer comes from Google. */
const METADATA_FLAVOR = 'metadata-flavor'
const HEADERS = { [METADATA_FLAVOR]: 'Google' }

type Search = { readonly found: true } | { readonly found: false; readonly reason: string }

/**
 * Whether this machine has a metadata server of Google's. Honours `METADATA_SERVER_DETECTION` as Google's libraries do:
 * `none` never looks, `assume-present` does not ask. https://github.com/googleapis/google-cloud-node/tree/main/core/packages/gcp-metadata
 *
 * @returns `reason` says for people why there is none
 */
export async function lookForMetadataServer(step: Step): Promise<Search> {
  const detection = step.env['METADATA_SERVER_DETECTION']?.trim().toLowerCase()
  if (detection === 'none') return absent('not tried (METADATA_SERVER_DETECTION is none)')
  const host = metadataHost(step)
  // What is not a host may be a secret.
  if (!isHost(host)) return absent('what GCE_METADATA_HOST or GCE_METADATA_IP holds is no host name')
  if (detection === 'assume-present') return { found: true }
  const elapsedMs = startWatch(step)
  let outcome = await askOnce(step, 'instance')
  for (let attempt = 1; seemsToStart(outcome); attempt += 1) {
    const pause = Math.min(choosePause(step, attempt, outcome), LONGEST_PAUSE_MS)
    const left = LONGEST_SEARCH_MS - elapsedMs() - pause
    if (left <= 0) break
    await step.sleep(pause)
    outcome = await askOnce(step, 'instance', Math.min(DETECTION_MS, left))
  }
  const isGoogle = outcome.answered && outcome.headers[METADATA_FLAVOR] === 'Google'
  return isGoogle ? { found: true } : absent('none on this machine')
}

function absent(reason: string): Search {
  return { found: false, reason }
}

/**
 * Whether a server is there and not ready yet, as on GKE, where it refuses connections for the first seconds of a pod
 * (https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity#limitations). A machine without one has no route
 * there, or gets no answer to its connection, and is not asked again.
 */
function seemsToStart(outcome: Outcome): boolean {
  return outcome.answered ? isTransient(outcome) : outcome.sent || outcome.trouble === 'refusal'
}

/** One quick try: on a machine of Google's the server is near. */
async function askOnce(step: Step, path: string, limitMs = DETECTION_MS): Promise<Outcome> {
  const limits = { ...limitOf(step, limitMs), bodyBytes: 64 * 1024 }
  return await step.send({ method: 'GET', url: metadataUrl(step, path), headers: HEADERS }, limits)
}

/** The service account of the machine: Compute Engine, GKE, Cloud Run. */
export function fromMetadataServer(step: Step, universe: string): Credential {
  return {
    description: `the machine's service account (metadata server ${metadataHost(step)})`,
    principal: serviceAccountPrincipal(MACHINE_ACCOUNT),
    // The connection that found it is still there.
    endpoints: [],
    async accessToken() {
      return { token: await requestAccessToken(step), identify: async () => await identify(step) }
    },
    async idToken(audience) {
      // https://cloud.google.com/compute/docs/instances/verifying-instance-identity: "full" adds the e-mail.
      const query = `audience=${encodeURIComponent(audience)}&format=full`
      const { url, answer } = await ask(step, `${ACCOUNT}/identity?${query}`, { type: 'text' })
      if (answer.status !== 200 || !(answer.json instanceof Secret)) throw tokenMissing(url, answer)
      return answer.json
    },
    async signJwt(write) {
      const [token, email] = await Promise.all([requestAccessToken(step), requestEmail(step)])
      const caller = { token, principal: serviceAccountPrincipal(email) }
      const impersonation = { account: email, delegates: [], origin: 'the metadata server of this machine' }
      return await signJwtByIam(step, { universe, caller, impersonation }, write(email))
    }
  }
}

const ACCOUNT = 'instance/service-accounts/default'

async function ask(step: Step, path: string, holds?: TokenFormat): Promise<{ url: URL; answer: SealedAnswer }> {
  const url = metadataUrl(step, path)
  const answer = await requestWithRetries(step, { method: 'GET', url, headers: HEADERS, holds }, googleUnavailable)
  if (answer.status >= 400) throw metadataRefused(readRefusal(answer))
  // Other clouds have a server at the same address.
  if (answer.headers[METADATA_FLAVOR] !== 'Google') throw tokenMissing(url, answer)
  return { url, answer }
}

async function requestAccessToken(step: Step): Promise<Secret> {
  const { url, answer } = await ask(step, `${ACCOUNT}/token`)
  return readAccessToken(url, answer, 'access_token')
}

async function requestEmail(step: Step): Promise<string> {
  const { url, answer } = await ask(step, `${ACCOUNT}/email`)
  const email = answer.text.trim()
  if (answer.status !== 200 || !/^[\w.@-]{1,300}$/.test(email)) throw tokenMissing(url, answer)
  return email
}

/** What the machine says of its account, asked for once each: for the words of a failure, nothing more. */
async function identify(step: Step): Promise<MachineIdentity> {
  const [email = '', scopes = ''] = await Promise.all(
    ['email', 'scopes'].map(async (name) => {
      const outcome = await askOnce(step, `${ACCOUNT}/${name}`)
      return outcome.answered && outcome.status === 200 ? outcome.body.toString('utf8').trim() : ''
    })
  )
  return {
    ...(/^[\w.-]+@[\w.-]+$/.test(email) ? { principal: serviceAccountPrincipal(email) } : {}),
    // Names of scopes alone: nothing else that the server says is quoted.
    scopes: scopes.match(/\bhttps:\/\/www\.googleapis\.com\/auth\/[a-z._-]{1,40}(?=\s|$)/g) ?? []
  }
}

function metadataUrl(step: Step, path: string): URL {
  return new URL(`http://${metadataHost(step)}/computeMetadata/v1/${path}`)
}

/** Google's libraries share these two variables. */
function metadataHost(step: Step): string {
  const { GCE_METADATA_IP: ip = '', GCE_METADATA_HOST: name = '' } = step.env
  const host = ip.trim() === '' ? name : ip
  return (
    host
      .trim()
      .replace(/^https?:\/\//, '')
      .replace(/\/+$/, '') || '169.254.169.254'
  )
}

function isHost(host: string): boolean {
  return /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host) && URL.canParse(`http://${host}`)
}
