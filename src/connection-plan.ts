import { iamCredentialsUrl } from './google-hosts.ts'
import type { Identity } from './identity/credential.ts'
import type { Inputs } from './inputs.ts'

/** Whoever asks for more tokens than these opens the other connections when they are needed. */
const MOST_FOR_TOKENS = 6

/**
 * Whom the run is certain to ask: connections to them are opened side by side at the start, because each costs two round trips
 * or more, and otherwise only begins when its turn comes.
 */
export function planConnections({ credential, hops }: Identity, inputs: Inputs): readonly URL[] {
  const target = hops.at(-1)
  const count = Math.min(inputs.audiences.length, MOST_FOR_TOKENS)
  const { call } = inputs
  return [
    ...credential.endpoints,
    // A credential that shows a certificate shows it to IAM as well, while the connection opens.
    ...(target === undefined || credential.hasCertificate === true
      ? []
      : Array<URL>(count).fill(iamCredentialsUrl(inputs.universe, target.account, 'generateIdToken'))),
    // The call without a token opens the one that the call with it will use.
    ...(call === undefined || call.assertPrivate ? [] : [call.url])
  ]
}
