import { openidMissing, userRefused } from './failures/authorized-user.ts'
import { decodeJwt } from '../token/jwt.ts'
import type { SealedAnswer } from '../world/outcome.ts'
import { memberOf, UNKNOWN_PERSON } from '../token/principal.ts'
import type { Step } from '../world/step.ts'
import { secretIn, stringIn } from '../guard/json.ts'
import type { Credential } from '../token/credential.ts'
import type { AuthorizedUser } from './document.ts'
import { readAccessToken, readIdToken, requestToken } from '../token/token-endpoint.ts'

/** gcloud's own: for `gcloud auth login`, and for `gcloud auth application-default login`. */
const GCLOUD_CLIENTS = [
  '32555940559.apps.googleusercontent.com',
  '764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com'
]

/**
 * A person's own credentials, as `gcloud auth application-default login` leaves them. The refresh grant's ID token is for
 * gcloud's OAuth client, whatever was asked for; Cloud Run accepts it from a person who may invoke the service.
 */
export function fromAuthorizedUser(step: Step, user: AuthorizedUser, impersonates?: string): Credential {
  const { tokenUrl } = user
  const signIn = { origin: user.origin, impersonates }
  let underWay: Promise<SealedAnswer> | undefined

  /** One grant gives both tokens, so one request serves every audience that is asked for at a time. */
  async function refresh(): Promise<SealedAnswer> {
    const form = {
      grant_type: 'refresh_token',
      client_id: user.clientId,
      client_secret: user.clientSecret,
      refresh_token: user.refreshToken
    }
    underWay ??= requestToken(step, { tokenUrl, form }, (refusal) => userRefused(refusal, signIn)).finally(
      () => (underWay = undefined)
    )
    return await underWay
  }

  return {
    description: `a person's own credentials (authorized_user) from ${user.origin}`,
    principal: `user:${UNKNOWN_PERSON}`,
    fixedAudience: [user.clientId, ...GCLOUD_CLIENTS],
    endpoints: [tokenUrl],
    async accessToken() {
      const answer = await refresh()
      const email = stringIn(decodeJwt(secretIn(answer.json, 'id_token') ?? '')?.claims, 'email')
      const token = readAccessToken(tokenUrl, answer, 'access_token')
      return email === undefined ? { token } : { token, principal: memberOf(email) }
    },
    async idToken() {
      const answer = await refresh()
      const scope = stringIn(answer.json, 'scope')
      const granted =
        secretIn(answer.json, 'access_token') !== undefined && secretIn(answer.json, 'id_token') === undefined
      if (granted && scope?.split(' ').includes('openid') !== true) throw openidMissing(tokenUrl, scope, signIn)
      return readIdToken(tokenUrl, answer, 'id_token')
    }
  }
}
