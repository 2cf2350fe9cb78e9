import type { AccessTokens, Principal } from '../tokens/access-tokens.ts'
import type { Accounts, ServiceAccount } from '../tokens/accounts.ts'
import type { Clock } from '../tokens/clock.ts'
import type { IdTokens } from '../tokens/id-tokens.ts'
import type { Policy } from '../tokens/iam-policy.ts'
import type { Claims } from '../tokens/jwt.ts'
import { answerJson } from '../transport/answer.ts'
import { parseObject } from '../transport/json.ts'
import type { Call, Handler } from '../transport/requests.ts'
import { answerNotFound, refuseApiCall } from './errors.ts'

interface IamCredentialsWorld {
  readonly accessTokens: AccessTokens
  readonly accounts: Accounts
  readonly idTokens: IdTokens
  readonly policy: Policy
  readonly clock: Clock
  /** By `API PROJECT_NUMBER`. */
  readonly disabledApis: ReadonlySet<string>
}

const API = 'iamcredentials.googleapis.com'
const SUFFICIENT_SCOPES = ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/iam']
const LOGIN_ADVICE =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  generateIdToken: ['audience', 'includeEmail', 'delegates', 'useEmailAzp', 'organizationNumberIncluded'],
  generateAccessToken: ['scope', 'lifetime', 'delegates']
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts */
export function createIamCredentials(world: IamCredentialsWorld): Handler {
  return async (call) => {
    const [, project, target = '', method = ''] =
      /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/:]+):(generateIdToken|generateAccessToken)$/.exec(call.path) ?? []
    if (call.method !== 'POST' || project === undefined) return answerNotFound(call.path)
    const caller = authenticate(world, call)
    // The project must be given as "-".
    if (project !== '-') throw refuseArgument()
    const body = readBody(call, method)
    const delegates = readDelegates(body['delegates'])
    const emailOrId = decodeURIComponent(target)
    if (method === 'generateIdToken') {
      const audience = body['audience']
      if (typeof audience !== 'string' || audience === '') throw refuseArgument()
      const account = impersonate(world, caller, delegates, emailOrId, 'iam.serviceAccounts.getOpenIdToken')
      return answerJson(200, { token: await world.idTokens.issue(describeAccount(account, audience, body)) })
    }
    const scopes = readStrings(body['scope'])
    const seconds = readLifetime(body['lifetime'])
    if (scopes.length === 0) throw refuseArgument()
    const account = impersonate(world, caller, delegates, emailOrId, 'iam.serviceAccounts.getAccessToken')
    return answerJson(200, {
      accessToken: world.accessTokens.issue(account, scopes, seconds),
      expireTime: new Date((world.clock.seconds() + seconds) * 1000).toISOString().replace('.000Z', 'Z')
    })
  }
}

function authenticate({ accessTokens, clock, disabledApis }: IamCredentialsWorld, { headers }: Call): Principal {
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const about = { domain: 'googleapis.com', metadata: { service: API } }
  if (token === undefined) {
    throw refuseApiCall('UNAUTHENTICATED', `Request is missing required authentication credential. ${LOGIN_ADVICE}`, {
      reason: 'CREDENTIALS_MISSING',
      ...about
    })
  }
  const grant = accessTokens.find(token)
  if (grant === undefined || grant.expiresAt <= clock.now()) {
    // A JWT is no access token.
    const reason = token.startsWith('eyJ') ? 'ACCESS_TOKEN_TYPE_UNSUPPORTED' : 'ACCESS_TOKEN_EXPIRED'
    throw refuseApiCall('UNAUTHENTICATED', `Request had invalid authentication credentials. ${LOGIN_ADVICE}`, {
      reason,
      ...about
    })
  }
  const { projectNumber } = grant.principal
  if (disabledApis.has(`${API} ${projectNumber}`)) {
    throw refuseApiCall(
      'PERMISSION_DENIED',
      `IAM Service Account Credentials API has not been used in project ${projectNumber} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/${API}/overview?project=${projectNumber} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
      {
        reason: 'SERVICE_DISABLED',
        domain: 'googleapis.com',
        metadata: { service: API, consumer: `projects/${projectNumber}` }
      }
    )
  }
  if (!grant.scopes.some((scope) => SUFFICIENT_SCOPES.includes(scope))) {
    throw refuseApiCall('PERMISSION_DENIED', 'Request had insufficient authentication scopes.', {
      reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      ...about
    })
  }
  return grant.principal
}

/**
 * Goes along the chain of delegation; every account in it must let its predecessor.
 * https://cloud.google.com/iam/docs/service-account-impersonation#delegated
 */
function impersonate(
  { accounts, policy }: IamCredentialsWorld,
  caller: Principal,
  delegates: readonly string[],
  target: string,
  permission: string
): ServiceAccount {
  let principal = caller
  let account: ServiceAccount | undefined
  for (const [index, emailOrId] of [...delegates, target].entries()) {
    const needed = index === delegates.length ? permission : 'iam.serviceAccounts.implicitDelegation'
    account = accounts.findServiceAccount(emailOrId)
    // A caller without the permission does not learn whether the account exists.
    if (!policy.allows(principal, needed, account?.email ?? emailOrId)) {
      throw refuseApiCall('PERMISSION_DENIED', `Permission '${needed}' denied on resource (or it may not exist).`, {
        reason: 'IAM_PERMISSION_DENIED',
        domain: 'iam.googleapis.com',
        metadata: { permission: needed }
      })
    }
    if (account === undefined || account.disabled) {
      throw refuseApiCall('NOT_FOUND', `Not found; Gaia id not found for email ${emailOrId}`)
    }
    principal = account
  }
  if (account === undefined) throw new Error('A chain has at least its target.')
  return account
}

function describeAccount({ email, uniqueId }: ServiceAccount, audience: string, body: Claims): Claims {
  return {
    aud: audience,
    azp: body['useEmailAzp'] === true ? email : uniqueId,
    sub: uniqueId,
    ...(body['includeEmail'] === true ? { email, email_verified: true } : {}),
    ...(body['organizationNumberIncluded'] === true ? { google: { organization_number: 123 } } : {})
  }
}

const refuseArgument = (): ReturnType<typeof refuseApiCall> =>
  refuseApiCall('INVALID_ARGUMENT', 'Request contains an invalid argument.')

function readBody({ body }: Call, method: string): Claims {
  const value = parseObject(body.toString('utf8'))
  if (value === undefined) throw refuseApiCall('INVALID_ARGUMENT', 'Invalid JSON payload received.')
  const unknown = Object.keys(value).find((name) => MEMBERS[method]?.includes(name) !== true)
  if (unknown === undefined) return value
  throw refuseApiCall(
    'INVALID_ARGUMENT',
    `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`
  )
}

function readStrings(value: unknown): string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw refuseArgument()
}

/** Delegates are resource names, with "-" for their project; bare e-mails are refused. */
function readDelegates(value: unknown): string[] {
  return readStrings(value).map((name) => {
    const emailOrId = /^projects\/-\/serviceAccounts\/([^/]+)$/.exec(name)?.[1]
    if (emailOrId === undefined) throw refuseArgument()
    return emailOrId
  })
}

/** `3600s`, at most an hour, which is also what goes without saying. */
function readLifetime(value: unknown): number {
  const seconds = typeof value === 'string' ? Number(/^(\d+)s$/.exec(value)?.[1]) : 3600
  if (value !== undefined && !(seconds > 0 && seconds <= 3600)) throw refuseArgument()
  return seconds
}
