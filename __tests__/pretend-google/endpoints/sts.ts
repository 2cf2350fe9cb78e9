import { randomBytes } from 'node:crypto'
import { ACCESS_TOKEN_SECONDS } from '../tokens/access-tokens.ts'
import type { AccessTokens, Principal } from '../tokens/access-tokens.ts'
import type { OAuthClient } from '../tokens/accounts.ts'
import type { Clock } from '../tokens/clock.ts'
import type { SecretBook } from '../tokens/secrets.ts'
import { answerJson } from '../transport/answer.ts'
import type { Answer } from '../transport/answer.ts'
import { parseObject } from '../transport/json.ts'
import type { Call, Handler } from '../transport/requests.ts'
import type { AwsIdentities } from './aws.ts'
import { answerNotFound, refuseGrant } from './errors.ts'
import { describePrincipal, mapAttributes } from './providers.ts'
import type { Provider, Providers } from './providers.ts'
import { verifySubjectToken } from './subject-tokens.ts'

interface StsWorld {
  readonly accessTokens: AccessTokens
  readonly providers: Providers
  readonly aws: AwsIdentities
  readonly clock: Clock
  readonly secrets: SecretBook
  readonly universe: string
}

interface WorkforceUserSettings {
  /** As `addWorkforcePool` returned it. */
  readonly provider: string
  readonly subject: string
  readonly session?: 'active' | 'revoked'
}

export interface Sts {
  readonly handler: Handler
  /** Somebody who signed in with gcloud and a workforce pool, as the document that this leaves. */
  addWorkforceUser: (settings: WorkforceUserSettings) => Record<string, string>
  /** An OAuth client that may authenticate itself in an exchange. */
  addClient: () => OAuthClient
}

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'
const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/((?:projects\/\d+\/locations\/global\/workloadIdentityPools|locations\/global\/workforcePools)\/[a-z0-9-]+\/providers\/[a-z0-9-]+)$/

/** https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token and .../oauthtoken */
export function createSts(world: StsWorld): Sts {
  const { accessTokens, providers, secrets } = world
  const clients = new Map<string, string>()
  const sessions = new Map<string, { readonly principal: Principal; readonly session: 'active' | 'revoked' }>()

  function addClient(): OAuthClient {
    const client = { id: `client-${clients.size}`, secret: secrets.create('client secret', '', 24) }
    clients.set(client.id, client.secret)
    return client
  }

  /** @returns whether a client has authenticated itself */
  function authenticateClient(call: Call): boolean {
    const { authorization } = call.headers
    if (authorization === undefined) return false
    const [id = '', secret] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString('utf8')
      .split(':')
    if (secret === undefined || clients.get(id) !== secret) {
      throw refuseGrant(401, 'invalid_client', 'The OAuth client was not found.')
    }
    return true
  }

  async function exchange(call: Call): Promise<Answer> {
    const parameters = readParameters(call)
    const hasClient = authenticateClient(call)
    const provider = findProvider(parameters, providers)
    const userProject = readUserProject(parameters, hasClient)
    const subjectToken = parameters.get('subject_token') ?? ''
    const subjectTokenType = parameters.get('subject_token_type') ?? ''
    const assertion = await verifySubjectToken({ ...world, provider, subjectToken, subjectTokenType, call })
    const principal = mapAttributes(provider, assertion, userProject)
    return answerJson(200, {
      access_token: accessTokens.issueFederated(principal, readScopes(parameters)),
      issued_token_type: ACCESS_TOKEN_TYPE,
      token_type: 'Bearer',
      expires_in: ACCESS_TOKEN_SECONDS
    })
  }

  function refresh(call: Call): Answer {
    const parameters = readParameters(call)
    if (!authenticateClient(call)) throw refuseGrant(401, 'invalid_client', 'Client authentication is required.')
    if (parameters.get('grant_type') !== 'refresh_token') {
      throw refuseGrant(400, 'unsupported_grant_type', 'Invalid value for "grant_type" parameter.')
    }
    const session = sessions.get(parameters.get('refresh_token') ?? '')
    if (session?.session !== 'active') throw refuseGrant(400, 'invalid_grant', 'Token has been expired or revoked.')
    return answerJson(200, {
      access_token: accessTokens.issueFederated(session.principal, ['https://www.googleapis.com/auth/cloud-platform']),
      token_type: 'Bearer',
      expires_in: ACCESS_TOKEN_SECONDS
    })
  }

  return {
    async handler(call) {
      if (call.method === 'POST' && call.url.pathname === '/v1/token') return await exchange(call)
      if (call.method === 'POST' && call.url.pathname === '/v1/oauthtoken') return refresh(call)
      return answerNotFound(call.path)
    },
    addWorkforceUser({ provider, subject, session = 'active' }) {
      const client = addClient()
      const refreshToken = secrets.note('refresh token', randomBytes(90).toString('base64url'))
      const poolName = provider.replace(/\/providers\/.*$/, '')
      sessions.set(refreshToken, { principal: describePrincipal(poolName, subject, [], ''), session })
      return {
        type: 'external_account_authorized_user',
        audience: `//iam.googleapis.com/${provider}`,
        client_id: client.id,
        client_secret: client.secret,
        refresh_token: refreshToken,
        token_url: `https://sts.${world.universe}/v1/oauthtoken`,
        token_info_url: `https://sts.${world.universe}/v1/introspect`
      }
    },
    addClient
  }
}

/** A form, or JSON with names in camel case. */
function readParameters({ headers, body }: Call): Map<string, string> {
  const text = body.toString('utf8')
  if (headers['content-type']?.startsWith('application/json') !== true) return new Map(new URLSearchParams(text))
  const members = parseObject(text)
  if (members === undefined) throw refuseGrant(400, 'invalid_request', 'Invalid JSON payload received.')
  const given = Object.entries(members).filter(([, value]) => value !== null)
  return new Map(given.map(([name, value]) => [toSnakeCase(name), String(value)]))
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function findProvider(parameters: ReadonlyMap<string, string>, providers: Providers): Provider {
  const expected = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: ACCESS_TOKEN_TYPE
  }
  for (const [name, value] of Object.entries(expected)) {
    if (parameters.get(name) !== value)
      throw refuseGrant(400, 'invalid_request', `Invalid value for "${name}" parameter.`)
  }
  const name = AUDIENCE.exec(parameters.get('audience') ?? '')?.[1]
  if (name === undefined) {
    throw refuseGrant(
      400,
      'invalid_request',
      'Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.'
    )
  }
  const provider = providers.find(name)
  if (provider?.enabled !== true) {
    throw refuseGrant(
      400,
      'invalid_target',
      'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.'
    )
  }
  return provider
}

/** Scopes are Google's own in every universe. */
function readScopes(parameters: ReadonlyMap<string, string>): string[] {
  const scopes = (parameters.get('scope') ?? '').split(' ')
  if (!scopes.every((scope) => scope.startsWith('https://www.googleapis.com/auth/'))) {
    throw refuseGrant(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
  }
  return scopes
}

function readUserProject(parameters: ReadonlyMap<string, string>, hasClient: boolean): string | undefined {
  const options = parameters.get('options')
  if (options === undefined) return undefined
  if (hasClient)
    throw refuseGrant(400, 'invalid_request', 'A user project cannot be combined with client authentication.')
  // Google's library for Python encodes the JSON once more.
  const userProject = parseObject(options.startsWith('%') ? decodeURIComponent(options) : options)?.['userProject']
  if (typeof userProject !== 'string')
    throw refuseGrant(400, 'invalid_request', 'Invalid value for "options" parameter.')
  return userProject
}
