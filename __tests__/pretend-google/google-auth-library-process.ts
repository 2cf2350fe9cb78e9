/**
 * Google's own library, as a process of its own, so that it sees the world only through its environment: goes through `FLOW` with
 * the credentials in `CREDENTIALS`, or with the metadata server's, and prints what it got as JSON.
 */
import { Compute, ExternalAccountClient, Impersonated, JWT, UserRefreshClient } from 'google-auth-library'
import type { AuthClient, IdTokenProvider, JWTInput } from 'google-auth-library'
import { decodeJwt } from './tokens/jwt.ts'

/** From the name of a flow to what it gives. */
const FLOWS: Readonly<Record<string, () => Promise<unknown>>> = {
  /** The claims of the ID token for `AUDIENCE`; a federated identity gets it for `TARGET`. */
  'ID token': async () => {
    const client = readClient()
    const provider = 'fetchIdToken' in client ? (client as AuthClient & IdTokenProvider) : impersonate()
    return claimsOf(await provider.fetchIdToken(AUDIENCE))
  },
  /** The same, of `TARGET`, for whatever credentials there are. */
  "target's ID token": async () => claimsOf(await impersonate().fetchIdToken(AUDIENCE)),
  "target's access token": async () => (await impersonate().getAccessToken()).token,
  "target's signature": () => impersonate().sign(AUDIENCE),
  /** Of a key without scopes, which signs its own access tokens: the claims of the ID token that IAM gives it. */
  'self-signed JWT': async () => {
    const client = new JWT()
    client.fromJSON(credentials ?? {})
    const url = `https://iamcredentials.${client.universeDomain}/v1/projects/-/serviceAccounts/${TARGET}:generateIdToken`
    const headers = await client.getRequestHeaders(url)
    const request = { url, method: 'POST', headers, data: { audience: AUDIENCE } } as const
    const { data } = await client.transporter.request<{ token: string }>(request)
    return claimsOf(data.token)
  }
}

const { CREDENTIALS, FLOW = '', AUDIENCE = '', TARGET = '' } = process.env
const SCOPES = ['https://www.googleapis.com/auth/cloud-platform']
const credentials = CREDENTIALS === undefined ? undefined : (JSON.parse(CREDENTIALS) as JWTInput)
console.log(JSON.stringify(await FLOWS[FLOW]?.()))

function impersonate(): Impersonated {
  return new Impersonated({
    sourceClient: readClient(),
    targetPrincipal: TARGET,
    targetScopes: SCOPES,
    delegates: []
  })
}

function readClient(): AuthClient {
  if (credentials?.type === undefined) return new Compute({ scopes: SCOPES })
  switch (credentials.type) {
    case 'service_account': {
      const client = new JWT({ scopes: SCOPES })
      client.fromJSON(credentials)
      return client
    }
    case 'authorized_user': {
      const client = new UserRefreshClient()
      client.fromJSON(credentials)
      return client
    }
    default: {
      const source = ExternalAccountClient.fromJSON({ ...credentials, scopes: SCOPES } as never)
      if (source === null) throw new Error('The library does not know this type of credentials.')
      return source
    }
  }
}

function claimsOf(idToken: string): unknown {
  return decodeJwt(idToken)?.claims
}
