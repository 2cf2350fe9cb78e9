import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import { onRunner, inStep, inTerminal, shellWord } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'

/** What about a token is not as it was asked for, as far as it decides how to mend it. */
export type TokenFlaw = 'form' | 'issuer' | 'audience' | 'expiry' | { readonly account: string | undefined }

/** A token came, and it is not what was asked for. @param problem names claims, never the token */
export function tokenInvalid(problem: string, audience: string, flaw: TokenFlaw): Failure {
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `The ID token for ${safeText(audience)} is not the one that was asked for: ${safeText(problem)}.`,
    ...(typeof flaw === 'string' ? FLAWS[flaw] : explainAccount(flaw.account))
  })
}
const CHECK_PROXY = onRunner('env | grep -i _proxy', 'curl --head https://www.googleapis.com/oauth2/v3/certs')
const FLAWS: Readonly<Record<Extract<TokenFlaw, string>, Explanation>> = {
  form: {
    cause: "Something between this machine and Google, such as a proxy, answered in Google's place.",
    remedy: "Check the runner's proxy, and run the job again.",
    snippets: [CHECK_PROXY]
  },
  issuer: {
    cause: "Whoever signed the token is not Google: another universe, or something that answered in Google's place.",
    remedy: "Check the input universe and the runner's proxy.",
    snippets: [inStep('universe: googleapis.com'), CHECK_PROXY]
  },
  audience: {
    cause:
      "Whoever answered gave a token for somebody else: something in Google's place, such as a proxy or an emulated metadata server, kept an old one.",
    remedy: "Check the runner's proxy and metadata server, and run the job again.",
    snippets: [CHECK_PROXY]
  },
  expiry: {
    cause: 'The clock of this machine is wrong, or something kept an old token.',
    remedy: "Set the machine's clock, for example by NTP, and run the job again.",
    snippets: [onRunner('date --utc', 'sudo timedatectl set-ntp true')]
  }
}
function explainAccount(account: string | undefined): Explanation {
  if (account === undefined) {
    return {
      cause:
        "The token does not say whose it is: the metadata server gave one without e-mail, or something answered in Google's place.",
      remedy: 'Set service_account, so that the token is that of an account that is known.',
      snippets: [inStep('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
    }
  }
  return {
    cause: `It should be a token of ${safeText(account)}; whoever answered in Google's place, or the universe, is another one.`,
    remedy: `Check how ${safeText(account)} is spelled, the runner's proxy, and the input universe.`,
    snippets: [inTerminal(`gcloud iam service-accounts describe ${shellWord(account)}`), CHECK_PROXY]
  }
}
