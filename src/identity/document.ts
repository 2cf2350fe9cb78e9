import { describeBroken, isPath } from './broken-document.ts'
import { credentialsInvalid, credentialsUnsupported } from './failures/credentials.ts'
import { isTokenServiceUrl, oauthTokenUrl, stsUrl, type Service } from '../token/google-hosts.ts'
import { isMisspelled } from '../inputs/values.ts'
import { isObject, objectIn, secretIn, stringIn, type JsonObject } from '../guard/json.ts'
import { describeSecret } from '../guard/likely-secret.ts'
import { quoteValue } from '../guard/safe-text.ts'
import { seal, sealText } from '../guard/seal.ts'
import type { Masks, Secret } from '../guard/secret.ts'
import type { Impersonation } from '../token/credential.ts'
import type { TokenExchange } from '../token/sts.ts'
import type { OAuthClient } from '../token/token-endpoint.ts'
import { readSubjectTokenSource, type SubjectTokenSource } from './subject-token/source.ts'

/** An Application Default Credentials document of a kind that can lead to an ID token, checked. */
export type CredentialDocument =
  ServiceAccountKey | AuthorizedUser | WorkforceUser | ExternalAccountDocument | ImpersonatedAccount

interface Common {
  /** Where the document came from, for messages. */
  readonly origin: string
}

export interface ServiceAccountKey extends Common {
  readonly type: 'service_account'
  readonly email: string
  readonly privateKey: Secret
  readonly keyId: string | undefined
  readonly tokenUrl: URL
}

export interface AuthorizedUser extends Common {
  readonly type: 'authorized_user'
  readonly clientId: string
  readonly clientSecret: Secret
  readonly refreshToken: Secret
  readonly tokenUrl: URL
}

export interface WorkforceUser extends Common {
  readonly type: 'external_account_authorized_user'
  readonly client: OAuthClient
  readonly refreshToken: Secret
  readonly tokenUrl: URL
  /** `//iam.googleapis.com/locations/global/workforcePools/POOL` */
  readonly pool: string
}

/** With what it says of the exchange at STS. */
export interface ExternalAccountDocument extends Common, TokenExchange {
  readonly type: 'external_account'
  readonly source: SubjectTokenSource
  /** The service account that the impersonation URL names. */
  readonly account: string | undefined
}

export interface ImpersonatedAccount extends Impersonation {
  readonly type: 'impersonated_service_account'
  readonly source: CredentialDocument
}

/** gcloud nests one document in another; more levels than this are never needed. */
const DEEPEST_NESTING = 5

/**
 * Reads a credential document: JSON, or base64 of it. Every host in it that would receive a secret is checked.
 *
 * @param origin where it came from, for messages
 * @throws {Failure} CREDENTIALS_INVALID or CREDENTIALS_UNSUPPORTED; no message quotes the document
 */
export function readDocument(masks: Masks, text: string, origin: string, universe: string): CredentialDocument {
  // This takes away a byte order mark too, which some editors leave.
  const trimmed = text.trim()
  if (trimmed === '') throw credentialsInvalid(origin, 'it is empty')
  // https://cloud.google.com/docs/authentication/api-keys
  if (/^AIza[\w-]{30,}$/.test(trimmed)) {
    masks.keep(trimmed)
    throw credentialsUnsupported(origin, 'an API key')
  }
  const json = trimmed.startsWith('{') ? trimmed : Buffer.from(trimmed, 'base64').toString('utf8')
  const known = masks.known().length
  const value = seal(masks, json).json
  if (!isObject(value)) {
    sealText(masks, trimmed)
    throw credentialsInvalid(origin, describeBroken(trimmed), isPath(trimmed) ? 'path for content' : 'broken')
  }
  // A document without a secret is none itself.
  if (json !== trimmed && masks.known().length > known) masks.keep(trimmed)
  return checkDocument(value, origin, universe, 0)
}

function checkDocument(raw: JsonObject, origin: string, universe: string, depth: number): CredentialDocument {
  const declaredUniverse = stringIn(raw, 'universe_domain')
  if (declaredUniverse !== undefined && declaredUniverse !== universe) {
    throw credentialsInvalid(
      origin,
      `it is for the universe ${quoteValue(declaredUniverse)}, and the input universe says "${universe}"`,
      { universe: declaredUniverse }
    )
  }
  const type = raw['type']
  if (typeof type === 'string' && Object.hasOwn(READERS, type))
    return READERS[type as CredentialDocument['type']](createMembers(raw, origin, universe), depth)
  if (type === 'gdch_service_account')
    throw credentialsUnsupported(origin, 'a Google Distributed Cloud identity (gdch_service_account)')
  if (secretIn(raw, 'api_key') !== undefined) throw credentialsUnsupported(origin, 'an API key')
  throw credentialsInvalid(origin, describeUnknownType(raw))
}

type Members = ReturnType<typeof createMembers>

/** The members of a document, which is CREDENTIALS_INVALID without one that is demanded. */
function createMembers(raw: JsonObject, origin: string, universe: string) {
  const missing = (name: string): never => {
    const trouble = raw['type'] === 'external_account' ? 'external account' : 'broken'
    throw credentialsInvalid(origin, `"${name}" is missing`, trouble)
  }
  return {
    raw,
    origin,
    universe,
    text: (name: string) => stringIn(raw, name) ?? missing(name),
    secret: (name: string) => secretIn(raw, name) ?? missing(name),
    url: (name: string, service: Service) => googleUrl(raw, name, service, universe, origin),
    missing
  }
}

/** Readers of the documents that can lead to an ID token, by their type: https://google.aip.dev/auth/4110 */
const READERS: Readonly<Record<CredentialDocument['type'], (members: Members, depth: number) => CredentialDocument>> = {
  service_account: readServiceAccount,
  authorized_user: readAuthorizedUser,
  external_account: readExternalAccount,
  external_account_authorized_user: readWorkforceUser,
  impersonated_service_account: readImpersonatedAccount
}

function readServiceAccount({ raw, origin, universe, text, secret, url }: Members): ServiceAccountKey {
  return {
    type: 'service_account',
    origin,
    email: checkEmail(text('client_email'), 'client_email', origin),
    privateKey: secret('private_key'),
    keyId: stringIn(raw, 'private_key_id'),
    tokenUrl: url('token_uri', 'oauth2') ?? oauthTokenUrl(universe)
  }
}

function readAuthorizedUser({ origin, universe, text, secret, url }: Members): AuthorizedUser {
  return {
    type: 'authorized_user',
    origin,
    clientId: text('client_id'),
    clientSecret: secret('client_secret'),
    refreshToken: secret('refresh_token'),
    tokenUrl: url('token_uri', 'oauth2') ?? oauthTokenUrl(universe)
  }
}

function readExternalAccount({ raw, origin, universe, text, url }: Members): ExternalAccountDocument {
  const id = stringIn(raw, 'client_id')
  return {
    type: 'external_account',
    origin,
    audience: text('audience'),
    subjectTokenType: text('subject_token_type'),
    tokenUrl: url('token_url', 'sts') ?? stsUrl(universe, 'token'),
    client: id === undefined ? undefined : { id, secret: secretIn(raw, 'client_secret') },
    userProject: stringIn(raw, 'workforce_pool_user_project'),
    source: readSubjectTokenSource(objectIn(raw, 'credential_source'), origin),
    account: impersonatedAccount(raw, universe, origin)
  }
}

function readWorkforceUser({ raw, origin, universe, text, secret, url }: Members): WorkforceUser {
  return {
    type: 'external_account_authorized_user',
    origin,
    client: { id: text('client_id'), secret: secret('client_secret') },
    refreshToken: secret('refresh_token'),
    tokenUrl: url('token_url', 'sts') ?? stsUrl(universe, 'oauthtoken'),
    pool: (stringIn(raw, 'audience') ?? '').replace(/\/providers\/.*$/, '')
  }
}

function readImpersonatedAccount({ raw, origin, universe, missing }: Members, depth: number): ImpersonatedAccount {
  const source = raw['source_credentials']
  if (!isObject(source)) return missing('source_credentials')
  if (depth >= DEEPEST_NESTING) throw credentialsInvalid(origin, '"source_credentials" are nested too deeply')
  const account = impersonatedAccount(raw, universe, origin) ?? missing('service_account_impersonation_url')
  const delegates: unknown = raw['delegates'] ?? []
  if (!isListOfNames(delegates)) throw credentialsInvalid(origin, '"delegates" is not a list of service accounts')
  return {
    type: 'impersonated_service_account',
    origin,
    account,
    delegates: delegates.map((name) => checkEmail(accountName(name), 'delegates', origin)),
    source: checkDocument(source, `${origin}, source_credentials`, universe, depth + 1)
  }
}

function describeUnknownType(raw: JsonObject): string {
  if ('installed' in raw || 'web' in raw) return 'it is an OAuth client ("client secret" file), not a credential'
  return typeof raw['type'] === 'string' &&
    /^[\w-]{1,60}$/.test(raw['type']) &&
    describeSecret(raw['type']) === undefined
    ? `its type "${raw['type']}" is none of ${Object.keys(READERS).join(', ')}`
    : '"type" is missing: it is not an Application Default Credentials document'
}

/** A URL that will receive a secret: only Google's own token services may. */
function googleUrl(raw: JsonObject, name: string, service: Service, universe: string, origin: string): URL | undefined {
  const value = raw[name]
  if (value === undefined || value === '') return undefined
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined) throw credentialsInvalid(origin, `"${name}" is not a URL`)
  if (isTokenServiceUrl(url, service, universe)) return url
  const secure = new URL(url.href.replace(/^http:/, 'https:'))
  if (isTokenServiceUrl(secure, service, universe))
    throw credentialsInvalid(origin, `"${name}" points to ${url.origin}, which is not https`, 'secret over http')
  throw credentialsInvalid(
    origin,
    `"${name}" points to ${url.origin}, which is not a token service of ${universe}`,
    'foreign host'
  )
}

/** The account in `https://iamcredentials.…/v1/projects/-/serviceAccounts/ACCOUNT:generateAccessToken`. */
function impersonatedAccount(raw: JsonObject, universe: string, origin: string): string | undefined {
  const name = 'service_account_impersonation_url'
  const url = googleUrl(raw, name, 'iamcredentials', universe, origin)
  if (url === undefined) return undefined
  const account = /\/serviceAccounts\/([^/:]+):generate(?:Access|Id)Token$/.exec(url.pathname)?.[1]?.replace('%40', '@')
  if (account === undefined || !/^\w[\w.-]*(@[\w.-]+)?$/.test(account)) {
    throw credentialsInvalid(origin, `"${name}" does not name a service account`)
  }
  return checkEmail(account, name, origin)
}

/** IAM would only say "denied". */
function checkEmail(email: string, name: string, origin: string): string {
  if (!isMisspelled(email)) return email
  throw credentialsInvalid(
    origin,
    `"${name}" names ${quoteValue(email)}, which does not end in .gserviceaccount.com`,
    'misspelled'
  )
}

function isListOfNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

/** gcloud writes delegates either as e-mails or as resource names. */
function accountName(delegate: string): string {
  return delegate.replace(/^.*\/serviceAccounts\//, '')
}
