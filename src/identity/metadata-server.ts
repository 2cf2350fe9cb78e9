import { requestWithRetries } from '../world/retried-request.ts'
import { metadataRefused } from './failures/metadata-server.ts'
import { googleUnavailable, tokenMissing } from '../token/failures/token-endpoint.ts'
import type { Answer, Outcome } from '../world/outcome.ts'
import type { Job } from '../world/job.ts'
import { isTransient, pauseAfter } from '../world/retry.ts'
import { MACHINE_ACCOUNT, serviceAccountPrincipal } from '../token/principal.ts'
import { readRefusal } from '../token/refusal.ts'
import type { Credential } from '../token/credential.ts'
import { readAccessToken } from '../token/token-endpoint.ts'

/** A machine of Google's answers within milliseconds; on any other this is time lost. */
const DETECTION_MS = 2_000

/** https://cloud.google.com/compute/docs/metadata/querying-metadata: also tells that the answer comes from Google. */
const FLAVOR = 'metadata-flavor'
const HEADERS = { [FLAVOR]: 'Google' }

/**
 * Whether this machine has a metadata server of Google's. Honours `METADATA_SERVER_DETECTION` as Google's libraries do:
 * `none` never looks, `assume-present` does not ask. https://github.com/googleapis/google-cloud-node/tree/main/core/packages/gcp-metadata
 *
 * @returns true, or why there is none
 */
export async function lookForMetadataServer(job: Job): Promise<true | string> {
  const detection = job.env['METADATA_SERVER_DETECTION']?.trim().toLowerCase()
  if (detection === 'none') return 'not to be looked for (METADATA_SERVER_DETECTION)'
  const host = metadataHost(job)
  if (!URL.canParse(`http://${host}`)) return `"${host}" is no host name (GCE_METADATA_HOST, GCE_METADATA_IP)`
  if (detection === 'assume-present') return true
  let outcome = await ping(job)
  // A server that is there may fail once; a machine without one is not asked twice.
  if (outcome.answered ? isTransient(outcome) : outcome.sent && !outcome.timedOut) {
    await job.sleep(pauseAfter(1, 0, job.random))
    outcome = await ping(job)
  }
  return (outcome.answered && outcome.headers[FLAVOR] === 'Google') || 'none on this machine'
}

async function ping(job: Job): Promise<Outcome> {
  const milliseconds = Math.min(DETECTION_MS, job.timeoutMs, Math.max(1, job.timeLeft()))
  const url = metadataUrl(job, 'instance')
  return await job.send({ method: 'GET', url, headers: HEADERS }, { milliseconds, bodyBytes: 64 * 1024 })
}

/** The service account of the machine: Compute Engine, GKE, Cloud Run. */
export function fromMetadataServer(job: Job): Credential {
  async function ask(path: string): Promise<{ url: URL; answer: Answer }> {
    const url = metadataUrl(job, path)
    const answer = await requestWithRetries(job, { method: 'GET', url, headers: HEADERS }, (last, attempts) =>
      googleUnavailable(url, last, attempts)
    )
    if (answer.status >= 400) throw metadataRefused(readRefusal(answer))
    // Other clouds have a server at the same address.
    if (answer.headers[FLAVOR] !== 'Google') throw tokenMissing(url, answer)
    return { url, answer }
  }

  return {
    description: `the machine's service account (metadata server ${metadataHost(job)})`,
    principal: serviceAccountPrincipal(MACHINE_ACCOUNT),
    // The connection that found it is still there.
    endpoints: [],
    async accessToken() {
      const { url, answer } = await ask('instance/service-accounts/default/token')
      return { token: readAccessToken(job, url, answer, 'access_token') }
    },
    async idToken(audience) {
      // https://cloud.google.com/compute/docs/instances/verifying-instance-identity: "full" adds the e-mail.
      const query = `audience=${encodeURIComponent(audience)}&format=full`
      const { url, answer } = await ask(`instance/service-accounts/default/identity?${query}`)
      const token = answer.body.toString('utf8').trim()
      // A page of HTML is no secret, and masking its lines would take words out of every log.
      if (answer.status !== 200 || !/^\S+$/.test(token)) throw tokenMissing(url, answer)
      job.masks.addJwt(token)
      return token
    }
  }
}

function metadataUrl(job: Job, path: string): URL {
  return new URL(`http://${metadataHost(job)}/computeMetadata/v1/${path}`)
}

/** Google's libraries share these two variables. */
function metadataHost(job: Job): string {
  const { GCE_METADATA_IP: ip = '', GCE_METADATA_HOST: name = '' } = job.env
  const host = ip.trim() === '' ? name : ip
  return (
    host
      .trim()
      .replace(/^https?:\/\//, '')
      .replace(/\/+$/, '') || '169.254.169.254'
  )
}
