import { send } from './client.ts'
import type { ClientAnswer, ClientRequest } from './client.ts'
import type { GithubJob } from './endpoints/github-oidc.ts'
import type { ServiceSettings } from './services/services.ts'
import type { Claims } from './tokens/jwt.ts'
import { startPretendGoogle } from './world.ts'
import type { PretendGoogle } from './world.ts'

/** The steps from GitHub's token to Google's, for the tests of this world. */

export const ACCOUNT = 'deployer@octo-project.iam.gserviceaccount.com'
const CLOUD_PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

export async function requestGithubToken(world: PretendGoogle, audience: string, job?: GithubJob): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN = '' } = await world.githubOidcEnv(job)
  const { json } = await send(world, `${ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent(audience)}`, {
    headers: { authorization: `Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN}` }
  })
  return String(json['value'])
}

/** @param parameters go over those of an ordinary exchange */
export async function exchangeToken(
  world: PretendGoogle,
  provider: string,
  subjectToken: string,
  parameters: Readonly<Record<string, string>> = {},
  { host = 'sts.googleapis.com', ...request }: ClientRequest & { readonly host?: string } = {}
): Promise<ClientAnswer> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: `//iam.googleapis.com/${provider}`,
    scope: CLOUD_PLATFORM_SCOPE,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    ...parameters
  })
  return await send(world, `https://${host}/v1/token`, { ...request, body })
}

/** The federated token of a job in octo-org/octo-repo. */
export async function federate(world: PretendGoogle, provider: string): Promise<string> {
  const subjectToken = await requestGithubToken(world, `https://iam.googleapis.com/${provider}`)
  const { json } = await exchangeToken(world, provider, subjectToken)
  return String(json['access_token'])
}

/** How IAM names the jobs of octo-org/octo-repo. */
export function repositoryMember(provider: string): string {
  return `principalSet://iam.googleapis.com/${provider.replace(/\/providers\/.*/, '')}/attribute.repository/octo-org/octo-repo`
}

export async function callIam(
  world: PretendGoogle,
  accessToken: string,
  account: string,
  body: object,
  method: 'generateIdToken' | 'generateAccessToken' | 'signJwt' = 'generateIdToken'
): Promise<ClientAnswer> {
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:${method}`
  return await send(world, url, { headers: { authorization: `Bearer ${accessToken}` }, body })
}

/** Google's error, as far as a test looks at it. */
export function googleError({ json }: ClientAnswer): { status: unknown; message: unknown; reason: unknown } {
  const { status, message, details } = (json['error'] ?? {}) as Record<string, unknown>
  return { status, message, reason: (details as { reason: string }[] | undefined)?.[0]?.reason }
}

export async function requestToken(
  world: PretendGoogle,
  parameters: Readonly<Record<string, string>>
): Promise<ClientAnswer> {
  return await send(world, 'https://oauth2.googleapis.com/token', { body: new URLSearchParams(parameters) })
}

export const HOST = 'hello-abc-uc.a.run.app'
export const URL_OF_SERVICE = `https://${HOST}`
export const MEMBER = `serviceAccount:${ACCOUNT}`
export const ACCOUNT_ID = '112233445566778899000'

interface Started extends AsyncDisposable {
  readonly world: PretendGoogle
  mint: (claims?: Claims) => Promise<string>
}

/** A world with one service, and a way to make tokens for it. */
export async function startService(settings: Partial<ServiceSettings> = {}): Promise<Started> {
  const world = await startPretendGoogle()
  world.addServiceAccount({ email: ACCOUNT, uniqueId: ACCOUNT_ID })
  const echo = ({ headers }: { headers: object }): { body: string } => ({ body: JSON.stringify(headers) })
  world.addService({ host: HOST, invokers: [MEMBER], app: echo, ...settings })
  const identity = { sub: ACCOUNT_ID, email: ACCOUNT, aud: URL_OF_SERVICE }
  return {
    world,
    mint: (claims) => world.issueIdToken({ ...identity, ...claims }),
    [Symbol.asyncDispose]: world.close
  }
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })
