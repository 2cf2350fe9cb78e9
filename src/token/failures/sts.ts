import { Failure } from '../../failure/failure.ts'
import type { Explanation } from '../../failure/failure.ts'
import { stringIn } from '../../guard/json.ts'
import type { JsonObject } from '../../guard/json.ts'
import { quoteRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { safeText } from '../../guard/safe-text.ts'
import { isPerimeter } from '../../failure/perimeter.ts'
import { explainPerimeter } from '../../failure/perimeter.ts'
import { PROVIDER_COMMAND } from '../../failure/snippets.ts'
import { inStep, inTerminal, onlyWhere, onRunner, shellWord } from '../../failure/snippets.ts'

/** What any issuer's token says of itself. */
const COMMON_CLAIMS = ['iss', 'sub', 'aud']

/** Claims of GitHub's token to which conditions and mappings of a provider refer. */
const GITHUB_CLAIMS = [
  ...COMMON_CLAIMS,
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'ref',
  'environment',
  'event_name',
  'workflow_ref',
  'job_workflow_ref'
]

/** Google takes a token for some minutes after it was issued. */
const SHORT_AGE_S = 120

/**
 * STS refused the external identity: told apart by Google's words.
 *
 * @param audience `//iam.googleapis.com/…/providers/…`
 * @param claims of the token that it refused, where that is a JWT
 */
export function federationRejected(refusal: Refusal, audience: string, claims: JsonObject | undefined): Failure {
  const provider = safeText(audience.replace(/^(https:)?\/\/iam\.googleapis\.com\//, ''))
  return new Failure({
    code: 'FEDERATION_REJECTED',
    sentence: `Google's Security Token Service refused the identity for ${provider}.`,
    ...explain(refusal, provider, claims),
    answer: quoteRefusal(refusal),
    // The answer does not say which of the claims was not accepted.
    details: claims === undefined ? [] : describeClaims(claims)
  })
}

function explain(refusal: Refusal, provider: string, claims: JsonObject | undefined): Explanation {
  const { message, code } = refusal
  const { describe, update, describePool, undelete } = commandsFor(provider)
  if (isPerimeter(message)) return explainPerimeter("the pool's project", message)
  if (refusal.reason === 'SERVICE_DISABLED' || message.includes('has not been used in project')) {
    const project = safeText(/projects?[/ ]([\w-]+)/.exec(message)?.[1] ?? 'PROJECT')
    return {
      cause: `The Security Token Service API is disabled in project ${project}.`,
      remedy: 'Enable the API, and wait a few minutes.',
      snippets: [inTerminal(`gcloud services enable sts.googleapis.com --project=${project}`)]
    }
  }
  if (/attribute condition/i.test(message)) return explainCondition(describe, update, claims)
  if (/\d+ bytes limit/.test(message)) {
    const attribute = safeText(/mapped attribute '?([\w.]+)/.exec(message)?.[1] ?? 'google.subject')
    return {
      cause: `The mapped attribute ${/[._]/.test(attribute) ? attribute : 'google.subject'} is longer than 127 bytes.`,
      remedy:
        'Change only its entry of the present mapping to a shorter expression; the update replaces the whole mapping.',
      snippets: [
        inTerminal(`${describe} --format="yaml(attributeMapping)"`),
        onlyWhere(
          'every other entry that this shows, attribute.repository for example, is put in as it is',
          '# A binding to principal://…/subject/… names the old value, and has to be made again.',
          `${update} --attribute-mapping="${attribute.includes('.') ? attribute : 'google.subject'}=${isFromGithub(claims) ? "assertion.repository_id + ':' + assertion.ref" : 'A_SHORTER_EXPRESSION'},EVERY_OTHER_ENTRY_AS_SHOWN"`
        )
      ]
    }
  }
  if (/stale|expired/i.test(message)) return explainAge(refusal, provider, claims)
  if (/connecting to the given credential's issuer|JWKS?\b/i.test(message)) {
    return {
      cause: "Google cannot get the issuer's keys; a GitHub Enterprise Server may be closed to the internet.",
      remedy: 'Upload the keys to the provider, and again whenever the issuer changes them.',
      snippets: [
        onRunner(
          `curl ${shellWord(stringIn(claims ?? {}, 'iss') ?? 'ISSUER')}/.well-known/jwks > jwks.json   # where the issuer can be reached`
        ),
        inTerminal(`${update} --jwk-json-path=jwks.json`)
      ]
    }
  }
  if (/issuer/i.test(message)) return explainIssuer(describe, update, claims)
  if (code === 'invalid_client') {
    return {
      cause: 'The client_id or client_secret of the credential document is wrong, or that OAuth client was deleted.',
      remedy: 'Make the document again, without client_id and client_secret unless the pool demands them.',
      snippets: [inTerminal('gcloud iam oauth-clients list --location=global')]
    }
  }
  if (/Invalid value for "?audience/i.test(message)) {
    return {
      cause: `"${provider}" is not the full name of a provider.`,
      remedy: 'Write it as gcloud prints it: project number, pool and provider, nothing before or after.',
      snippets: [inTerminal(`${PROVIDER_COMMAND}   # prints it`)]
    }
  }
  if (/pool or provider is disabled or deleted|invalid_target/i.test(message + code)) {
    return {
      cause:
        'The pool or the provider does not exist, is disabled or was deleted; or the number is of another project.',
      remedy: 'Check the state of both, and the name, with the project number rather than its id.',
      snippets: [
        inTerminal(
          `${describe} --format="yaml(name, state, disabled)"`,
          `${describePool} --format="yaml(name, state, disabled)"`
        ),
        onlyWhere(
          'one says disabled: true',
          `${update} --no-disabled`,
          `${describePool.replace(' describe ', ' update ')} --no-disabled`
        ),
        onlyWhere('one says state: DELETED', undelete, describePool.replace(' describe ', ' undelete ')),
        onlyWhere(
          'they say NOT_FOUND',
          '# PROJECT is the id of the project that has the pool; these show its number, its pools and their providers',
          'gcloud projects describe PROJECT --format="value(projectNumber)"',
          'gcloud iam workload-identity-pools list --location=global --project=PROJECT',
          'gcloud iam workload-identity-pools providers list --workload-identity-pool=POOL --location=global --project=PROJECT'
        )
      ]
    }
  }
  if (/audience/i.test(message)) {
    const audience = safeText(stringIn(claims ?? {}, 'aud') ?? `https://iam.googleapis.com/${provider}`)
    return {
      cause: `The provider has allowedAudiences, and ${audience}, which the token is for, is not among them.`,
      remedy: 'Let the provider accept that audience too; without any configured it accepts its own name.',
      snippets: [
        inTerminal(`${describe} --format="value(oidc.allowedAudiences)"`),
        onlyWhere(
          'those that this shows are put in too, as they replace one another',
          `${update} --allowed-audiences=${shellWord(audience)},THOSE_THAT_THIS_SHOWS`
        )
      ]
    }
  }
  return {
    cause: 'The provider does not accept this token, for a reason that only the answer tells.',
    remedy: "Compare the provider's configuration with the claims of the token.",
    snippets: [inTerminal(describe)]
  }
}

/** https://cloud.google.com/sdk/gcloud/reference/iam/workload-identity-pools, and workforce-pools */
function commandsFor(provider: string): Record<'describe' | 'update' | 'describePool' | 'undelete', string> {
  const [, workforcePool, name] =
    /^locations\/global\/workforcePools\/([^/]+)\/providers\/([^/]+)$/.exec(provider) ?? []
  const isWorkforce = workforcePool !== undefined && name !== undefined
  const providers = `gcloud iam ${isWorkforce ? 'workforce-pools' : 'workload-identity-pools'} providers`
  const named = isWorkforce
    ? `${shellWord(name)} --workforce-pool=${shellWord(workforcePool)} --location=global`
    : shellWord(provider)
  const pool = isWorkforce
    ? `workforce-pools describe ${shellWord(workforcePool)} --location=global`
    : `workload-identity-pools describe ${shellWord(provider.replace(/\/providers\/.*$/, ''))}`
  return {
    describe: `${providers} describe ${named}`,
    update: `${providers} update-oidc ${named}`,
    describePool: `gcloud iam ${pool}`,
    undelete: `${providers} undelete ${named}`
  }
}

/** A token of GitHub's, or of a GitHub Enterprise Server: they alone have these claims. */
function isFromGithub(claims: JsonObject | undefined): boolean {
  return claims?.['repository'] !== undefined
}

/** How old the token was, by Google's clock, where both are known. */
function explainAge({ googleTime }: Refusal, provider: string, claims: JsonObject | undefined): Explanation {
  const issuedAt = claims?.['iat']
  const age =
    googleTime === undefined || typeof issuedAt !== 'number' ? undefined : Math.round(googleTime / 1000 - issuedAt)
  if (age !== undefined && age < SHORT_AGE_S) {
    return {
      cause: `By its issuer's clock the token was issued ${Math.abs(age)} s ${age < 0 ? 'after' : 'before'} Google saw it, so that one of the clocks is wrong, or its life is too short.`,
      remedy: "Set the clock of the token's issuer, such as a GitHub Enterprise Server, or let its tokens live longer.",
      snippets: [onRunner('date --utc')]
    }
  }
  return {
    cause: `The token is too old: it was issued ${age === undefined ? 'some minutes' : `${age} s`} before it was used.`,
    remedy:
      'Ask for the token right before it is used, as workload_identity_provider does; do not keep one from an earlier step.',
    snippets: [inStep(`workload_identity_provider: ${provider}`)]
  }
}

function explainCondition(describe: string, update: string, claims: JsonObject | undefined): Explanation {
  const sub = stringIn(claims ?? {}, 'sub') ?? ''
  const [, owner, repository] = /^repo:([^/@]+)@\d+\/([^/@:]+)@\d+:/.exec(sub) ?? []
  const immutable = owner !== undefined && repository !== undefined
  const numbers = ['repository_owner_id', 'repository_id'].flatMap((name) => {
    const value = stringIn(claims ?? {}, name)
    return value !== undefined && /^\d+$/.test(value) ? [`assertion.${name} == '${value}'`] : []
  })
  return {
    cause: immutable
      ? `The attribute condition is not true of the claims: this token's sub has the immutable form repo:OWNER@ID/REPO@ID, which a condition on "repo:${safeText(owner)}/${safeText(repository)}:" does not match.`
      : "The provider's attribute condition is not true of the claims of the token.",
    remedy: immutable
      ? 'Test repository_owner_id and repository_id instead of sub in the attribute condition; they are in both forms.'
      : 'See which claim the attribute condition tests, and compare it with the claims in the log; mind that "sub" may have the form repo:OWNER@ID/REPO@ID:….',
    snippets: [
      inTerminal(`${describe} --format="value(attributeCondition)"`),
      ...(numbers.length > 0
        ? [
            onlyWhere(
              'this repository is to be admitted beside those that are, whatever the form of sub',
              `${update} --attribute-condition="(PRESENT_CONDITION) || (${numbers.join(' && ')})"`
            )
          ]
        : [])
    ]
  }
}

function explainIssuer(describe: string, update: string, claims: JsonObject | undefined): Explanation {
  const issuer = stringIn(claims ?? {}, 'iss')
  const shown = issuer === undefined ? 'of the token' : safeText(issuer)
  const kind = (issuer ?? '').includes('/_services/token')
    ? ' (GitHub Enterprise Server has an issuer of its own)'
    : (issuer ?? '').includes('.ghe.com')
      ? ' (each tenant of ghe.com has an issuer of its own)'
      : ''
  return {
    cause: `The provider trusts another issuer than ${shown}${kind}.`,
    remedy: `Set the provider's issuer to ${issuer === undefined ? 'the one in the token' : shown}, or use a provider that has it.`,
    snippets: [
      inTerminal(`${describe} --format="value(oidc.issuerUri)"`),
      onlyWhere(
        'nobody uses the provider with the issuer that this shows; else make another provider',
        `${update} --issuer-uri=${issuer === undefined ? 'ISSUER' : shellWord(issuer)}`
      )
    ]
  }
}

/** Claims for people, one per line; what a condition may miss is shown as MISSING. */
function describeClaims(claims: JsonObject): string[] {
  const names = isFromGithub(claims) ? GITHUB_CLAIMS : COMMON_CLAIMS
  return names.map((name) => {
    const value = claims[name]
    return `${name}: ${value === undefined ? 'MISSING' : safeText(typeof value === 'string' ? value : JSON.stringify(value))}`
  })
}
