import { Failure } from '../../failure/failure.ts'
import { quoteRefusal } from '../../token/refusal.ts'
import type { Refusal } from '../../token/refusal.ts'
import { safeText } from '../../guard/safe-text.ts'
import { projectFlag } from '../../failure/snippets.ts'
import { inStep, inTerminal, inTerminalWithGh, onRunner, shellWord } from '../../failure/snippets.ts'

/** Google's token endpoint refused a service account's own assertion. */
export function keyRefused(refusal: Refusal, email: string, now: number): Failure {
  const answer = quoteRefusal(refusal)
  const account = safeText(email)
  if (/account not found/i.test(refusal.message)) {
    return new Failure({
      code: 'SERVICE_ACCOUNT_NOT_FOUND',
      sentence: `The service account ${account} of the key does not exist.`,
      cause: 'It was deleted, and its keys with it.',
      remedy: 'Use another account; a deleted one can be restored within 30 days.',
      snippets: [
        inTerminal(
          `gcloud logging read 'protoPayload.methodName="google.iam.admin.v1.DeleteServiceAccount"' --freshness=30d --format="value(resource.labels.email_id, resource.labels.unique_id)"${projectFlag(email)}   # shows the UNIQUE_ID`,
          `gcloud iam service-accounts undelete UNIQUE_ID${projectFlag(email)}`
        )
      ],
      answer
    })
  }
  if (refusal.code === 'invalid_scope') {
    return new Failure({
      code: 'INPUT_INVALID',
      sentence: `Google does not accept the audience for which the key of ${account} asked a token.`,
      cause: 'The audience is neither a URL nor a client id for which Google issues tokens.',
      remedy: 'Set the input audience to the URL of the service or to an OAuth client id.',
      snippets: [inStep('audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app')],
      answer
    })
  }
  if (/reasonable timeframe|iat and exp|short-lived/i.test(refusal.message)) {
    return new Failure({
      code: 'CREDENTIALS_EXPIRED',
      sentence: `Google refused the key of ${account} because of the time that this machine's clock shows.`,
      cause: describeSkew(refusal, now),
      remedy: "Set the machine's clock, for example by NTP.",
      snippets: [onRunner('date --utc', 'sudo timedatectl set-ntp true')],
      answer
    })
  }
  const disabled = refusal.code.includes('disabled')
  return new Failure({
    code: 'CREDENTIALS_EXPIRED',
    sentence: `Google no longer accepts the key of ${account}.`,
    cause: disabled
      ? 'The service account is disabled.'
      : 'The key was deleted or disabled, or the document holds the key of another account.',
    remedy: disabled
      ? 'Enable the account, if whoever disabled it agrees.'
      : 'Make a new key, or better use workload identity federation, which needs none.',
    snippets: disabled
      ? [inTerminal(`gcloud iam service-accounts enable ${shellWord(account)}`)]
      : [
          inTerminal(
            `gcloud iam service-accounts keys list --iam-account=${shellWord(account)}   # the KEY_ID of one that is accepted is the "private_key_id" of its document`,
            `gcloud iam service-accounts keys create key.json --iam-account=${shellWord(account)}   # a new one`
          ),
          inTerminalWithGh('gh secret set GOOGLE_CREDENTIALS < key.json && rm key.json')
        ],
    answer
  })
}

/** How far the clock is off, where the answer says what Google's shows. */
function describeSkew({ googleTime }: Refusal, now: number): string {
  if (googleTime === undefined)
    return "The clock of this machine differs from Google's, or the key's assertion was kept."
  const seconds = Math.round(Math.abs(now - googleTime) / 1000)
  return `The clock of this machine is ${now < googleTime ? `${seconds} s behind` : `${seconds} s ahead of`} Google's.`
}
