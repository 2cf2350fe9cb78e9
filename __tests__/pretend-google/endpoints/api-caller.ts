import type { AccessTokens, Grant, Principal } from '../tokens/access-tokens.ts'
import type { Accounts } from '../tokens/accounts.ts'
import type { Clock } from '../tokens/clock.ts'
import { judgeSignedJwt } from '../tokens/signed-jwts.ts'
import type { Call } from '../transport/requests.ts'
import { refuseApiCall } from './errors.ts'

/** What the callers of Google's APIs are known by. */
export interface ApiCallerWorld {
  readonly accessTokens: AccessTokens
  readonly accounts: Accounts
  readonly clock: Clock
  /** By `API PROJECT_NUMBER`. */
  readonly disabledApis: ReadonlySet<string>
}

interface Api {
  /** Such as `iamcredentials.googleapis.com`, in every universe. */
  readonly name: string
  readonly title: string
  /** One of these is enough. */
  readonly scopes: readonly string[]
}

const LOGIN_ADVICE =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'

/**
 * Who calls one of Google's APIs, by the access token.
 *
 * @throws {Refusal} with 401 or 403, in Google's words
 */
export function identifyCaller(world: ApiCallerWorld, api: Api, call: Call): Principal {
  const token = /^Bearer (.+)$/i.exec(call.headers.authorization ?? '')?.[1]
  const about = { domain: 'googleapis.com', metadata: { service: api.name } }
  if (token === undefined) {
    throw refuseApiCall('UNAUTHENTICATED', `Request is missing required authentication credential. ${LOGIN_ADVICE}`, {
      reason: 'CREDENTIALS_MISSING',
      ...about
    })
  }
  const grant = world.accessTokens.find(token) ?? readSignedJwt(world, api, call, token)
  if (grant === undefined || grant.expiresAt <= world.clock.now()) {
    // Any other JWT is no access token.
    const reason = token.startsWith('eyJ') ? 'ACCESS_TOKEN_TYPE_UNSUPPORTED' : 'ACCESS_TOKEN_EXPIRED'
    throw refuseApiCall('UNAUTHENTICATED', `Request had invalid authentication credentials. ${LOGIN_ADVICE}`, {
      reason,
      ...about
    })
  }
  const { projectNumber } = grant.principal
  if (world.disabledApis.has(`${api.name} ${projectNumber}`)) {
    throw refuseApiCall(
      'PERMISSION_DENIED',
      `${api.title} has not been used in project ${projectNumber} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/${api.name}/overview?project=${projectNumber} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
      {
        reason: 'SERVICE_DISABLED',
        domain: 'googleapis.com',
        metadata: { service: api.name, consumer: `projects/${projectNumber}` }
      }
    )
  }
  if (!grant.scopes.some((scope) => api.scopes.includes(scope))) {
    throw refuseApiCall('PERMISSION_DENIED', 'Request had insufficient authentication scopes.', {
      reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      ...about
    })
  }
  return grant.principal
}

/**
 * A service account's key makes access tokens by itself: JWTs for a scope, or for the API, by the beginning of its URL.
 * https://google.aip.dev/auth/4111
 */
function readSignedJwt({ accounts, clock }: ApiCallerWorld, api: Api, call: Call, token: string): Grant | undefined {
  const judgement = judgeSignedJwt(accounts, clock, token)
  if (judgement === undefined || typeof judgement === 'string') return undefined
  const { account, claims, expiresAt } = judgement
  const grant = { principal: account, expiresAt: expiresAt * 1000 }
  if (typeof claims['scope'] === 'string') return { ...grant, scopes: claims['scope'].split(' ') }
  return String(claims['aud']).startsWith(`https://${call.host}/`) ? { ...grant, scopes: api.scopes } : undefined
}
