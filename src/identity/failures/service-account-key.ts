import { explainBy, Failure, type Cause, type Explanation } from '../../failure/failure.ts'
import { accountWord, inStep, inTerminal, inTerminalWithGh, projectFlag, SET_CLOCK } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import { quoteRefusal, quoteWords, type Refusal } from '../../token/refusal.ts'
import { CLOCK_TOLERANCE_S } from '../../world/step.ts'

interface Facts {
  readonly refusal: Refusal
  /** E-mail, as it is and safe to show. */
  readonly email: string
  readonly account: string
  /** For people: the key by its id, which is no secret. */
  readonly key: string
  readonly audience: string | undefined
  /** Seconds by which this machine is ahead of Google; undefined where the answer does not tell. */
  readonly ahead: number | undefined
}

/**
 * Google's token endpoint refused a service account's own assertion.
 *
 * @param now milliseconds since the epoch
 * @param audience of the ID token, where one was asked for
 */
export function keyRefused(
  refusal: Refusal,
  { email, keyId }: { readonly email: string; readonly keyId: string | undefined },
  now: number,
  audience?: string
): Failure {
  const account = safeText(email)
  const facts = {
    refusal,
    email,
    account,
    key: `${keyId === undefined ? 'the key' : `key ${safeText(keyId)}`} of ${account}`,
    audience,
    ahead: refusal.googleTime === undefined ? undefined : Math.round((now - refusal.googleTime) / 1000)
  }
  return new Failure({ code: 'CREDENTIALS_EXPIRED', ...explainBy(CAUSES, facts), answer: quoteRefusal(refusal) })
}

const isOutOfTime = ({ refusal }: Facts): boolean =>
  /reasonable timeframe|iat and exp|short-lived/i.test(refusal.message)

const CAUSES: readonly Cause<Facts>[] = [
  {
    code: 'SERVICE_ACCOUNT_NOT_FOUND',
    when: ({ refusal }) => /account not found/i.test(refusal.message),
    explain: deletedAccount
  },
  { code: 'INPUT_INVALID', when: ({ refusal }) => refusal.code === 'invalid_scope', explain: oddAudience },
  { when: (facts) => isOutOfTime(facts) && Math.abs(facts.ahead ?? Infinity) > CLOCK_TOLERANCE_S, explain: wrongClock },
  { when: isOutOfTime, explain: delayedAssertion },
  { when: ({ refusal }) => refusal.code.includes('disabled'), explain: disabledAccount },
  { when: () => true, explain: deletedKey }
]

function deletedAccount({ account, email, key }: Facts): Explanation {
  const name = /^([a-z][a-z0-9-]*)@/.exec(email)?.[1]
  return {
    sentence: `The service account ${account}, to which ${key} belongs, does not exist any more.`,
    cause: 'The account was deleted, and its keys with it.',
    remedy: 'Use another account, or restore the deleted one within 30 days.',
    snippets: [
      inTerminal(
        'restore the account; the first command shows UNIQUE_ID beside each e-mail',
        `gcloud logging read "protoPayload.methodName=google.iam.admin.v1.DeleteServiceAccount${name === undefined ? '' : ` AND resource.labels.email_id:${name}`}" --freshness=30d --format="value(resource.labels.email_id, resource.labels.unique_id)"${projectFlag(email)}`,
        `gcloud iam service-accounts undelete UNIQUE_ID${projectFlag(email)}`
      )
    ]
  }
}

function oddAudience({ refusal, account, audience }: Facts): Explanation {
  return {
    sentence: `Google does not accept the audience${audience === undefined ? '' : ` ${safeText(audience)}`}, for which the key of ${account} asked a token: ${quoteWords(refusal)}.`,
    cause: 'The audience is neither a URL nor a client id for which Google issues tokens.',
    remedy: 'Set the input audience to the URL of the service or to an OAuth client id.',
    snippets: [inStep('audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app')]
  }
}

function wrongClock({ key, ahead }: Facts): Explanation {
  const clock =
    ahead === undefined
      ? "differs from Google's"
      : `is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} Google's`
  return {
    sentence: `Google refused ${key} because this machine's clock ${clock}.`,
    remedy: 'Set the clock of this machine, for example by NTP, and run the job again.',
    snippets: [SET_CLOCK]
  }
}

function delayedAssertion({ key, ahead = 0 }: Facts): Explanation {
  return {
    sentence: `Google refused ${key} as out of time, although the clocks of this machine and of Google agree (${Math.abs(ahead)} s apart).`,
    cause: 'Something on the way, such as a proxy, holds requests back or repeats older ones.',
    remedy: 'Run the job again; if the refusal stays, look for a proxy that delays requests.'
  }
}

function disabledAccount({ refusal, account, key }: Facts): Explanation {
  return {
    sentence: `Google does not accept ${key}, because the service account is disabled (${refusal.code}).`,
    remedy: 'Enable the account, unless that was done on purpose.',
    snippets: [inTerminal('enable the account', `gcloud iam service-accounts enable ${accountWord(account)}`)]
  }
}

function deletedKey({ refusal, account, key }: Facts): Explanation {
  return {
    sentence: `Google no longer accepts ${key}: the key was deleted, disabled or has expired (${quoteWords(refusal)}).`,
    cause: 'Keys are told apart by "private_key_id" of their document.',
    remedy:
      'Set workload_identity_provider, which needs no key; or enable the key, or store a new key in the place of the old one. The list of keys shows which are disabled or expired; an organization policy (iam.disableServiceAccountKeyCreation) may forbid new keys.',
    snippets: [
      inTerminal(
        'see which keys are accepted',
        `gcloud iam service-accounts keys list ${accountWord(account, '--iam-account=')}`
      ),
      inTerminal(
        'make a new key',
        `gcloud iam service-accounts keys create key.json ${accountWord(account, '--iam-account=')}`
      ),
      inTerminalWithGh('store the new key', 'cat key.json | gh secret set NAME_OF_SECRET', 'rm key.json')
    ]
  }
}
