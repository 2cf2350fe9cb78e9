import { userRefused } from '../failures/credentials.ts'
import type { Answer } from '../http.ts'
import type { Job } from '../job.ts'
import type { Credential } from './credential.ts'
import type { AuthorizedUser } from './document.ts'
import { readAccessToken, readIdToken, requestToken } from './token-endpoint.ts'

/**
 * A person's own credentials, as `gcloud auth application-default login` leaves them. The refresh grant's ID token is for
 * gcloud's OAuth client, whatever was asked for; Cloud Run accepts it from a person who may invoke the service.
 */
export function fromAuthorizedUser(job: Job, user: AuthorizedUser): Credential {
  const { tokenUrl } = user
  let underWay: Promise<Answer> | undefined

  /** One grant gives both tokens, so one request serves every audience that is asked for at a time. */
  async function refresh(): Promise<Answer> {
    const form = {
      grant_type: 'refresh_token',
      client_id: user.clientId,
      client_secret: user.clientSecret,
      refresh_token: user.refreshToken
    }
    underWay ??= requestToken(job, { url: tokenUrl, form }, userRefused).finally(() => (underWay = undefined))
    return await underWay
  }

  return {
    description: "a person's own credentials (authorized_user)",
    principal: 'user:YOUR_EMAIL',
    fixedAudience: true,
    endpoints: [tokenUrl],
    async accessToken() {
      return readAccessToken(job, tokenUrl, await refresh(), 'access_token')
    },
    async idToken() {
      return readIdToken(job, tokenUrl, await refresh(), 'id_token')
    }
  }
}
