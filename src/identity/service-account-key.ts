import { createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { credentialsInvalid } from './failures/credentials.ts'
import { keyRefused } from './failures/service-account-key.ts'
import { CLOUD_PLATFORM_SCOPE, oauthTokenUrl } from '../token/google-hosts.ts'
import type { Step } from '../world/step.ts'
import { serviceAccountPrincipal } from '../token/principal.ts'
import type { Credential } from '../token/credential.ts'
import type { ServiceAccountKey } from './document.ts'
import { readAccessToken, readIdToken, requestToken } from '../token/token-endpoint.ts'

/**
 * A service account's key. It signs for itself (RFC 7523), so that an ID token costs one request and needs neither a role nor
 * an API: https://developers.google.com/identity/protocols/oauth2/service-account
 *
 * @throws {Failure} CREDENTIALS_INVALID where the private key cannot be read
 */
export function fromServiceAccountKey(step: Step, universe: string, key: ServiceAccountKey): Credential {
  const { email, tokenUrl } = key
  const privateKey = readPrivateKey(key)

  async function grant(claims: Readonly<Record<string, string>>): ReturnType<typeof requestToken> {
    const assertion = signAssertion(privateKey, key, oauthTokenUrl(universe).href, claims, step.now())
    step.masks.addJwt(assertion)
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
    return await requestToken(step, { url: tokenUrl, form }, (refusal) => keyRefused(refusal, email, step.now()))
  }

  return {
    description: `service account key of ${email} from ${key.origin}`,
    principal: serviceAccountPrincipal(email),
    account: email,
    isKey: true,
    endpoints: [tokenUrl],
    async accessToken() {
      return { token: readAccessToken(step, tokenUrl, await grant({ scope: CLOUD_PLATFORM_SCOPE }), 'access_token') }
    },
    async idToken(audience) {
      return readIdToken(step, tokenUrl, await grant({ target_audience: audience }), 'id_token')
    }
  }
}

function readPrivateKey(key: ServiceAccountKey): KeyObject {
  try {
    return createPrivateKey(key.privateKey)
  } catch {
    // OpenSSL's message is dropped: it may tell about the key.
    throw credentialsInvalid(key.origin, '"private_key" is not a private key in PEM', 'private key')
  }
}

/** A JWT that Google accepts as a grant for at most one hour. */
function signAssertion(
  privateKey: KeyObject,
  key: ServiceAccountKey,
  audience: string,
  claims: Readonly<Record<string, string>>,
  nowMs: number
): string {
  const issuedAt = Math.floor(nowMs / 1000)
  const header = { alg: 'RS256', typ: 'JWT', ...(key.keyId === undefined ? {} : { kid: key.keyId }) }
  const payload = { iss: key.email, aud: audience, iat: issuedAt, exp: issuedAt + 3600, ...claims }
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
}
