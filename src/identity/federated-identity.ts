import { decodeClaims } from '../token/jwt.ts'
import type { Step } from '../world/step.ts'
import { stringIn } from '../guard/json.ts'
import type { JsonObject } from '../guard/json.ts'
import { subjectPrincipal } from '../token/principal.ts'
import type { Credential, SubjectToken } from '../token/credential.ts'
import { exchangeToken } from '../token/sts.ts'
import type { TokenExchange } from '../token/sts.ts'

/** An identity of another provider, and where its own token comes from. */
export type ExternalIdentity = Omit<TokenExchange, 'subjectToken' | 'clientCertificate'> &
  Pick<Credential, 'description' | 'principal' | 'endpoints' | 'hasCertificate'> & {
    readonly subjectToken: () => Promise<SubjectToken>
  }

/**
 * Identity federation: the identity's own token is exchanged at STS. Google gives the federated identity no ID token, so that
 * it has to impersonate a service account, and the federated token itself may do that: becoming the account first would need
 * a second role, on the account itself.
 */
export function createFederatedIdentity(step: Step, identity: ExternalIdentity): Credential {
  const { description, principal, endpoints, hasCertificate = false } = identity
  return {
    description,
    principal,
    // A connection that was opened without the certificate is of no use.
    endpoints: hasCertificate ? [] : endpoints,
    hasCertificate,
    async accessToken() {
      const { token: subjectToken, clientCertificate } = await identity.subjectToken()
      const token = await exchangeToken(step, { ...identity, subjectToken, clientCertificate })
      const claims = decodeClaims(subjectToken)
      return {
        token,
        principal: refinePrincipal(identity, claims),
        clientCertificate,
        federation: { audience: identity.audience, claims }
      }
    }
  }
}

/** Of the whole pool, the one whose token it is: no other should be granted what it needs. */
function refinePrincipal({ principal, audience }: ExternalIdentity, claims: JsonObject | undefined): string {
  const subject = stringIn(claims ?? {}, 'sub')
  return principal.endsWith('/*') && subject !== undefined ? subjectPrincipal(audience, subject) : principal
}
