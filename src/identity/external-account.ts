import type { ClientCertificate } from '../connection.ts'
import type { Job } from '../job.ts'
import type { Credential } from './credential.ts'
import { exchangeToken } from './sts.ts'
import type { TokenExchange } from './sts.ts'

/** What an external identity shows to STS: its own token and, with an X.509 source, the certificate that goes with it. */
export interface SubjectToken {
  readonly token: string
  readonly clientCertificate?: ClientCertificate
}

export type ExternalAccount = Omit<TokenExchange, 'subjectToken' | 'clientCertificate'> & {
  readonly description: string
  readonly principal: string
  readonly endpoints: readonly URL[]
  readonly hasCertificate: boolean
  readonly subjectToken: () => Promise<SubjectToken>
}

/**
 * Workload (or workforce) identity federation: the identity's own token is exchanged at STS. Google gives the federated
 * identity no ID token, so that it has to impersonate a service account, and the federated token itself may do that: becoming
 * the account first would need a second role, on the account itself.
 */
export function fromExternalAccount(job: Job, external: ExternalAccount): Credential {
  let clientCertificate: ClientCertificate | undefined
  return {
    description: external.description,
    principal: external.principal,
    endpoints: external.endpoints,
    async accessToken() {
      const subject = await external.subjectToken()
      clientCertificate = subject.clientCertificate
      return await exchangeToken(job, { ...external, subjectToken: subject.token, clientCertificate })
    },
    ...(external.hasCertificate ? { clientCertificate: () => clientCertificate } : {})
  }
}
