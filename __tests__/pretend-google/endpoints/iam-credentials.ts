import { sign } from 'node:crypto'
import type { Principal } from '../tokens/access-tokens.ts'
import type { Accounts, ServiceAccount } from '../tokens/accounts.ts'
import type { IdTokens } from '../tokens/id-tokens.ts'
import type { Policy } from '../tokens/iam-policy.ts'
import { signJwt } from '../tokens/jwt.ts'
import type { SecretBook } from '../tokens/secrets.ts'
import { answerJson } from '../transport/answer.ts'
import type { Answer } from '../transport/answer.ts'
import { parseObject } from '../transport/json.ts'
import type { Call, Handler } from '../transport/requests.ts'
import { identifyCaller } from './api-caller.ts'
import type { ApiCallerWorld } from './api-caller.ts'
import { answerNotFound, refuseApiCall } from './errors.ts'
import { readMessage } from './protobuf-json.ts'

interface IamCredentialsWorld extends ApiCallerWorld {
  readonly accounts: Accounts
  readonly idTokens: IdTokens
  readonly policy: Policy
  readonly secrets: SecretBook
}

const API = {
  name: 'iamcredentials.googleapis.com',
  title: 'IAM Service Account Credentials API',
  scopes: ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/iam']
}

/** The account of the request's path, if the caller has the permission. @throws {Refusal} with 400, 403 or 404 */
type Become = (permission: string, delegates: readonly string[] | undefined) => ServiceAccount

const METHODS = new Map<string, (world: IamCredentialsWorld, call: Call, become: Become) => Answer | Promise<Answer>>([
  ['generateIdToken', generateIdToken],
  ['generateAccessToken', generateAccessToken],
  ['signBlob', signBytes],
  ['signJwt', signClaims]
])

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts */
export function createIamCredentials(world: IamCredentialsWorld): Handler {
  return async (call) => {
    const [, project, target = '', name = ''] =
      /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/:]+):(\w+)$/.exec(call.url.pathname) ?? []
    const method = METHODS.get(name)
    if (call.method !== 'POST' || method === undefined) return answerNotFound(call.path)
    const caller = identifyCaller(world, API, call)
    // The project must be given as "-".
    if (project !== '-') throw refuseArgument()
    return await method(world, call, (permission, delegates) =>
      impersonate(world, caller, readDelegates(delegates), decodeURIComponent(target), permission)
    )
  }
}

async function generateIdToken({ idTokens }: IamCredentialsWorld, call: Call, become: Become): Promise<Answer> {
  const { audience, delegates, includeEmail, useEmailAzp, organizationNumberIncluded } = readMessage(call, {
    audience: 'string',
    delegates: 'strings',
    includeEmail: 'boolean',
    useEmailAzp: 'boolean',
    organizationNumberIncluded: 'boolean'
  })
  if (audience === undefined || audience === '') throw refuseArgument()
  const { email, uniqueId } = become('iam.serviceAccounts.getOpenIdToken', delegates)
  const token = await idTokens.issue({
    aud: audience,
    azp: useEmailAzp === true ? email : uniqueId,
    sub: uniqueId,
    ...(includeEmail === true ? { email, email_verified: true } : {}),
    ...(organizationNumberIncluded === true ? { google: { organization_number: 123 } } : {})
  })
  return answerJson(200, { token })
}

function generateAccessToken({ accessTokens, clock }: IamCredentialsWorld, call: Call, become: Become): Answer {
  const { scope, lifetime, delegates } = readMessage(call, {
    scope: 'strings',
    lifetime: 'string',
    delegates: 'strings'
  })
  if (scope === undefined || scope.length === 0) throw refuseArgument()
  const seconds = readLifetime(lifetime)
  const account = become('iam.serviceAccounts.getAccessToken', delegates)
  return answerJson(200, {
    accessToken: accessTokens.issue(account, scope, seconds),
    expireTime: new Date((clock.seconds() + seconds) * 1000).toISOString().replace('.000Z', 'Z')
  })
}

const LONGEST_JWT_SECONDS = 12 * 3600

async function signBytes({ accounts }: IamCredentialsWorld, call: Call, become: Become): Promise<Answer> {
  const { payload = '', delegates } = readMessage(call, { payload: 'string', delegates: 'strings' })
  const { email } = become('iam.serviceAccounts.signBlob', delegates)
  const { id, privateKey } = await accounts.managedKeyOf(email)
  const signature = sign('RSA-SHA256', Buffer.from(payload, 'base64'), privateKey)
  return answerJson(200, { keyId: id, signedBlob: signature.toString('base64') })
}

async function signClaims(world: IamCredentialsWorld, call: Call, become: Become): Promise<Answer> {
  const { accounts, clock, secrets } = world
  const { payload = '', delegates } = readMessage(call, { payload: 'string', delegates: 'strings' })
  const claims = parseObject(payload)
  const { exp: expiresAt = clock.seconds() } = claims ?? {}
  const isTimely =
    Number.isInteger(expiresAt) &&
    Number(expiresAt) >= clock.seconds() &&
    Number(expiresAt) <= clock.seconds() + LONGEST_JWT_SECONDS
  if (claims === undefined || !isTimely) throw refuseArgument()
  const { email } = become('iam.serviceAccounts.signJwt', delegates)
  const key = await accounts.managedKeyOf(email)
  return answerJson(200, { keyId: key.id, signedJwt: secrets.note('signed JWT', signJwt(claims, key)) })
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

const refuseArgument = (): ReturnType<typeof refuseApiCall> =>
  refuseApiCall('INVALID_ARGUMENT', 'Request contains an invalid argument.')

/** Delegates are resource names, with "-" for their project; bare e-mails are refused. */
function readDelegates(names: readonly string[] = []): string[] {
  return names.map((name) => {
    const emailOrId = /^projects\/-\/serviceAccounts\/([^/]+)$/.exec(name)?.[1]
    if (emailOrId === undefined) throw refuseArgument()
    return emailOrId
  })
}

/** `3600s`, with fractions if need be; at most an hour, which is also what goes without saying. */
function readLifetime(lifetime = '3600s'): number {
  const seconds = Math.floor(Number(/^(\d+(?:\.\d{1,9})?)s$/.exec(lifetime)?.[1]))
  if (!(seconds > 0 && seconds <= 3600)) throw refuseArgument()
  return seconds
}
