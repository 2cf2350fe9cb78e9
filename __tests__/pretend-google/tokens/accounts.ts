import type { KeyObject } from 'node:crypto'
import { randomInt } from 'node:crypto'
import type { Principal } from './access-tokens.ts'
import { signingKeyOf } from './keys.ts'
import type { SigningKey } from './keys.ts'
import type { SecretBook } from './secrets.ts'

export interface ServiceAccount extends Principal {
  readonly email: string
  readonly uniqueId: string
  /** By their ids: those that were handed out, and the one with which Google signs for the account once it has. */
  readonly keys: Map<string, KeyObject>
  disabled: boolean
}

export interface User extends Principal {
  readonly email: string
  readonly id: string
  readonly client: OAuthClient
  readonly scopes: readonly string[]
  /** `reauth`: the organization wants the person to sign in again. */
  session: 'active' | 'revoked' | 'reauth'
}

export interface OAuthClient {
  readonly id: string
  readonly secret: string
}

interface ServiceAccountSettings {
  readonly email: string
  readonly uniqueId?: string
  readonly projectNumber?: string
}

interface UserSettings {
  readonly email: string
  readonly refreshToken?: string
  /** Without `openid` there will be no ID token. */
  readonly scopes?: readonly string[]
  readonly session?: User['session']
}

export interface Accounts {
  addServiceAccount: (settings: ServiceAccountSettings) => ServiceAccount
  /** A new key of a service account, as the JSON document that Google hands out. */
  addServiceAccountKey: (email: string) => Promise<Readonly<Record<string, string>>>
  /** The key that Google keeps for itself, and with which signJwt signs: https://cloud.google.com/iam/docs/service-account-creds#key-types */
  managedKeyOf: (email: string) => Promise<SigningKey>
  deleteKey: (keyId: string) => void
  disableServiceAccount: (email: string) => void
  /** Somebody who signed in with `gcloud auth application-default login`, as the document that this leaves. */
  addUser: (settings: UserSettings) => Readonly<Record<string, string>>
  findServiceAccount: (emailOrId: string) => ServiceAccount | undefined
  findUser: (refreshToken: string) => User | undefined
  /** The account that `sub` in an ID token of Google's means. */
  findBySubject: (subject: unknown) => Principal | undefined
}

/** gcloud's client for Application Default Credentials; its project is charged where no other is named. */
export const GCLOUD_CLIENT_ID = '764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com'
const GCLOUD_PROJECT_NUMBER = '764086051850'

export const DEFAULT_PROJECT_NUMBER = '123456789012'
export const DEFAULT_PROJECT_ID = 'octo-project'
const CLOUD_PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const EMAIL_SCOPE = 'https://www.googleapis.com/auth/userinfo.email'

/** @param universe decides where a key's document says that its tokens come from */
export function createAccounts(secrets: SecretBook, universe: string): Accounts {
  const serviceAccounts = new Map<string, ServiceAccount>()
  const users = new Map<string, User>()
  let keysMade = 0
  const client: OAuthClient = { id: GCLOUD_CLIENT_ID, secret: secrets.create('client secret', 'd-', 18) }

  function find(email: string): ServiceAccount {
    const account = serviceAccounts.get(email)
    if (account === undefined) throw new Error(`The world has no service account ${email}.`)
    return account
  }

  return {
    addServiceAccount({ email, uniqueId = createNumericId(), projectNumber = DEFAULT_PROJECT_NUMBER }) {
      const members = [`serviceAccount:${email}`]
      const account = { email, uniqueId, projectNumber, members, keys: new Map<string, KeyObject>(), disabled: false }
      serviceAccounts.set(email, account)
      return account
    },
    async addServiceAccountKey(email) {
      const account = find(email)
      keysMade += 1
      const key = await signingKeyOf(`service account key ${keysMade}`)
      account.keys.set(key.id, key.publicKey)
      const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      return {
        type: 'service_account',
        project_id: /@([^.]+)\./.exec(email)?.[1] ?? 'project',
        private_key_id: key.id,
        private_key: secrets.notePem(pem),
        client_email: email,
        client_id: account.uniqueId,
        auth_uri: 'https://accounts.google.com/o/oauth2/auth',
        token_uri: `https://oauth2.${universe}/token`,
        auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
        client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`,
        universe_domain: universe
      }
    },
    async managedKeyOf(email) {
      const key = await signingKeyOf(`Google for ${email}`)
      find(email).keys.set(key.id, key.publicKey)
      return key
    },
    deleteKey(keyId) {
      for (const account of serviceAccounts.values()) account.keys.delete(keyId)
    },
    disableServiceAccount(email) {
      find(email).disabled = true
    },
    addUser({ email, refreshToken, scopes = ['openid', EMAIL_SCOPE, CLOUD_PLATFORM_SCOPE], session = 'active' }) {
      const token =
        refreshToken === undefined
          ? secrets.create('refresh token', '1//', 70)
          : secrets.note('refresh token', refreshToken)
      const members = [`user:${email}`]
      users.set(token, {
        email,
        id: createNumericId(),
        client,
        scopes,
        session,
        members,
        projectNumber: GCLOUD_PROJECT_NUMBER
      })
      return {
        account: '',
        client_id: client.id,
        client_secret: client.secret,
        refresh_token: token,
        type: 'authorized_user',
        universe_domain: universe
      }
    },
    findServiceAccount: (emailOrId) =>
      serviceAccounts.get(emailOrId) ?? [...serviceAccounts.values()].find(({ uniqueId }) => uniqueId === emailOrId),
    findUser: (refreshToken) => users.get(refreshToken),
    findBySubject: (subject) =>
      [...serviceAccounts.values()].find(({ uniqueId }) => uniqueId === subject) ??
      [...users.values()].find(({ id }) => id === subject)
  }
}

/** Google's numeric ids have 21 digits. */
function createNumericId(): string {
  return `1${Array.from({ length: 20 }, () => randomInt(10)).join('')}`
}
