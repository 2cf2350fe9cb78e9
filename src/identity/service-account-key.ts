import { credentialsInvalid } from './failures/credentials.ts'
import { keyRefused } from './failures/service-account-key.ts'
import { readPrivateKey, signJwt } from '../token/jwt.ts'
import { stringIn, type JsonObject } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
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
  const privateKey = readPrivateKey(key.privateKey) ?? notPem(key)

  function sign(claims: JsonObject): Secret {
    return step.masks.keep(signJwt(key.keyId === undefined ? {} : { kid: key.keyId }, claims, privateKey))
  }

  /** A JWT that Google accepts as a grant for at most one hour. */
  function signAssertion(claims: JsonObject): Secret {
    const issuedAt = Math.floor(step.now() / 1000)
    return sign({ iss: email, aud: oauthTokenUrl(universe).href, iat: issuedAt, exp: issuedAt + 3600, ...claims })
  }

  async function grant(claims: JsonObject): ReturnType<typeof requestToken> {
    const assertion = signAssertion(claims)
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
    return await requestToken(step, { tokenUrl, form }, (refusal) =>
      keyRefused(refusal, key, step.now(), stringIn(claims, 'target_audience'))
    )
  }

  return {
    description: `service account key of ${email} from ${key.origin}`,
    principal: serviceAccountPrincipal(email),
    account: email,
    isKey: true,
    endpoints: [tokenUrl],
    async accessToken() {
      return { token: readAccessToken(tokenUrl, await grant({ scope: CLOUD_PLATFORM_SCOPE }), 'access_token') }
    },
    async idToken(audience) {
      return readIdToken(tokenUrl, await grant({ target_audience: audience }), 'id_token')
    },
    async signJwt(write) {
      return await Promise.resolve(sign(write(email)))
    }
  }
}

function notPem(key: ServiceAccountKey): never {
  throw credentialsInvalid(key.origin, '"private_key" is not an RSA private key in PEM', 'private key')
}
