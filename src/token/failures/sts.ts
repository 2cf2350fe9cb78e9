import { capital, explainBy, Failure, type Cause, type Explanation } from '../../failure/failure.ts'
import { explainPerimeter, isPerimeter } from '../../failure/perimeter.ts'
import {
  inDocument,
  inStep,
  inTerminal,
  LIST_PROVIDERS,
  onlyWhere,
  onRunner,
  projectById,
  shellWord
} from '../../failure/snippets.ts'
import { stringIn, type JsonObject } from '../../guard/json.ts'
import { safeText } from '../../guard/safe-text.ts'
import {
  describeClaims,
  idConditions,
  isFromGithub,
  isOfGithubItself,
  oldSubject,
  whatStandsOut
} from '../github-claims.ts'
import { quoteRefusal, quoteWords, type Refusal } from '../refusal.ts'
import { explainDisabledApi, isApiDisabled } from './refusal.ts'
import { parseProvider, type Provider } from '../principal.ts'
import { CLOCK_TOLERANCE_S } from '../../world/step.ts'

/** Google takes a token for some minutes after it was issued. */
const SHORT_AGE_S = 120

interface Facts {
  readonly refusal: Refusal
  /** `//iam.googleapis.com/…/providers/…` without the host, as it was sent. */
  readonly name: string
  /** The same taken apart, where it has the form of a provider's name. */
  readonly provider: Provider | undefined
  /** For people: `provider github in pool ci`. */
  readonly shown: string
  readonly claims: JsonObject
  readonly keyId: string | undefined
  readonly commands: Commands
}

/**
 * STS refused the external identity: told apart by Google's words.
 *
 * @param audience `//iam.googleapis.com/…/providers/…`
 * @param claims of the token that it refused, where that is a JWT
 * @param keyId by which that token names the key that signed it
 */
export function federationRejected(
  refusal: Refusal,
  audience: string,
  claims: JsonObject | undefined,
  keyId?: string
): Failure {
  const provider = parseProvider(audience)
  const name = safeText(audience.replace(/^(https:)?\/\/iam\.googleapis\.com\//, ''))
  const shown = provider === undefined ? `"${name}"` : `provider ${provider.provider} in pool ${provider.pool}`
  const facts = { refusal, name, provider, shown, claims: claims ?? {}, keyId, commands: commandsFor(provider) }
  return new Failure({
    code: 'FEDERATION_REJECTED',
    ...explainBy(CAUSES, facts),
    answer: quoteRefusal(refusal),
    // The answer does not say which of the claims was not accepted.
    details: claims && describeClaims(claims)
  })
}

const CAUSES: readonly Cause<Facts>[] = [
  { when: ({ refusal }) => isPerimeter(refusal.message), explain: perimeter },
  { when: ({ refusal }) => isApiDisabled(refusal), explain: disabledApi },
  { when: says(/attribute condition/i), explain: attributeCondition },
  { when: says(/\d+ bytes limit/), explain: longAttribute },
  { when: says(/stale|expired/i), explain: staleToken },
  { when: says(/connecting to the given credential's issuer/i), explain: keysOutOfReach },
  { when: says(/verif|signature|JWKS?\b/i), explain: otherKeys },
  { when: says(/issuer/i), explain: otherIssuer },
  { when: ({ refusal }) => refusal.code === 'invalid_client', explain: otherClient },
  { when: says(/Invalid value for "?audience/i), explain: noProvider },
  {
    when: ({ refusal }) =>
      /pool or provider is disabled or deleted|invalid_target/i.test(refusal.message + refusal.code),
    explain: inactiveProvider
  },
  { when: says(/audience/i), explain: otherAudience },
  { when: () => true, explain: otherRefusal }
]

function says(words: RegExp): (facts: Facts) => boolean {
  return ({ refusal }) => words.test(refusal.message)
}

function perimeter({ refusal, provider, shown }: Facts): Explanation {
  return explainPerimeter(
    `VPC Service Controls keep the identity from ${shown}`,
    "the pool's project",
    refusal.message,
    provider?.project === undefined ? undefined : projectById(provider.project)
  )
}

function disabledApi({ refusal, provider }: Facts): Explanation {
  return explainDisabledApi(refusal, 'Security Token Service API', 'sts.googleapis.com', provider?.project)
}

function attributeCondition({ shown, claims, commands }: Facts): Explanation {
  const sub = safeText(stringIn(claims, 'sub') ?? '')
  const old = oldSubject(claims)
  const ids = idConditions(claims)
  const who = isFromGithub(claims) ? 'this job' : 'this identity'
  const shownClaims = [
    ...(sub === '' ? [] : [`sub ${sub}`]),
    ...(stringIn(claims, 'event_name') === 'push' ? ['event push'] : []),
    ...whatStandsOut(claims)
  ]
  return {
    sentence:
      old === undefined
        ? `The attribute condition of ${shown} does not admit ${who}${shownClaims.length === 0 ? '' : `: ${shownClaims.join(', ')}`}.`
        : `The attribute condition of ${shown} does not admit ${who}: sub ${sub} has the immutable form with numeric ids, which a condition on "${old}" does not match.`,
    cause:
      'A condition compares claims exactly, capitals included. The log below has every claim to which a condition usually refers.',
    remedy:
      old === undefined || ids === ''
        ? `Compare the condition with the claims of ${who}; change the condition${isFromGithub(claims) ? ', or run the job from the branch or environment that the condition admits' : ''}.`
        : `Let the condition test ${ids} instead of sub.`,
    snippets: [
      inTerminal('see the condition', `${commands.describe} --format="value(attributeCondition)"`),
      ids !== '' &&
        onlyWhere(
          'this repository is to be admitted besides what the condition admits today',
          `${commands.update} --attribute-condition="($(${commands.describe} --format='value(attributeCondition)')) || (${ids})"`
        )
    ]
  }
}

function longAttribute({ refusal, claims, commands }: Facts): Explanation {
  const named = /mapped attribute '?((?:google|attribute)\.\w+)/.exec(refusal.message)?.[1] ?? 'google.subject'
  const sub = stringIn(claims, 'sub') ?? ''
  const bytes = Buffer.byteLength(sub)
  const isSubject = named === 'google.subject' && bytes > 127
  const long = sub.includes(':environment:') ? 'environment' : sub.includes(':ref:refs/heads/') ? 'branch' : undefined
  return {
    sentence: isSubject
      ? `${named} is ${bytes} bytes long, and Google takes 127 at most: ${safeText(sub)}.`
      : `The mapped attribute ${named} of this token is longer than the 127 bytes that Google takes.`,
    remedy: `${isSubject && long !== undefined ? `Give the ${long} a shorter name, or map` : 'Map'} ${named} to a shorter expression.`,
    snippets: [
      inTerminal('see the present mapping', `${commands.describe} --format="yaml(attributeMapping)"`),
      isFromGithub(claims) &&
        onlyWhere(
          `no binding names the present ${named} (principal://…/subject/…, which would have to be made again)`,
          `${commands.update} --attribute-mapping="^~^$(${commands.describe} --format='value(attributeMapping.list(separator=~))')~${named}=assertion.repository_id + ':' + assertion.ref"`
        )
    ]
  }
}

/** Google's own reading of the token's time, and how long before Google's `Date` that was. */
function staleToken({ refusal, name, claims }: Facts): Explanation {
  const issuer = issuerOf(claims)
  const issuedAt = Number(/issued at (\d{9,11})\b/.exec(refusal.message)?.[1] ?? claims['iat'] ?? Number.NaN)
  const age = refusal.googleTime === undefined ? Number.NaN : Math.round(refusal.googleTime / 1000 - issuedAt)
  const when = [
    ...(Number.isNaN(issuedAt) ? [] : [`issued at ${describeTime(issuedAt)}`]),
    ...(Number.isNaN(age) ? [] : [`${Math.abs(age)} s ${age < 0 ? 'after' : 'before'} Google saw the token`])
  ].join(', ')
  const sentence = `Google calls the token of ${issuer} stale${when === '' ? '' : `: ${when}`}.`
  const other = claims['iat']
  if (typeof other === 'number' && Math.abs(other - issuedAt) > CLOCK_TOLERANCE_S) {
    return {
      sentence: `${sentence.slice(0, -1)}, while the token of this step was issued at ${describeTime(other)}.`,
      cause: 'Google saw another token than the one that this step sent.',
      remedy: 'Run the job again; if the refusal stays, look for a proxy that repeats older requests.'
    }
  }
  if (isOfGithubItself(claims)) {
    return {
      sentence,
      cause: "GitHub's clock is right, and this action asks for the token right before it is used.",
      remedy: 'Run the job again; if the refusal stays, look for a proxy that delays or repeats requests.'
    }
  }
  if (age < -CLOCK_TOLERANCE_S || (isFromGithub(claims) && age > CLOCK_TOLERANCE_S)) {
    return {
      sentence,
      cause: "The clock of the issuer differs from Google's.",
      remedy: `Set the clock of ${issuer}, for example by NTP.`
    }
  }
  if (age < SHORT_AGE_S) {
    return {
      sentence: `${sentence.slice(0, -1)}, so that the life of the token (exp) is too short.`,
      remedy: `Let ${issuer} issue tokens that live five minutes or more.`
    }
  }
  return {
    sentence,
    cause: 'The token was kept for a while before it was used.',
    remedy: isFromGithub(claims)
      ? 'Set workload_identity_provider, so that the step asks GitHub for a token right before it is used.'
      : 'Let the credential source hand out a token that was issued right before this step.',
    snippets: [isFromGithub(claims) && inStep(`workload_identity_provider: ${name}`)]
  }
}

function keysOutOfReach({ shown, claims, commands }: Facts): Explanation {
  const issuer = issuerOf(claims)
  return {
    sentence: `Google cannot fetch the keys of the issuer ${issuer}, to verify the token for ${shown}.`,
    cause: 'A GitHub Enterprise Server, or another issuer, is closed to the internet.',
    remedy: `Upload the keys of ${issuer} to the provider, and again whenever the keys change.`,
    snippets: [
      onRunner(
        'fetch the keys where the issuer can be reached',
        `curl ${issuer.startsWith('https://') ? shellWord(issuer) : 'https://ISSUER'}/.well-known/jwks | jq 'del(.keys[].x5c, .keys[].x5t)' > jwks.json`
      ),
      inTerminal('upload the keys', `${commands.update} --jwk-json-path=jwks.json`)
    ]
  }
}

function otherKeys({ refusal, shown, claims, keyId, commands }: Facts): Explanation {
  const issuer = issuerOf(claims)
  return {
    sentence: `Google could not verify the token of ${issuer}${keyId === undefined ? '' : ` (signed with the key ${safeText(keyId, 80)})`} with the keys of ${shown}: ${quoteWords(refusal)}.`,
    cause: 'Keys that were uploaded to the provider are older than those with which the issuer signs today.',
    remedy: `Upload the present keys of ${issuer} to the provider, or take the uploaded ones out where Google can reach the issuer.`,
    snippets: [
      inTerminal(
        `see the ids of the uploaded keys (kid)${keyId === undefined ? '' : `, of which ${safeText(keyId, 80)} has to be one`}`,
        `${commands.describe} --format="value(oidc.jwksJson)"`
      ),
      inTerminal('upload the present ones', `${commands.update} --jwk-json-path=jwks.json`)
    ]
  }
}

function otherIssuer({ refusal, shown, claims, commands }: Facts): Explanation {
  const issuer = issuerOf(claims)
  const expected = /expected ones?:?\s+(https?:\/\/[^\s,]+?)\/?[.,]?(?:\s|$)/.exec(refusal.message)?.[1]
  return {
    sentence: `${capital(shown)} trusts ${expected === undefined ? 'another issuer' : `the issuer ${expected}`}, and the token of this job is of ${issuer}.`,
    cause:
      'GitHub Enterprise Server, each tenant of ghe.com, and an enterprise with an issuer of its own (https://token.actions.githubusercontent.com/ENTERPRISE) have issuers that differ from github.com.',
    remedy: `Set workload_identity_provider to a provider that trusts ${issuer}.`,
    snippets: [
      inTerminal(
        'see which provider of the pool trusts which issuer',
        `${commands.list} --format="table(name, oidc.issuerUri)"`
      ),
      stringIn(claims, 'iss') !== undefined &&
        onlyWhere(
          'no other repository uses the provider with its present issuer',
          `${commands.update} --issuer-uri=${shellWord(issuer)}`
        )
    ]
  }
}

function otherClient({ refusal }: Facts): Explanation {
  return {
    sentence: `Google does not know the client_id and client_secret of the credential document: ${quoteWords(refusal)}.`,
    cause: 'The OAuth client was deleted, or its secret was changed.',
    remedy:
      'Make the credential document again, without client_id and client_secret unless the pool demands an OAuth client.',
    snippets: [inTerminal('see the OAuth clients', 'gcloud iam oauth-clients list --location=global --project=PROJECT')]
  }
}

function noProvider({ name, provider, commands }: Facts): Explanation {
  return provider === undefined
    ? {
        sentence: `"${name}" in the credential document is not the full name of a provider.`,
        remedy:
          'Write audience in the document as //iam.googleapis.com/ and the name that gcloud prints for the provider.',
        snippets: [
          inTerminal('see the full name', `${commands.describe} --format="value(name)"`),
          inDocument(
            '"audience": "//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER"'
          )
        ]
      }
    : {
        sentence: `Google's Security Token Service does not take ${name} as the name of a provider, although the name has the right form.`,
        cause: 'The pool is in another universe than the token service that was asked.',
        remedy: 'Set the input universe to the universe domain of the pool.',
        snippets: [inStep('universe: googleapis.com')]
      }
}

function inactiveProvider({ provider, shown, commands }: Facts): Explanation {
  const { describe, describePool, update } = commands
  const project = provider?.project
  return {
    sentence: `Google finds no active ${shown}${project === undefined ? '' : ` of project ${project}`}: the pool or the provider does not exist, is disabled or was deleted.`,
    remedy: 'See the state of the provider: NOT_FOUND means that the name or the project number is wrong.',
    snippets: [
      inTerminal(
        'see the state of the provider and of the pool',
        `${describe} --format="yaml(name, state, disabled)"`,
        `${describePool} --format="yaml(name, state, disabled)"`
      ),
      onlyWhere(
        'a state says disabled: true',
        `${update} --no-disabled`,
        `${describePool.replace(' describe ', ' update ')} --no-disabled`
      ),
      onlyWhere(
        'a state is DELETED',
        describePool.replace(' describe ', ' undelete '),
        describe.replace(' describe ', ' undelete ')
      ),
      onlyWhere(
        'the answer is NOT_FOUND; PROJECT is the id of the project that has the pool',
        'gcloud projects describe PROJECT --format="value(projectNumber)"',
        ...LIST_PROVIDERS
      )
    ]
  }
}

function otherAudience({ refusal, shown, name, claims, commands }: Facts): Explanation {
  const audience = safeText(stringIn(claims, 'aud') ?? `https://iam.googleapis.com/${name}`)
  const expected = /expected audience\s+(\S+?)\.?(?:\s|$)/.exec(refusal.message)?.[1]
  return {
    sentence: `${capital(shown)} accepts ${expected === undefined ? 'other audiences' : `the audience ${expected}`} only, and the token of this job is for ${audience}.`,
    cause: 'A provider without audiences of its own accepts its full name as an https URL.',
    remedy: `Add ${audience} to the allowed audiences of the provider.`,
    snippets: [
      // Within double quotes nothing may stand that a shell would read.
      /^[\w:/.-]+$/.test(audience) &&
        inTerminal(
          'add the audience to those that are there',
          `${commands.update} --allowed-audiences="$(${commands.describe} --format='value(oidc.allowedAudiences.list())'),${audience}"`
        ),
      inTerminal('see the audiences', `${commands.describe} --format="value(oidc.allowedAudiences.list())"`)
    ]
  }
}

function otherRefusal({ refusal, shown, commands }: Facts): Explanation {
  return {
    sentence: `Google's Security Token Service refused the identity for ${shown}: ${quoteWords(refusal)}.`,
    remedy: 'Compare the configuration of the provider with the claims in the log.',
    snippets: [inTerminal('see the configuration', commands.describe)]
  }
}

interface Commands {
  readonly describe: string
  readonly update: string
  readonly list: string
  readonly describePool: string
}

/** https://cloud.google.com/sdk/gcloud/reference/iam/workload-identity-pools, and workforce-pools */
function commandsFor(named: Provider | undefined): Commands {
  if (named?.kind === 'workforce') {
    const own = `--workforce-pool=${named.pool} --location=global`
    const pools = 'gcloud iam workforce-pools'
    return {
      describe: `${pools} providers describe ${named.provider} ${own}`,
      update: `${pools} providers update-oidc ${named.provider} ${own}`,
      list: `${pools} providers list ${own}`,
      describePool: `${pools} describe ${named.pool} --location=global`
    }
  }
  const pools = 'gcloud iam workload-identity-pools'
  const pool = `projects/${named?.project ?? 'NUMBER'}/locations/global/workloadIdentityPools/${named?.pool ?? 'POOL'}`
  const provider = `${pool}/providers/${named?.provider ?? 'PROVIDER'}`
  return {
    describe: `${pools} providers describe ${provider}`,
    update: `${pools} providers update-oidc ${provider}`,
    list: `${pools} providers list --workload-identity-pool=${pool}`,
    describePool: `${pools} describe ${pool}`
  }
}

function issuerOf(claims: JsonObject): string {
  return safeText(stringIn(claims, 'iss') ?? 'the identity provider')
}

function describeTime(seconds: number): string {
  return Number.isFinite(seconds) && Math.abs(seconds) < 1e11
    ? `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
    : `${seconds}`
}
