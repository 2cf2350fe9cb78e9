import type { AwsClientOptions } from 'google-auth-library'
import { Failure } from '../../failure/failure.ts'
import { requestWithRetries } from '../../world/retried-request.ts'
import { subjectTokenHostSilent, subjectTokenUnavailable } from '../failures/subject-token.ts'
import type { Step } from '../../world/step.ts'
import type { JsonObject } from '../../guard/json.ts'
import { mapStrings, type Sealed } from '../../guard/seal.ts'
import { Secret, type Masks } from '../../guard/secret.ts'
import type { ExternalAccountDocument } from '../document.ts'

/**
 * AWS's token is a signed request (GetCallerIdentity) that Google's STS sends to AWS. google-auth-library finds AWS's
 * credentials and signs; its requests to the instance's metadata go through our own limits, and are sealed on the way.
 */
export async function readAwsToken(
  step: Step,
  document: ExternalAccountDocument,
  credentialSource: JsonObject
): Promise<Secret> {
  // Loaded only where it is needed: it is larger than everything else together.
  const { AwsClient } = await import('google-auth-library')
  const client = new AwsClient({
    type: 'external_account',
    audience: document.audience,
    subject_token_type: document.subjectTokenType,
    token_url: document.tokenUrl.href,
    credential_source: credentialSource as unknown as NonNullable<AwsClientOptions['credential_source']>,
    transporterOptions: { fetchImplementation: instanceMetadata(step) as typeof fetch }
  })
  try {
    return keepSignature(step.masks, await client.retrieveSubjectToken())
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof Failure) throw cause
    // The library's message may quote an answer; its documented causes are these.
    throw subjectTokenUnavailable(
      'AWS',
      'neither AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor the metadata of the instance gave credentials',
      'AWS'
    )
  }
}

/**
 * Of a signed request the signature alone is secret, and the session token, which is known already. The rest names the
 * provider, which must stay readable where Google says something of it.
 */
function keepSignature(masks: Masks, token: string): Secret {
  const [, before = '', signature, after = ''] = /^([^]*Signature%3D)([\da-f]{64})([^]*)$/.exec(token) ?? []
  return signature === undefined ? masks.keep(token) : masks.keep(signature).within(before, after)
}

/** `fetch` for the library's requests to the instance's metadata server. */
function instanceMetadata(step: Step): (input: URL | string, init?: RequestInit) => Promise<Response> {
  return async (input, init) => {
    const url = new URL(input)
    const headers = Object.fromEntries(new Headers(init?.headers))
    const method = init?.method ?? 'GET'
    const answer = await requestWithRetries(
      step,
      // A session token is the whole of its answer.
      { method, url, headers, holds: method === 'PUT' ? { type: 'text' } : undefined },
      subjectTokenHostSilent
    )
    return new Response(unseal(answer), { status: answer.status, headers: { ...answer.headers } })
  }
}

/** The library signs with what an answer holds. */
function unseal({ json, text }: Sealed): string {
  if (json instanceof Secret) return json.reveal()
  return json === undefined
    ? text
    : JSON.stringify(
        mapStrings(
          json,
          (value) => value,
          (secret) => secret.reveal()
        )
      )
}
