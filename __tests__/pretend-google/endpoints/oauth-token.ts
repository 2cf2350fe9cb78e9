import { ACCESS_TOKEN_SECONDS } from '../tokens/access-tokens.ts'
import type { AccessTokens } from '../tokens/access-tokens.ts'
import { GCLOUD_CLIENT_ID } from '../tokens/accounts.ts'
import type { Accounts, ServiceAccount, User } from '../tokens/accounts.ts'
import type { Clock } from '../tokens/clock.ts'
import type { IdTokens } from '../tokens/id-tokens.ts'
import { decodeJwt } from '../tokens/jwt.ts'
import type { Claims } from '../tokens/jwt.ts'
import type { SecretBook } from '../tokens/secrets.ts'
import { isSignedFor } from '../tokens/signed-jwts.ts'
import { answerJson } from '../transport/answer.ts'
import type { Answer } from '../transport/answer.ts'
import type { Handler } from '../transport/requests.ts'
import { answerNotFound, refuseGrant } from './errors.ts'

interface OAuthWorld {
  readonly accessTokens: AccessTokens
  readonly accounts: Accounts
  readonly idTokens: IdTokens
  readonly clock: Clock
  readonly secrets: SecretBook
  readonly universe: string
}

/** How far an assertion's clock may be ahead of Google's. */
const TOLERANCE_SECONDS = 300
const LONGEST_ASSERTION_SECONDS = 3600

/** What older keys name as `token_uri`. */
const OLDER_TOKEN_URLS = [
  'https://www.googleapis.com/oauth2/v3/token',
  'https://www.googleapis.com/oauth2/v4/token',
  'https://accounts.google.com/o/oauth2/token'
]
const TOKEN_PATHS = ['/token', ...OLDER_TOKEN_URLS.map((url) => new URL(url).pathname)]

/** Google's OAuth token endpoint, with `assertion` for what was before RFC 7523: https://developers.google.com/identity/protocols/oauth2/service-account */
export function createOAuthToken(world: OAuthWorld): Handler {
  return async (call) => {
    if (call.method !== 'POST' || !TOKEN_PATHS.includes(call.url.pathname)) return answerNotFound(call.path)
    const parameters = new URLSearchParams(call.body.toString('utf8'))
    const grantType = parameters.get('grant_type') ?? ''
    switch (grantType) {
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
      case 'assertion':
        return await grantToServiceAccount(world, parameters)
      case 'refresh_token':
        return await grantToUser(world, parameters)
      default:
        throw refuseGrant(400, 'unsupported_grant_type', `Invalid grant_type: ${grantType}`)
    }
  }
}

async function grantToServiceAccount(world: OAuthWorld, parameters: URLSearchParams): Promise<Answer> {
  const { accessTokens, idTokens, secrets } = world
  const assertion = parameters.get('assertion') ?? ''
  // It is as good as a token until it expires.
  secrets.note('assertion', assertion)
  const { account, claims } = verifyAssertion(world, assertion)
  const scope = claims['scope'] ?? ''
  const audience = claims['target_audience'] ?? ''
  if (typeof scope !== 'string' || typeof audience !== 'string' || (scope === '' && audience === '')) {
    throw refuseGrant(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
  }
  const { email, uniqueId } = account
  const identity = { aud: audience, azp: email, sub: uniqueId, email, email_verified: true }
  return answerJson(200, {
    ...(scope === ''
      ? {}
      : {
          access_token: accessTokens.issue(account, scope.split(' ')),
          expires_in: ACCESS_TOKEN_SECONDS,
          token_type: 'Bearer'
        }),
    ...(audience === '' ? {} : { id_token: await idTokens.issue(identity) })
  })
}

function verifyAssertion(
  { accounts, clock, universe }: OAuthWorld,
  assertion: string
): { account: ServiceAccount; claims: Claims } {
  const jwt = decodeJwt(assertion)
  if (jwt === undefined) throw refuseGrant(400, 'invalid_request', 'Bad Request')
  const { claims } = jwt
  const account = accounts.findServiceAccount(String(claims['iss']))
  if (account === undefined) throw refuseGrant(400, 'invalid_grant', 'Invalid grant: account not found')
  if (account.disabled) throw refuseGrant(401, 'disabled_client', 'The OAuth client was disabled.')
  if (!isSignedFor(account, jwt)) {
    throw refuseGrant(400, 'invalid_grant', 'Invalid JWT Signature.')
  }
  const audiences = [`https://oauth2.${universe}/token`, ...OLDER_TOKEN_URLS]
  if (!audiences.includes(String(claims['aud']))) {
    throw refuseGrant(400, 'invalid_grant', 'Invalid JWT: Failed audience check.')
  }
  // No administrator of this world lets an account stand for people of the domain.
  if (claims['sub'] !== undefined && claims['sub'] !== account.email) {
    throw refuseGrant(
      401,
      'unauthorized_client',
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.'
    )
  }
  const [issuedAt, expiresAt, now] = [Number(claims['iat']), Number(claims['exp']), clock.seconds()]
  const isTimely =
    issuedAt <= now + TOLERANCE_SECONDS && expiresAt > now && expiresAt - issuedAt <= LONGEST_ASSERTION_SECONDS
  if (!isTimely) {
    throw refuseGrant(
      400,
      'invalid_grant',
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values and use a clock with skew to account for clock differences between systems.'
    )
  }
  return { account, claims }
}

async function grantToUser(world: OAuthWorld, parameters: URLSearchParams): Promise<Answer> {
  const { accessTokens, idTokens } = world
  const user = findUser(world, parameters)
  const { client, scopes, id, email } = user
  // Whatever target_audience asks for, the audience is the client.
  const identity = {
    aud: client.id,
    azp: client.id,
    sub: id,
    email,
    email_verified: true,
    at_hash: 'vE2nBkmkZ9UWqzSxvIFw1g'
  }
  return answerJson(200, {
    access_token: accessTokens.issue(user, scopes),
    expires_in: ACCESS_TOKEN_SECONDS,
    scope: scopes.join(' '),
    token_type: 'Bearer',
    ...(scopes.includes('openid') ? { id_token: await idTokens.issue(identity) } : {})
  })
}

function findUser({ accounts }: OAuthWorld, parameters: URLSearchParams): User {
  const user = accounts.findUser(parameters.get('refresh_token') ?? '')
  if (parameters.get('client_id') !== (user?.client.id ?? GCLOUD_CLIENT_ID)) {
    throw refuseGrant(401, 'invalid_client', 'The OAuth client was not found.')
  }
  if (user === undefined) throw refuseGrant(400, 'invalid_grant', 'Bad Request')
  if (parameters.get('client_secret') !== user.client.secret) throw refuseGrant(401, 'invalid_client', 'Unauthorized')
  switch (user.session) {
    case 'active':
      return user
    case 'revoked':
      throw refuseGrant(400, 'invalid_grant', 'Token has been expired or revoked.')
    case 'reauth':
      throw refuseGrant(400, 'invalid_grant', 'reauth related error (invalid_rapt)', {
        error_uri: 'https://support.google.com/a/answer/9368756',
        error_subtype: 'invalid_rapt'
      })
  }
}
