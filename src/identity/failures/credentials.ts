import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import type { Credential } from '../../token/credential.ts'
import type { Step } from '../../world/step.ts'
import { safeText } from '../../guard/safe-text.ts'
import { mappingNote } from '../../token/principal.ts'
import {
  inDocument,
  inStep,
  inTerminal,
  inTerminalWithGh,
  inWorkflow,
  onRunner,
  PROVIDER_COMMAND,
  shellWord
} from '../../failure/snippets.ts'

const FEDERATION = [
  'workload_identity_provider: projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
  'service_account: NAME@PROJECT.iam.gserviceaccount.com'
]

/** No credential anywhere. @param looked the places, in order, with what was found there */
export function credentialsNotFound(looked: readonly string[], env: Step['env']): Failure {
  const onGithub = env['GITHUB_ACTIONS'] === 'true'
  return new Failure({
    code: 'CREDENTIALS_NOT_FOUND',
    sentence: `No Google credential was found; looked in: ${looked.map((place) => safeText(place)).join('; ')}.`,
    cause: onGithub
      ? 'The inputs for a credential are empty, as secrets are in pull requests from forks and in runs of Dependabot, and no earlier step left one.'
      : 'Nobody has signed in for programs on this machine; "gcloud auth login" is for gcloud alone.',
    remedy: onGithub
      ? 'Set workload_identity_provider and service_account, or run google-github-actions/auth before this step.'
      : 'Run "gcloud auth application-default login", or set GOOGLE_APPLICATION_CREDENTIALS.',
    snippets: onGithub
      ? [
          inStep(...FEDERATION),
          inWorkflow('permissions:', '  contents: read', '  id-token: write'),
          inTerminal(
            'gcloud iam workload-identity-pools list --location=global   # shows the POOL',
            'gcloud iam workload-identity-pools providers list --workload-identity-pool=POOL --location=global   # shows the PROVIDER',
            `${PROVIDER_COMMAND}   # prints the value of workload_identity_provider`
          )
        ]
      : [onRunner('gcloud auth application-default login')]
  })
}

/** What is wrong with a credential document, as far as it decides how to mend it. */
export type Flaw =
  | 'broken'
  | 'missing file'
  /** The file that google-github-actions/auth leaves in the workspace. */
  | 'removed file'
  | 'unreadable file'
  /** The document itself stands in the variable that is to hold its path. */
  | 'content for path'
  | 'foreign host'
  | 'plain http'
  | 'private key'
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
    ...(typeof flaw === 'string' ? FLAWS[flaw] : explainUniverse(safeText(flaw.universe)))
  })
}

const FLAWS: Readonly<Record<Extract<Flaw, string>, Explanation>> = {
  broken: {
    cause: 'The document was cut or quoted on its way, or made for something else.',
    remedy: 'Give the whole Application Default Credentials document, as JSON or as base64 of it.',
    snippets: [
      inTerminalWithGh('gh secret set GOOGLE_CREDENTIALS < credentials.json   # the whole file'),
      inStep('credentials_json: ${{ secrets.GOOGLE_CREDENTIALS }}')
    ]
  },
  'missing file': {
    cause: 'GOOGLE_APPLICATION_CREDENTIALS is misspelled, or its file was removed or belongs to another machine.',
    remedy:
      'Let GOOGLE_APPLICATION_CREDENTIALS name a file that exists, or unset it, or set workload_identity_provider instead.',
    snippets: [onRunner('ls -l "$GOOGLE_APPLICATION_CREDENTIALS"'), inStep(...FEDERATION)]
  },
  'removed file': {
    cause:
      'The file is gone: most often, a checkout after google-github-actions/auth removed what that had left in the workspace.',
    remedy: 'Put actions/checkout before google-github-actions/auth, or set workload_identity_provider instead.',
    snippets: [
      inWorkflow(
        'steps:',
        '  - uses: actions/checkout@v5',
        '  - uses: google-github-actions/auth@v3 # with its inputs'
      ),
      inStep('# or without google-github-actions/auth:', ...FEDERATION)
    ]
  },
  'content for path': {
    cause: 'GOOGLE_APPLICATION_CREDENTIALS takes a path; the input credentials_json takes the content.',
    remedy: 'Give the document to the input credentials_json, and leave GOOGLE_APPLICATION_CREDENTIALS unset.',
    snippets: [inStep('credentials_json: ${{ secrets.GOOGLE_CREDENTIALS }}')]
  },
  'unreadable file': {
    cause: 'The path leads to something else than a small file that this user may read.',
    remedy: 'Let the path lead to the document itself, and let the user of the job read it.',
    snippets: [
      onRunner('ls -l "${GOOGLE_APPLICATION_CREDENTIALS:-$HOME/.config/gcloud/application_default_credentials.json}"')
    ]
  },
  'foreign host': {
    cause: "A document that sends secrets to other hosts than Google's may have been tampered with.",
    remedy: 'Do not use the document; find out who made it, and make it again, or set workload_identity_provider.',
    snippets: [inStep(...FEDERATION)]
  },
  'plain http': {
    cause:
      'Over plain http anybody on the way could read the token of the external identity, or put another in its place.',
    remedy: 'Let "credential_source" name an https URL.',
    snippets: [inDocument('"credential_source": { "url": "https://…" }')]
  },
  'private key': {
    cause: 'The line breaks of the key got lost or were doubled on the way into the secret.',
    remedy: 'Store the file as it is, or as base64 of it.',
    snippets: [
      inTerminalWithGh('base64 < key.json | gh secret set GOOGLE_CREDENTIALS'),
      inStep('credentials_json: ${{ secrets.GOOGLE_CREDENTIALS }}')
    ]
  }
}

function explainUniverse(universe: string): Explanation {
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
    cause: 'An ID token says who somebody is at Google, and this credential is nobody there; no role changes that.',
    remedy: 'Use workload identity federation, a service account or the metadata server instead.',
    snippets: [
      inStep(...FEDERATION),
      inTerminal(`${PROVIDER_COMMAND}   # prints the value of workload_identity_provider`)
    ]
  })
}

/** A person signs nothing, and Identity-Aware Proxy takes the JWTs of service accounts only. */
export function signatureUnsupported(credential: Pick<Credential, 'description'>): Failure {
  return new Failure({
    code: 'CREDENTIALS_UNSUPPORTED',
    sentence: `With ${safeText(credential.description)} there is no service account that could sign a JWT for Identity-Aware Proxy (token: iap_jwt).`,
    cause: 'Only service accounts sign such a JWT.',
    remedy: 'Set service_account to an account that the person may impersonate, or use another credential.',
    snippets: [inStep('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
  })
}

/** A federated or workforce identity by itself. */
export function serviceAccountRequired(credential: Pick<Credential, 'description' | 'principal'>): Failure {
  return new Failure({
    code: 'SERVICE_ACCOUNT_REQUIRED',
    sentence: `Google issues ID tokens for service accounts only, and ${safeText(credential.description)} names none.`,
    cause: 'A federated identity has to impersonate a service account to get an ID token.',
    remedy: 'Set the input service_account, and allow the identity to impersonate that account.',
    snippets: [
      inStep('service_account: NAME@PROJECT.iam.gserviceaccount.com'),
      inTerminal(
        'gcloud iam service-accounts list   # shows the accounts of the project; the one that may call the service is meant',
        `gcloud iam service-accounts add-iam-policy-binding NAME@PROJECT.iam.gserviceaccount.com --member=${shellWord(credential.principal)} --role=roles/iam.serviceAccountOpenIdTokenCreator`,
        '# or with --role=roles/iam.workloadIdentityUser, which contains the permission too, and gives access tokens besides',
        ...mappingNote(credential.principal)
      )
    ]
  })
}
