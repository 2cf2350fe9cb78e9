/**
 * Google's own library, as a process of its own, so that it sees the world only through its environment: prints the claims of
 * the ID token for `AUDIENCE` that it gets from the credentials in `CREDENTIALS`, or from the metadata server, as JSON.
 */
import { Compute, ExternalAccountClient, Impersonated, JWT, UserRefreshClient } from 'google-auth-library'
import type { IdTokenProvider, JWTInput } from 'google-auth-library'
import { decodeJwt } from './tokens/jwt.ts'

const { CREDENTIALS, AUDIENCE = '', TARGET = '' } = process.env
const credentials = CREDENTIALS === undefined ? undefined : (JSON.parse(CREDENTIALS) as JWTInput)
const idToken = await chooseProvider().fetchIdToken(AUDIENCE)
console.log(JSON.stringify(decodeJwt(idToken)?.claims))

function chooseProvider(): IdTokenProvider {
  if (credentials?.type === undefined) return new Compute()
  const scopes = ['https://www.googleapis.com/auth/cloud-platform']
  switch (credentials.type) {
    case 'service_account': {
      const client = new JWT()
      client.fromJSON(credentials)
      return client
    }
    case 'authorized_user': {
      const client = new UserRefreshClient()
      client.fromJSON(credentials)
      return client
    }
    default: {
      const source = ExternalAccountClient.fromJSON({ ...credentials, scopes } as never)
      if (source === null) throw new Error('The library does not know this type of credentials.')
      return new Impersonated({ sourceClient: source, targetPrincipal: TARGET, delegates: [] })
    }
  }
}
