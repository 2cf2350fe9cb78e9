import { describeClaims, GITHUB_CLAIMS } from '../claims.ts'
import { Failure } from '../failure.ts'
import { stringIn } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { quoteRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { safeText } from '../safe-text.ts'
import { isPerimeter, perimeterCommands } from './failed-call.ts'

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
    // Beside the question which claim a condition tests.
    details: claims === undefined ? [] : describeClaims(claims, GITHUB_CLAIMS)
  })
}

interface Explanation {
  readonly cause: string
  readonly remedy: string
  readonly commands: readonly string[]
}

function explain(refusal: Refusal, provider: string, claims: JsonObject | undefined): Explanation {
  const { message, code } = refusal
  const describe = `gcloud iam workload-identity-pools providers describe ${provider}`
  const update = `gcloud iam workload-identity-pools providers update-oidc ${provider}`
  if (isPerimeter(message)) {
    return {
      cause: "VPC Service Controls: a perimeter of the organization protects the pool's project.",
      remedy: 'Let an ingress rule of the perimeter admit the identity, or run the job on a network inside it.',
      commands: perimeterCommands(message)
    }
  }
  if (/attribute condition/i.test(message)) return explainCondition(describe, claims)
  if (/\d+ bytes limit/.test(message)) {
    const attribute = safeText(/mapped attribute '?([\w.]+)/.exec(message)?.[1] ?? 'google.subject')
    return {
      cause: `The mapped attribute ${/[._]/.test(attribute) ? attribute : 'google.subject'} is longer than 127 bytes.`,
      remedy:
        'Change only its entry of the present mapping to a shorter expression; the update replaces the whole mapping.',
      commands: [
        `${describe} --format="yaml(attributeMapping)"`,
        '# then with every other entry that this shows, attribute.repository for example, left as it is:',
        `${update} \\`,
        `  --attribute-mapping="${attribute.includes('.') ? attribute : 'google.subject'}=assertion.repository_id + ':' + assertion.ref,EVERY_OTHER_ENTRY_AS_SHOWN"`
      ]
    }
  }
  if (/stale|expired/i.test(message)) {
    return {
      cause: 'The token is too old: it was issued some minutes before it was used.',
      remedy:
        'Ask for the token right before it is used, as workload_identity_provider does; do not keep one from an earlier step.',
      commands: [`workload_identity_provider: ${provider}`]
    }
  }
  if (/connecting to the given credential's issuer|JWKS?\b/i.test(message)) {
    return {
      cause: "Google cannot get the issuer's keys; a GitHub Enterprise Server may be closed to the internet.",
      remedy: 'Upload the keys to the provider, and again whenever the issuer changes them.',
      commands: [`${update} --jwk-json-path=jwks.json`]
    }
  }
  if (/issuer/i.test(message)) return explainIssuer(describe, update, claims)
  if (code === 'invalid_client') {
    return {
      cause: 'The client_id or client_secret of the credential document is wrong, or that OAuth client was deleted.',
      remedy: 'Make the document again, without client_id and client_secret unless the pool demands them.',
      commands: ['gcloud iam oauth-clients list --location=global']
    }
  }
  if (/Invalid value for "?audience/i.test(message)) {
    return {
      cause: `"${provider}" is not the full name of a provider.`,
      remedy: 'Write it as gcloud prints it: project number, pool and provider, nothing before or after.',
      commands: [
        "gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool=POOL --location=global --format='value(name)'"
      ]
    }
  }
  if (/pool or provider is disabled or deleted|invalid_target/i.test(message + code)) {
    return {
      cause:
        'The pool or the provider does not exist, is disabled or was deleted; or the number is of another project.',
      remedy: 'Check the state of both, and the name, with the project number rather than its id.',
      commands: [
        `${describe} --format="yaml(name, state, disabled)"`,
        `gcloud iam workload-identity-pools describe ${provider.replace(/\/providers\/.*$/, '')} --format="yaml(name, state, disabled)"`
      ]
    }
  }
  if (/audience/i.test(message)) {
    const audience = safeText(stringIn(claims ?? {}, 'aud') ?? `https://iam.googleapis.com/${provider}`)
    return {
      cause: `The provider has allowedAudiences, and ${audience}, which the token is for, is not among them.`,
      remedy: 'Let the provider accept that audience too; without any configured it accepts its own name.',
      commands: [
        `${describe} --format="value(oidc.allowedAudiences)"`,
        `${update} --allowed-audiences="${audience}"   # and those that the first command shows`
      ]
    }
  }
  return {
    cause: 'The provider does not accept this token, for a reason that only the answer tells.',
    remedy: "Compare the provider's configuration with the claims of the token.",
    commands: [describe]
  }
}

function explainCondition(describe: string, claims: JsonObject | undefined): Explanation {
  const sub = stringIn(claims ?? {}, 'sub') ?? ''
  const [, owner, repository] = /^repo:([^/@]+)@\d+\/([^/@:]+)@\d+:/.exec(sub) ?? []
  const immutable = owner !== undefined && repository !== undefined
  const numbers = ['repository_owner_id', 'repository_id'].flatMap((name) => {
    const value = stringIn(claims ?? {}, name)
    return value === undefined ? [] : [`assertion.${name} == '${safeText(value)}'`]
  })
  return {
    cause: immutable
      ? `The attribute condition is not true of the claims: this token's sub has the immutable form repo:OWNER@ID/REPO@ID, which a condition on "repo:${safeText(owner)}/${safeText(repository)}:" does not match.`
      : "The provider's attribute condition is not true of the claims of the token.",
    remedy: immutable
      ? 'Test repository_owner_id and repository_id instead of sub; they are in both forms.'
      : 'See which claim the condition tests, and compare it with the claims; mind that "sub" may have the form repo:OWNER@ID/REPO@ID:….',
    commands: [
      `${describe} --format="value(attributeCondition)"`,
      ...(immutable && numbers.length > 0
        ? ['# a condition that does not depend on the form of sub:', numbers.join(' && ')]
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
    commands: [
      `${describe} --format="value(oidc.issuerUri)"`,
      `${update} --issuer-uri=${issuer === undefined ? 'ISSUER' : shown}`
    ]
  }
}
