import { Failure, type Advice } from '../../failure/failure.ts'
import {
  accountWord,
  inDocument,
  inStep,
  inTerminal,
  inTerminalWithGh,
  inYaml,
  inWorkflow,
  LIST_PROVIDERS,
  onRunner,
  shellWord,
  UNKNOWN_ACCOUNT
} from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import type { Credential } from '../../token/credential.ts'
import { narrowPrincipal } from '../../token/principal.ts'
import { explainWithheld, type Withheld } from '../../world/failures/restricted-run.ts'
import type { Restriction } from '../../world/restricted-run.ts'
import type { Step } from '../../world/step.ts'

const SERVICE_ACCOUNT = `service_account: ${UNKNOWN_ACCOUNT}`

/** The inputs by which a job of GitHub needs no stored credential. */
export const FEDERATION = [
  'workload_identity_provider: projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
  SERVICE_ACCOUNT
]

/** Makes the file of google-github-actions/auth in the job that uses it, after a checkout, which would remove the file. */
export const RUN_AUTH = inWorkflow(
  'steps:',
  '  - uses: actions/checkout@v5',
  '  - uses: google-github-actions/auth@v3 # with its inputs'
)

const PERMISSIONS = inWorkflow('permissions:', '  contents: read', '  id-token: write')

const FIND_PROVIDER = inTerminal('learn the full name of the provider; the first command shows POOL', ...LIST_PROVIDERS)

/**
 * No credential anywhere.
 *
 * @param looked the places, in order, with what was found there
 * @param hasAccount whether the input service_account is set, which is of no use alone
 */
export function credentialsNotFound(
  looked: readonly string[],
  env: Step['env'],
  hasAccount: boolean,
  restriction: Restriction | undefined
): Failure {
  const code = 'CREDENTIALS_NOT_FOUND'
  const places = `looked in: ${looked.map((place) => safeText(place)).join('; ')}`
  if (env['GITHUB_ACTIONS'] !== 'true') {
    return new Failure({
      code,
      sentence: `No Google credential was found; ${places}.`,
      cause: 'No person has signed in for programs on this machine; "gcloud auth login" is for gcloud alone.',
      remedy: 'Sign in for programs, or set GOOGLE_APPLICATION_CREDENTIALS.',
      snippets: [inTerminal('sign in on this machine', 'gcloud auth application-default login')]
    })
  }
  const empty = hasAccount
    ? 'service_account is set, but workload_identity_provider is empty'
    : 'The inputs for a credential are empty'
  const withheld = explainWithheld(env, restriction)
  if (withheld !== undefined) {
    const { because, ...advice } = withheld
    return new Failure({ code, sentence: `${empty}, because ${because}; ${places}.`, ...advice })
  }
  return new Failure({
    code,
    sentence: `${hasAccount ? `${empty} (absent, or its expression gave nothing), and no` : 'No'} Google credential was found; ${places}.`,
    cause:
      'An expression for an input gives nothing where a secret or variable has another name, and secrets are empty in pull requests from forks and in runs of Dependabot.',
    remedy: hasAccount
      ? 'Write the full name of the provider, projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER, into workload_identity_provider; the name is no secret.'
      : 'Set workload_identity_provider and service_account, or run google-github-actions/auth before this step.',
    snippets: [inStep(...FEDERATION), PERMISSIONS, FIND_PROVIDER]
  })
}

/** What is wrong with a credential document, as far as it decides how to fix it. */
export type Flaw =
  | keyof typeof FLAWS
  /** The path of a file that cannot be read. */
  | { readonly unreadable: string }
  /** It is for this universe, and the input says another. */
  | { readonly universe: string }

/**
 * A document that cannot be used.
 *
 * @param problem says what is wrong without quoting the document
 */
export function credentialsInvalid(origin: string, problem: string, flaw: Flaw = 'broken'): Failure {
  return new Failure({
    code: 'CREDENTIALS_INVALID',
    sentence: `The credential in ${safeText(origin)} cannot be used: ${safeText(problem)}.`,
    ...adviseOn(flaw)
  })
}

const FROM_SECRET = inStep('credentials_json: ${{ secrets.NAME_OF_SECRET }}')

const STORE_DOCUMENT = [
  inTerminalWithGh('store the whole file', 'cat credentials.json | gh secret set NAME_OF_SECRET'),
  FROM_SECRET
]

const FLAWS = {
  broken: {
    remedy: 'Store the whole file that Google made, unedited, as JSON or as base64 of the JSON.',
    snippets: STORE_DOCUMENT
  },
  'path for content': {
    remedy:
      'Give credentials_json the content of the file; the path of a file belongs into the variable GOOGLE_APPLICATION_CREDENTIALS.',
    snippets: STORE_DOCUMENT
  },
  'external account': {
    remedy: 'Let gcloud make the document again, or set workload_identity_provider in this step, which needs none.',
    snippets: [
      inTerminal(
        'make the document again; TOKEN_FILE is the file with the own token of the identity',
        `gcloud iam workload-identity-pools create-cred-config projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER --service-account=${UNKNOWN_ACCOUNT} --credential-source-file=TOKEN_FILE --output-file=credentials.json`
      ),
      inStep(...FEDERATION)
    ]
  },
  'missing file': {
    cause: 'GOOGLE_APPLICATION_CREDENTIALS is misspelled, or its file was removed or belongs to another machine.',
    remedy: 'Let GOOGLE_APPLICATION_CREDENTIALS name a file that exists, or set workload_identity_provider instead.',
    snippets: [onRunner('see the file', 'ls -l "$GOOGLE_APPLICATION_CREDENTIALS"'), inStep(...FEDERATION)]
  },
  'removed file': {
    cause:
      'The file is gone: most often, a checkout after google-github-actions/auth removed what that had left in the workspace.',
    remedy: 'Put actions/checkout before google-github-actions/auth, or set workload_identity_provider instead.',
    snippets: [RUN_AUTH, inStep(...FEDERATION)]
  },
  'content for path': {
    cause: 'GOOGLE_APPLICATION_CREDENTIALS takes a path; the input credentials_json takes the content.',
    remedy: 'Give the document to the input credentials_json, and leave GOOGLE_APPLICATION_CREDENTIALS unset.',
    snippets: [FROM_SECRET]
  },
  'foreign host': {
    cause: "The address is misspelled, or was changed so that a secret goes to another host than Google's.",
    remedy: 'Do not use the document; find out who made the document, or set workload_identity_provider.',
    snippets: [inStep(...FEDERATION)]
  },
  misspelled: {
    remedy: 'Correct the e-mail in the document, or let gcloud make the document again.',
    snippets: [
      inTerminal(
        'see the accounts of the project',
        'gcloud iam service-accounts list --project=PROJECT --format="value(email)"'
      )
    ]
  },
  'plain http': {
    cause:
      'Over plain http, others on the network could read the token of the external identity, or put another in its place.',
    remedy: 'Let "credential_source" of the document name an https URL.',
    snippets: [inDocument('"credential_source": { "url": "https://…" }')]
  },
  'secret over http': {
    cause: 'Over plain http, others on the network could read the secret.',
    remedy: 'Let each URL of the document start with https://.'
  },
  'private key': {
    cause: 'The line breaks of the key got lost or were doubled on the way into the secret.',
    remedy: 'Store the file of the key unchanged, or as base64 of the file.',
    snippets: STORE_DOCUMENT
  }
} satisfies Readonly<Record<string, Advice>>

function adviseOn(flaw: Flaw): Advice {
  if (typeof flaw === 'string') return FLAWS[flaw]
  if ('universe' in flaw) return adviseOnUniverse(safeText(flaw.universe))
  return {
    cause: 'The path leads to something else than a small file that this user may read.',
    remedy: 'Let the path lead to the document itself, and let the user of the job read the file.',
    snippets: [onRunner('see the file', `ls -l ${shellWord(flaw.unreadable.replace(/^-/, './-'))}`)]
  }
}

function adviseOnUniverse(universe: string): Advice {
  return {
    cause: 'Each universe has its own hosts and accounts.',
    remedy: `Set the input universe to ${universe}, the credential's universe.`,
    snippets: [inStep(`universe: ${universe}`)]
  }
}

/** A credential for which Google issues no ID tokens. */
export function credentialsUnsupported(origin: string, kind: string): Failure {
  return new Failure({
    code: 'CREDENTIALS_UNSUPPORTED',
    sentence: `The credential in ${safeText(origin)} is ${kind}, which can never give an ID token.`,
    cause: 'An ID token states a Google identity, and this credential has none. Granting roles does not help.',
    remedy:
      'Set workload_identity_provider and service_account instead of this credential, or store the key of a service account.',
    snippets: [inStep(...FEDERATION), FIND_PROVIDER]
  })
}

/** A person signs nothing, and Identity-Aware Proxy takes the JWTs of service accounts only. */
export function signatureUnsupported(credential: Pick<Credential, 'description'>): Failure {
  return new Failure({
    code: 'CREDENTIALS_UNSUPPORTED',
    sentence: `With ${safeText(credential.description)} there is no service account that could sign a JWT for Identity-Aware Proxy (token: iap_jwt).`,
    cause: 'Only service accounts sign such a JWT.',
    remedy: 'Set service_account to an account that the person may impersonate, or use another credential.',
    snippets: [inStep(SERVICE_ACCOUNT)]
  })
}

/**
 * A federated or workforce identity by itself.
 *
 * @param isOfAuth whether google-github-actions/auth made the document
 * @param withheld why the input for the account is empty, where that is known
 */
export function serviceAccountRequired(
  { description, principal }: Pick<Credential, 'description' | 'principal'>,
  isOfAuth = false,
  withheld?: Withheld
): Failure {
  const code = 'SERVICE_ACCOUNT_REQUIRED'
  const happened = `Google issues ID tokens for service accounts only, and no service_account is set for ${safeText(description)}`
  if (withheld !== undefined) {
    const { because, ...advice } = withheld
    return new Failure({ code, sentence: `${happened}: ${because}.`, ...advice })
  }
  return new Failure({
    code,
    sentence: `${happened}.`,
    cause: `A federated identity has to impersonate a service account to get an ID token${principal.includes('/attribute.') ? ', and the provider has to map the attribute that the grant names' : ''}.`,
    remedy: `Set the input service_account to the account that may call the service, and grant ${safeText(narrowPrincipal(principal))} roles/iam.serviceAccountOpenIdTokenCreator on that account.`,
    snippets: [
      inStep(SERVICE_ACCOUNT),
      isOfAuth && inYaml('Or in the step with google-github-actions/auth, under "with"', SERVICE_ACCOUNT),
      inTerminal('see the accounts of the project', 'gcloud iam service-accounts list --project=PROJECT'),
      inTerminal(
        `allow the identity to impersonate the account${principal.endsWith('/*') ? '; SUBJECT is what the provider maps to google.subject' : ''}`,
        `gcloud iam service-accounts add-iam-policy-binding ${accountWord(UNKNOWN_ACCOUNT)} --member=${shellWord(narrowPrincipal(principal))} --role=roles/iam.serviceAccountOpenIdTokenCreator`
      )
    ]
  })
}
