import type { JsonObject } from '../guard/json.ts'
import type { Secret } from '../guard/secret.ts'
import type { ClientCertificate } from '../world/connection.ts'

/** A credential as it stands, before it impersonates an account. One file of this folder for each kind. */
export interface Credential {
  /** For people: what it is and where it came from. */
  readonly description: string
  /** How IAM names the identity that holds it, for the commands that grant something: `principalSet://…`, `serviceAccount:…`. */
  readonly principal: string
  /** The service account that it is, where that is known. */
  readonly account?: string
  /** Hosts that it will contact for tokens, without those that it has contacted already: connections to them are opened early. */
  readonly endpoints: readonly URL[]
  readonly accessToken: () => Promise<AccessToken>
  /** An ID token of its own. Absent where Google gives it none, so that it has to impersonate a service account. */
  readonly idToken?: (audience: string) => Promise<Secret>
  /** A JWT signed by the service account that it is; `write` gets its e-mail. Absent where it is none. */
  readonly signJwt?: (write: (email: string) => JsonObject) => Promise<Secret>
  /** A person's ID token is for an OAuth client, one of these, whatever was asked for. */
  readonly fixedAudience?: readonly string[]
  /** A service account's private key: a secret that does not expire. */
  readonly isKey?: boolean
  /** Its tokens are bound to a certificate, which a connection shows while it opens. */
  readonly hasCertificate?: boolean
}

/** What an external identity shows to STS: its own token and, with an X.509 source, the certificate that goes with it. */
export interface SubjectToken {
  /** A chain of certificates is no secret. */
  readonly token: Secret | string
  readonly clientCertificate?: ClientCertificate | undefined
}

/** An access token that may call IAM, and what is known of its holder once it is there. */
export interface AccessToken extends SubjectToken {
  readonly token: Secret
  /** How IAM names the holder, where that is known better than before. */
  readonly principal?: string
  readonly federation?: Federation
  /** Asks the machine whose token it is, so that a failure can name who was refused; never rejects. */
  readonly identify?: () => Promise<MachineIdentity>
}

/** What a machine says of its service account, as far as it does. */
export interface MachineIdentity {
  readonly principal?: string
  /** The access scopes of the machine. */
  readonly scopes?: readonly string[]
}

/** What Google was shown of a federated identity. */
export interface Federation {
  /** The provider, as `//iam.googleapis.com/…`. */
  readonly audience: string
  /** Of the identity's own token, where that is a JWT. */
  readonly claims: JsonObject | undefined
}

/** One step of impersonation: the service account, and the delegates between the caller and it. */
export interface Impersonation {
  /** E-mail or unique id. */
  readonly account: string
  /** E-mails, from the caller towards `account`. */
  readonly delegates: readonly string[]
  /** For people: what names the account, an input or a document. */
  readonly origin: string
}

/** Who the job is: a credential, and the service accounts that it becomes one after the other. */
export interface Identity {
  readonly credential: Credential
  readonly impersonations: readonly Impersonation[]
}
