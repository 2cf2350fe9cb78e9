import { userRefused } from './failures/authorized-user.ts'
import type { Step } from '../world/step.ts'
import { federatedPrincipal } from '../token/principal.ts'
import type { Credential } from '../token/credential.ts'
import type { WorkforceUser } from './document.ts'
import { readAccessToken, requestToken } from '../token/token-endpoint.ts'

/**
 * A workforce identity that signed in with gcloud (`external_account_authorized_user`). Google gives it access tokens only.
 * https://cloud.google.com/iam/docs/workforce-sign-in-gcloud
 */
export function fromWorkforceUser(step: Step, user: WorkforceUser): Credential {
  return {
    description: `workforce identity (external_account_authorized_user) from ${user.origin}`,
    principal: federatedPrincipal(user.pool),
    endpoints: [user.tokenUrl],
    async accessToken() {
      const form = { grant_type: 'refresh_token', refresh_token: user.refreshToken }
      const answer = await requestToken(step, { ...user, form }, (refusal) => userRefused(refusal, user))
      return { token: readAccessToken(user.tokenUrl, answer, 'access_token') }
    }
  }
}
