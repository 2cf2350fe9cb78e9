import { safeText } from '../safe-text.ts'

/** Stands in a command where nobody knows the account. */
export const UNKNOWN_ACCOUNT = 'NAME@PROJECT.iam.gserviceaccount.com'

/** How IAM names the holder of a token (https://cloud.google.com/iam/docs/principal-identifiers), for commands that grant something. */
export function memberOf(email: string): string {
  const known = safeText(email)
  if (known === '') return `serviceAccount:${UNKNOWN_ACCOUNT}`
  return `${known.toLowerCase().endsWith('.gserviceaccount.com') ? 'serviceAccount' : 'user'}:${known}`
}
