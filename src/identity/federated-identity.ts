import { decodeJwt } from '../token/jwt.ts'
import type { Step } from '../world/step.ts'
import { stringIn, type JsonObject } from '../guard/json.ts'
import { subjectPrincipal } from '../token/principal.ts'
import type { Credential, SubjectToken } from '../token/credential.ts'
import { exchangeToken, type TokenExchange } from '../token/sts.ts'

/** An identity of another provider, and where its subject token comes from. */
export type ExternalIdentity = TokenExchange &
  Pick<Credential, 'description' | 'principal' | 'endpoints' | 'hasCertificate'> & {
    readonly subjectToken: () => Promise<SubjectToken>
  }

/**
 * Identity federation: the subject token is exchanged at STS. Google issues no ID token for a federated identity, so it has to
 * impersonate a service account. The federated token itself calls `generateIdToken`: with an access token of the account, the
 * account would need a role on itself.
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
      const subject = await identity.subjectToken()
      const token = await exchangeToken(step, identity, subject)
      const claims = decodeJwt(subject.token)?.claims
      return {
        token,
        principal: refinePrincipal(identity, claims),
        clientCertificate: subject.clientCertificate,
        federation: { audience: identity.audience, claims }
      }
    }
  }
}

/** The principal of this identity alone, not of the whole pool: no other identity should get the grant. */
function refinePrincipal({ principal, audience }: ExternalIdentity, claims: JsonObject | undefined): string {
  const subject = stringIn(claims, 'sub')
  return principal.endsWith('/*') && subject !== undefined ? subjectPrincipal(audience, subject) : principal
}
