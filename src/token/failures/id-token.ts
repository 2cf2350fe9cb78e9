import { Failure, type Advice } from '../../failure/failure.ts'
import { accountWord, inStep, inTerminal, onRunner, SET_CLOCK } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'

/** What about a token is not as it was asked for, as far as it decides how to fix it. */
export type TokenFlaw = keyof typeof FLAWS | { readonly account: string | undefined }

/** A token came, and it is not what was asked for. @param problem names claims, never the token */
export function tokenInvalid(problem: string, audience: string, flaw: TokenFlaw): Failure {
  return new Failure({
    code: 'TOKEN_INVALID',
    sentence: `The ID token for ${safeText(audience)} is not the one that was asked for: ${safeText(problem)}.`,
    ...(typeof flaw === 'string' ? FLAWS[flaw] : adviseOnAccount(flaw.account))
  })
}

const CHECK_PROXY = onRunner(
  'see which proxy is used, and who signed the certificate',
  'env | grep -i _proxy',
  "curl -sv https://www.googleapis.com/ -o /dev/null 2>&1 | grep -i 'issuer:'"
)

const FLAWS = {
  form: {
    cause: "Something between this machine and Google, such as a proxy, answered in Google's place.",
    remedy: 'Check the proxy of the runner (HTTPS_PROXY), and run the job again.',
    snippets: [CHECK_PROXY]
  },
  issuer: {
    cause: "The token was signed in another universe, or by something that answered in Google's place.",
    remedy: 'Check the input universe and the proxy of the runner (HTTPS_PROXY).',
    snippets: [inStep('universe: googleapis.com'), CHECK_PROXY]
  },
  audience: {
    cause: "Something in Google's place, such as a proxy or an emulated metadata server, kept an older token.",
    remedy: 'Check the proxy (HTTPS_PROXY) and the metadata server (GCE_METADATA_HOST) of the runner.',
    snippets: [CHECK_PROXY]
  },
  expiry: {
    cause:
      'Something, such as a proxy or an emulated metadata server, kept an old token, or the clock of this machine is wrong.',
    remedy:
      'Run the job again; if that does not help, check the proxy (HTTPS_PROXY), the metadata server (GCE_METADATA_HOST) and the clock of this machine.',
    snippets: [SET_CLOCK]
  }
} satisfies Readonly<Record<string, Advice>>

function adviseOnAccount(account: string | undefined): Advice {
  return account === undefined
    ? {
        cause: "The metadata server gave a token without e-mail, or something answered in Google's place.",
        remedy: 'Set service_account, so that the token is of an account that is known.',
        snippets: [inStep('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
      }
    : {
        cause:
          "Every ID token is asked for with the e-mail (includeEmail), and a misspelled account gives no token at all: what answered is not Google's IAM.",
        remedy: 'Check the proxy of the runner (HTTPS_PROXY) and the input universe.',
        snippets: [
          CHECK_PROXY,
          inTerminal('see the account', `gcloud iam service-accounts describe ${accountWord(account)}`)
        ]
      }
}
