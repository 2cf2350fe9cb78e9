// Whatever comes from outside, such as claims, answers, URLs, documents and GitHub's environment, may hold what a shell would run.
// Every function that words failures gets it in every place, and bash runs the commands that come out, without any program.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { withFacts } from '../../../src/call/failures/cloud-run-service.ts'
import { readRunService } from '../../../src/call/cloud-run-service.ts'
import { Failure } from '../../../src/failure/failure.ts'
import type { FailureText } from '../../../src/failure/failure.ts'
import * as credentials from '../../../src/identity/failures/credentials.ts'
import { openidMissing, userRefused } from '../../../src/identity/failures/authorized-user.ts'
import { oidcFailed, oidcUnavailable } from '../../../src/identity/failures/github.ts'
import { metadataRefused } from '../../../src/identity/failures/metadata-server.ts'
import { keyRefused } from '../../../src/identity/failures/service-account-key.ts'
import * as subjectToken from '../../../src/identity/failures/subject-token.ts'
import { readDocument } from '../../../src/identity/document.ts'
import { parseAudience, parseIapAudience } from '../../../src/inputs/audience.ts'
import * as inputs from '../../../src/inputs/failures.ts'
import { tagOf } from '../../../src/inputs/service-url.ts'
import * as values from '../../../src/inputs/values.ts'
import * as proxy from '../../../src/proxy/failures.ts'
import { renderAnnotation } from '../../../src/report/annotation.ts'
import * as internal from '../../../src/report/internal.ts'
import { notPrivate, notRefused } from '../../../src/call/failures/privacy.ts'
import { impersonationRefused } from '../../../src/token/failures/iam-credentials.ts'
import { tokenInvalid } from '../../../src/token/failures/id-token.ts'
import { federationRejected } from '../../../src/token/failures/sts.ts'
import { googleUnavailable, tokenMissing } from '../../../src/token/failures/token-endpoint.ts'
import { iamCredentialsUrl } from '../../../src/token/google-hosts.ts'
import { federatedPrincipal, serviceAccountPrincipal, subjectPrincipal } from '../../../src/token/principal.ts'
import type { Refusal } from '../../../src/token/refusal.ts'
import { safeText } from '../../../src/guard/safe-text.ts'
import { createMasks } from '../../../src/guard/secret.ts'
import { failed, silent } from '../call/failures/failed-calls.ts'
import type { Changes } from '../call/failures/failed-calls.ts'
import { ACCOUNT, answer, SERVICE, SILENCE } from '../fixtures.ts'
import { apiRefusal, oauthRefusal } from '../rows.ts'

/** Stands in each value, in small letters because a host has no others. */
const MARK = 'xq7'

const HOSTILE: readonly string[] = [
  `$(touch ${MARK})`,
  `\`touch ${MARK}\``,
  `'; touch ${MARK}; '`,
  `’; touch ${MARK}; ‘`,
  `"; touch ${MARK}; "`,
  `“; touch ${MARK}; „`,
  `a\ntouch ${MARK}\r\n`,
  `\\'; touch ${MARK} #\\`,
  `!${MARK} !! !$`,
  `%${MARK}% %PATH%`,
  `--${MARK}`,
  `-${MARK} && touch ${MARK}`,
  `a > ${MARK} | tee ${MARK}; ~ * ? {a,b} & (b)`,
  `$HOME/${MARK} \${${MARK}}`,
  `\u202e##[error]\u001b[31m${MARK}\u2028`,
  `\ud800${MARK}`,
  `$(touch ${MARK})`.repeat(200),
  `x$(touch\${IFS}${MARK})`,
  ''
]

const MASKS = createMasks(() => undefined)
const BECOME = iamCredentialsUrl('googleapis.com', ACCOUNT, 'generateAccessToken')
const MINT = iamCredentialsUrl('googleapis.com', ACCOUNT, 'generateIdToken')
const POOL = '//iam.googleapis.com/projects/4711/locations/global/workloadIdentityPools/ci'
const JOB = { GITHUB_ACTIONS: 'true' }

/** What may stand in a host or a path, there; the host of a service otherwise. */
function urls(value: string): URL[] {
  const texts = [
    `https://${value}.example/a`,
    `https://${value}-123456789012.europe-west1.run.app/`,
    `https://shop-123456789012.${value}.run.app/`,
    `https://${value}---shop-123456789012.europe-west1.run.app/`,
    `https://europe-west1-${value}.cloudfunctions.net/f`,
    `https://europe-west1-shop.cloudfunctions.net/${value}`,
    `https://europe-west1-shop.cloudfunctions.net/`,
    `${SERVICE}/${value}`,
    `https://shop.example/${value}?${value}#${value}`
  ]
  return texts.flatMap((text) => (URL.canParse(text) ? [new URL(text)] : []))
}

/** Google's words by which causes are told apart, with a value in them. */
const API_WORDS: readonly (readonly [status: number, words: string, reason?: string])[] = [
  [404, 'Gaia id not found'],
  [403, 'has not been used in project VALUE before or it is disabled'],
  [403, 'projects/VALUE', 'SERVICE_DISABLED'],
  [401, 'VALUE', 'ACCESS_TOKEN_EXPIRED'],
  [403, "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: VALUE"],
  [403, 'projects/VALUE', 'USER_PROJECT_DENIED'],
  [403, 'insufficient authentication scopes VALUE'],
  [401, 'VALUE', 'CREDENTIALS_MISSING'],
  [401, 'VALUE'],
  [400, 'VALUE'],
  [412, 'VALUE'],
  [403, 'VALUE', 'IAM_PERMISSION_DENIED']
]

function apiRefusals(value: string): Refusal[] {
  return API_WORDS.map(([status, words, reason]) =>
    apiRefusal(
      status,
      words.replace('VALUE', () => value),
      {
        reason: reason ?? value,
        metadata: { permission: value, consumer: `projects/${value}` },
        links: [{ url: `https://cloud.google.com/${value}` }]
      }
    )
  )
}

const OAUTH_WORDS: readonly (readonly [code: string, words: string])[] = [
  ['unauthorized_client', 'The given credential is rejected by the attribute condition. VALUE'],
  ['invalid_request', 'The size of mapped attribute attribute.VALUE exceeds the 127 bytes limit.'],
  ['invalid_grant', 'ID Token issued at VALUE is stale to sign-in.'],
  ['invalid_grant', "Error connecting to the given credential's issuer VALUE"],
  ['invalid_grant', 'could not be verified: VALUE'],
  ['invalid_grant', 'The issuer does not match the expected ones: https://VALUE'],
  ['invalid_client', 'VALUE'],
  ['invalid_request', 'Invalid value for "audience" VALUE'],
  ['invalid_target', 'VALUE'],
  ['invalid_grant', 'The audience in ID Token does not match the expected audience VALUE.'],
  ['invalid_grant', 'account not found VALUE'],
  ['invalid_scope', 'VALUE'],
  ['invalid_grant', 'reasonable timeframe VALUE'],
  ['disabled_client', 'VALUE'],
  ['invalid_grant', 'Bad Request VALUE'],
  ['invalid_grant', 'reauth VALUE'],
  ['VALUE', 'VALUE']
]

function oauthRefusals(value: string): Refusal[] {
  const put = (text: string): string => text.replace('VALUE', () => value)
  return OAUTH_WORDS.map(([code, words]) => oauthRefusal(put(code), put(words), { error_subtype: value }))
}

/** Claims of a token of GitHub's with a value in each of them, and the same with numbers where GitHub has numbers. */
function claims(value: string): Record<string, string>[] {
  const names = ['iss', 'sub', 'aud', 'repository', 'ref', 'environment', 'event_name', 'workflow_ref']
  const all = Object.fromEntries([...names, 'repository_id', 'repository_owner_id'].map((name) => [name, value]))
  const plausible = {
    ...all,
    repository_id: '42',
    iss: 'https://token.actions.githubusercontent.com',
    aud: 'https://a'
  }
  return [all, { ...plausible, sub: `repo:${value}:ref:refs/heads/${value}` }, { iss: value, sub: value, aud: value }]
}

function callers(value: string): Parameters<typeof impersonationRefused>[2][] {
  const [all, github] = claims(value)
  const audience = `${POOL}/providers/${value}`
  return [
    { principal: federatedPrincipal(audience, value), federation: { audience, claims: github } },
    { principal: subjectPrincipal(audience, value), federation: { audience, claims: all } },
    { principal: federatedPrincipal(value) },
    { principal: serviceAccountPrincipal(value), machine: { scopes: [value] } },
    { principal: `user:${value}` }
  ]
}

/** Answers of everybody who may answer a call. */
function calls(value: string): Failure[] {
  const changes: Changes[] = [
    ...urls(value).map(({ href }) => ({ url: href })),
    { email: value, audience: value },
    { email: value, audience: `${value}.apps.googleusercontent.com` },
    { clientId: '1-a.apps.googleusercontent.com', audience: '1-a.apps.googleusercontent.com' },
    ...urls(value).flatMap((url) => {
      const tag = tagOf(url)
      return tag === undefined ? [] : [{ url: url.href, tag, exists: true }]
    }),
    { location: `https://${value}/` },
    { email: value, kind: 'iap_jwt' }
  ]
  return changes.flatMap((change) => [
    ...[401, 403, 404].map((status) => failed('front end', status, value, change)),
    failed('front end', 403, `Request is prohibited by organization's policy ${value}`, change),
    ...['', 'JWT audience ', "'email' claim ", 'expired ', 'empty token ', 'signature is invalid '].map((words) =>
      failed('iap', 401, `Invalid IAP credentials: ${words}${value}`, change)
    ),
    failed('iap', 403, value, change),
    ...['Empty Google Account OAuth client', 'The IAP service account is not provisioned'].map((words) =>
      failed('infrastructure', 502, `${words} ${value}`, change)
    ),
    ...['Jwt is missing', 'Audiences in Jwt', 'issuer', 'Jwt is expired', 'Jwt verification fails', ''].map((words) =>
      failed('gateway', 401, `${words} ${value}`, change)
    ),
    ...[400, 403, 404, 503].map((status) => failed('infrastructure', status, value, change)),
    ...[200, 302, 401, 404, 429, 500].map((status) => failed('application', status, value, change)),
    failed('application', 503, 'no available instance', change),
    failed('application', 503, 'no healthy upstream', change)
  ])
}

/** What the Admin API may say of a service, with a value wherever it has a text. */
function lookUps(value: string): Failure[] {
  const named = { name: 'shop', project: '123456789012', region: 'europe-west1' }
  // A tag comes from an input that was checked, or from the host.
  const tagged = SERVICE.replace('https://', `https://${value}---`)
  const url = new URL(URL.canParse(tagged) ? tagged : SERVICE)
  const call = { url, tag: tagOf(url) }
  const states = ['CONDITION_FAILED', 'CONDITION_SUCCEEDED'].flatMap((state) =>
    [true, false].map((reconciling) =>
      readRunService({
        name: 'shop',
        terminalCondition: { state, message: value },
        latestCreatedRevision: value,
        latestReadyRevision: value,
        trafficStatuses: [
          { revision: value, percent: 50, tag: value },
          { revision: `old-${value}`, percent: 50, tag: 't' }
        ],
        customAudiences: reconciling ? [value] : [],
        ingress: value,
        reconciling
      })
    )
  )
  const codes = ['EXPECTATION_FAILED', 'NOT_REACHED', 'TOKEN_REJECTED', 'NOT_PRIVATE', 'SERVICE_UNAVAILABLE'] as const
  return codes.flatMap((code) => {
    const guess = new Failure({ code, sentence: 'A guess.', remedy: 'Guess.' })
    return [
      withFacts(guess, { kind: 'unknown', principal: value }, { call, named, audience: value }),
      ...states.flatMap((service) =>
        [call, { ...call, tag: undefined }, { ...call, tag: 't' }].map((one) =>
          withFacts(guess, { kind: 'found', service: service ?? assert.fail() }, { call: one, named, audience: value })
        )
      )
    ]
  })
}

/** What a reader throws. */
function complaint(read: () => unknown): Failure[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof Failure) return [error]
    throw error
  }
}

/** Documents with a value in each member. */
function documents(value: string): Failure[] {
  const common = {
    client_email: value,
    private_key_id: value,
    universe_domain: value,
    client_id: value,
    audience: value
  }
  const all = ['service_account', 'external_account', 'impersonated_service_account', value].map((type) => ({
    ...common,
    type,
    token_url: value,
    token_uri: `https://${value}/`,
    service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${value}:generateIdToken`,
    source_credentials: {},
    credential_source: { url: value }
  }))
  return all.flatMap((document) =>
    [document, { ...document, universe_domain: 'googleapis.com' }].flatMap((each) =>
      complaint(() => readDocument(MASKS, JSON.stringify(each), 'credentials_json', 'googleapis.com'))
    )
  )
}

const FLAWS = [
  'broken',
  'path for content',
  'external account',
  'secret over http',
  'missing file',
  'removed file',
  'content for path',
  'foreign host',
  'misspelled',
  'plain http',
  'private key'
] as const
const TROUBLES = ['file', 'form', 'program forbidden', 'program failed', 'AWS', 'certificate'] as const
const SILENCES = (['proxy setting', 'proxy', 'certificate', 'handshake', 'refusal', 'connection'] as const).map(
  (trouble) => ({ ...SILENCE, trouble })
)

/** Every function that words failures, by its name, with a value in each place that outside can fill. */
const WORDED: Readonly<Record<string, (value: string) => readonly (Failure | FailureText)[]>> = {
  credentialsNotFound: (value) =>
    [undefined, { kind: 'fork', repository: value } as const, { kind: 'Dependabot' } as const].flatMap((restriction) =>
      [JOB, { GITHUB_JOB: value }, { ...JOB, GITHUB_JOB: value }].map((env) =>
        credentials.credentialsNotFound([value], env, true, restriction)
      )
    ),
  credentialsInvalid: (value) => [
    ...[...FLAWS, { universe: value }, { unreadable: value }].map((flaw) =>
      credentials.credentialsInvalid(value, value, flaw)
    ),
    ...documents(value)
  ],
  credentialsUnsupported: (value) => [credentials.credentialsUnsupported(value, 'an API key')],
  signatureUnsupported: (value) => [credentials.signatureUnsupported({ description: value })],
  serviceAccountRequired: (value) =>
    callers(value).map(({ principal }) => credentials.serviceAccountRequired({ description: value, principal }, true)),
  oidcUnavailable: (value) =>
    [undefined, { kind: 'fork', repository: value } as const, { kind: 'Dependabot' } as const].map((restriction) =>
      oidcUnavailable({ ...JOB, GITHUB_JOB: value, GITHUB_WORKFLOW_REF: `a/b/${value}.yml@${value}` }, restriction)
    ),
  oidcFailed: (value) => [
    oidcFailed(undefined, undefined),
    ...urls(value).flatMap((url) => [
      ...[200, 302, 400, 403, 503].map((status) =>
        oidcFailed(url, answer(status, JSON.stringify({ message: value }), { 'content-type': value }))
      ),
      ...SILENCES.map((silence) => oidcFailed(url, silence))
    ])
  ],
  subjectTokenUnavailable: (value) =>
    TROUBLES.map((trouble) => subjectToken.subjectTokenUnavailable(value, value, trouble)),
  subjectTokenHostSilent: (value) =>
    urls(value).flatMap((url) => SILENCES.map((silence) => subjectToken.subjectTokenHostSilent(url, silence, 2))),
  subjectTokenRefused: (value) =>
    [...urls(value), new URL('https://x.actions.githubusercontent.com')].flatMap((url) =>
      oauthRefusals(value).map((refusal) => subjectToken.subjectTokenRefused(url, refusal))
    ),
  metadataRefused: (value) =>
    ['IAM returned 403', 'iam.gke.io', ''].flatMap((words) =>
      [403, 404, 500].map((status) => metadataRefused(apiRefusal(status, `${words} ${value}`)))
    ),
  userRefused: (value) =>
    oauthRefusals(value).flatMap((refusal) => [
      userRefused(refusal, { origin: `${value} GOOGLE_APPLICATION_CREDENTIALS`, impersonates: value }),
      userRefused(refusal, { origin: `credentials_json ${value}`, pool: value }),
      userRefused(refusal, { origin: value, pool: `//iam.googleapis.com/locations/global/workforcePools/${value}` })
    ]),
  openidMissing: (value) => urls(value).map((url) => openidMissing(url, value, { origin: value, impersonates: value })),
  keyRefused: (value) =>
    oauthRefusals(value).flatMap((refusal) =>
      [value, `${value}@shop.iam.gserviceaccount.com`, `a@${value}.iam.gserviceaccount.com`].map((email) =>
        keyRefused(refusal, { email, keyId: value }, 0)
      )
    ),
  impersonationRefused: (value) =>
    apiRefusals(value).flatMap((refusal) =>
      callers(value).flatMap((caller) =>
        [[], [value], [ACCOUNT, value]].flatMap((delegates) =>
          [MINT, BECOME].flatMap((url) =>
            [value, `a@${value}.iam.gserviceaccount.com`].map((account) =>
              impersonationRefused(refusal, url, caller, { account, delegates, origin: value })
            )
          )
        )
      )
    ),
  federationRejected: (value) =>
    oauthRefusals(value).flatMap((refusal) =>
      [
        value,
        `${POOL}/providers/${value}`,
        `//iam.googleapis.com/locations/global/workforcePools/p/providers/${value}`
      ].flatMap((audience) =>
        [undefined, ...claims(value)].map((each) => federationRejected(refusal, audience, each, value))
      )
    ),
  tokenInvalid: (value) =>
    (['form', 'issuer', 'audience', 'expiry', { account: undefined }, { account: value }] as const).map((flaw) =>
      tokenInvalid(value, value, flaw)
    ),
  googleUnavailable: (value) =>
    urls(value).flatMap((url) => [
      ...[302, 404, 429, 503].map((status) =>
        googleUnavailable(url, answer(status, value, { 'content-type': value }), 2)
      ),
      ...SILENCES.map((silence) => googleUnavailable(url, { ...silence, reason: safeText(value) }, 2))
    ]),
  tokenMissing: (value) =>
    urls(value).flatMap((url) => [200, 302].map((status) => tokenMissing(url, answer(status, value)))),
  callFailed: (value) => [
    ...calls(value),
    ...SILENCES.map((silence) => silent({ ...silence, reason: safeText(value) }, 'POST'))
  ],
  withFacts: lookUps,
  notPrivate: (value) =>
    urls(value).flatMap((url) =>
      [200, 302, 401, 404].map((status) =>
        notPrivate(url, 'GET', answer(status, value, { location: `https://${value}` }))
      )
    ),
  notRefused: (value) =>
    urls(value).flatMap((url) =>
      [403, 404, 503].map((status) => notRefused({ url, tag: value }, answer(status, value)))
    ),
  inputInvalid: (value) => [
    inputs.inputInvalid('url', safeText(value), 'Write url.'),
    ...complaint(() => values.parseUrl(`https://${value}@`)),
    ...complaint(() => values.parseUrl(value)),
    ...complaint(() => values.parseProvider(value)),
    ...complaint(() => values.parseProvider(`projects/${value}/locations/global/workloadIdentityPools/${value}`)),
    ...complaint(() => values.parseAccount('service_account', value)),
    ...complaint(() => values.parseUniverse(value)),
    ...complaint(() => values.parseVariableName(value)),
    ...complaint(() => parseAudience(value)),
    ...complaint(() => parseIapAudience(value))
  ],
  // A unique id consists of digits.
  emailRequired: () => [inputs.emailRequired('123456789012345678901')],
  inputsInvalid: (value) => [inputs.inputsInvalid(urls(value).map(inputs.audienceRequired))],
  audienceRequired: (value) => urls(value).map(inputs.audienceRequired),
  notStarted: (value) => [proxy.notStarted(safeText(value), [safeText(value)])],
  diedEarly: (value) => [proxy.diedEarly([safeText(value)])],
  hung: (value) => [proxy.hung(1, [safeText(value)])],
  portTaken: () => ['EADDRINUSE', 'EACCES'].map((code) => proxy.portTaken(8080, code)),
  refusedRequests: (value) => calls(value).map(({ text }) => proxy.refusedRequests(text, 2)),
  internalFailure: (value) =>
    ['GITHUB_REPOSITORY', 'GITHUB_RUN_ID', 'GITHUB_ACTION_REPOSITORY'].map((name) =>
      internal.internalFailure(new Error(value), { [name]: value })
    ),
  unfinished: (value) => [internal.unfinished({ GITHUB_REPOSITORY: value })],
  overdue: () => [internal.overdue(1000)],
  unwritable: (value) => [internal.unwritable('GITHUB_OUTPUT', safeText(value))],
  unreported: (value) => [internal.unreported({ GITHUB_REPOSITORY: value })]
}

/** They are called by a function that is in the table. */
const CALLED =
  /^(?:is|in|explain|describe|advise|skip|show|update|open)[A-Z]|^(?:quote|saying|ownUrl|projectNumber|signInAgain)$|^(?:applicationFailed|unavailable|tokenRejected|invokerMissing|notReached|gatewayRejected|iapRejected|refusedBeforehand|noUsableAnswer)$|^[A-Z_]+$/

test('Every function that words failures is in the table.', async () => {
  for await (const file of glob(['src/*/failures/*.ts', 'src/{proxy,inputs}/failures.ts', 'src/report/internal.ts'])) {
    const names = Object.keys((await import(pathToFileURL(path.resolve(file)).href)) as object)
    for (const name of names) assert.ok(name in WORDED || CALLED.test(name), `${name} of ${file}`)
  }
})

const folder = mkdtempSync(path.join(tmpdir(), 'commands-of-failures-'))
const record = path.join(folder, 'record')
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const PROGRAMS = 'cat cp curl date df env gcloud gh grep jq kubectl ls lsof openssl ps rm ss sudo'.split(' ')

/** Takes commands from its input, ends each with a zero byte, and writes down what every program would get. */
const BASH = `
note() { printf '%s\\0' "$@" $'\\x1e' >>"$RECORD"; }
${PROGRAMS.map((name) => `${name}() { note ${name} "$@"; }`).join('\n')}
while IFS= read -r -d '' command; do printf '\\x1d\\0' >>"$RECORD"; eval "$command"; done
`

/** @returns of each command what its programs would get, word by word */
function runInBash(commands: readonly string[]): string[][][] {
  writeFileSync(record, '')
  const { status, stderr } = spawnSync('/bin/bash', ['--norc', '-c', BASH], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: '/nothing', HOME: '/nothing', LC_ALL: 'C.UTF-8', RECORD: record, GOOGLE_APPLICATION_CREDENTIALS: 'a' },
    input: commands.map((command) => `${command}\0`).join('')
  })
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  const runs = readFileSync(record, 'utf8').split('\x1d\0').slice(1)
  return runs.map((run) =>
    run
      .split('\x1e\0')
      .slice(0, -1)
      .map((call) => call.split('\0').slice(0, -1))
  )
}

/** How a value may look, as far as it is whole: as it is, in a host, in a path. */
function formsOf(value: string): string[] {
  const hosts = [`https://${value}.example`, `https://${value}`].filter((url) => URL.canParse(url))
  return [
    safeText(value),
    safeText(value, 60),
    safeText(value, 80),
    safeText(value, 200),
    ...hosts.map((url) => new URL(url).hostname.replace(/\.example$/, '')),
    new URL(`https://a/${value}`).pathname.slice(1)
  ]
}

/** What PowerShell reads as quotes: https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02, 2.3.5.2 */
const QUOTED = /['‘’‚‛](?:[^'‘’‚‛]|['‘’‚‛]{2})*['‘’‚‛]|["“”„](?:[^"“”„`]|`.)*["“”„]/g

/** What PowerShell would read more than letters in, in a line of ours with a value in it. */
function readByPowerShell(line: string): string[] {
  const verbatim = line.match(QUOTED)?.filter((part) => /^['‘’‚‛]/.test(part)) ?? []
  // PowerShell runs these too, as they are meant.
  const own = (call: string): string => (call.includes(MARK) ? call : '')
  const rest = verbatim.reduce((text, part) => text.replace(part, ''), line.replaceAll(/\$\(gcloud [^$]*\)/g, own))
  return (
    rest
      .match(new RegExp(`\\S*${MARK}\\S*`, 'g'))
      ?.filter((word) => !/^[\w@%+=:./-]*(?:"[\w@%+=:.,/-]*")?$/.test(word)) ?? []
  )
}

function textsOf(failures: readonly (Failure | FailureText)[]): FailureText[] {
  return failures.map((failure) => (failure instanceof Failure ? failure.text : failure))
}

const withoutBash = process.platform === 'win32' ? 'needs bash' : false

type Word = (typeof WORDED)[string]

interface Wording {
  readonly value: string
  readonly texts: readonly FailureText[]
}

let latest: { readonly word: Word; readonly wordings: readonly Wording[] } | undefined

/** Kept until the next function is asked, because three tests look at the texts of each. */
function wordingsOf(word: Word): readonly Wording[] {
  if (latest?.word !== word)
    latest = { word, wordings: HOSTILE.map((value) => ({ value, texts: textsOf(word(value)) })) }
  return latest.wordings
}

/** Each command of some texts once, with the value that is in it. */
function commandsOf(wordings: readonly Wording[], languages: readonly string[]): Map<string, string> {
  const commands = wordings.flatMap(({ value, texts }) =>
    texts
      .flatMap(({ snippets = [] }) => snippets)
      .filter(({ language }) => languages.includes(language))
      .flatMap(({ lines }) => lines.map((line) => [line, value] as const))
  )
  return new Map(commands)
}

for (const [name, word] of Object.entries(WORDED)) {
  test(`${name} puts nothing from outside into a command but as one word.`, { skip: withoutBash }, () => {
    const commands = [...commandsOf(wordingsOf(word), ['shell', 'bash'])]
    const runs = runInBash(commands.map(([command]) => command))
    assert.equal(runs.length, commands.length)
    for (const [index, calls] of runs.entries()) {
      const [command, value] = commands[index] ?? assert.fail()
      assert.notEqual(calls.length, 0, command)
      for (const [program = '', ...words] of calls) {
        assert.ok(PROGRAMS.includes(program), command)
        for (const each of words.filter((each) => each.includes(MARK))) {
          assert.ok(formsOf(value).some((form) => each.includes(form)) || each.endsWith('…'), `${each} of ${command}`)
          assert.doesNotMatch(each, /^--?xq7/, command)
        }
      }
    }
    assert.deepEqual(
      readdirSync(folder).filter((file) => file !== 'record' && file !== 'jwks.json'),
      []
    )
  })

  test(`${name} puts nothing into a command that PowerShell would read.`, () => {
    for (const line of commandsOf(wordingsOf(word), ['shell']).keys())
      assert.deepEqual(readByPowerShell(line), [], line)
  })

  test(`${name} keeps each of its texts on one line.`, () => {
    for (const text of wordingsOf(word).flatMap(({ texts }) => texts)) {
      const { sentence, remedy, cause = '', answer: quoted = '', snippets = [], details = [] } = text
      const lines = snippets.flatMap(({ place, lines: each }) => [place, ...each])
      for (const line of [sentence, remedy, cause, quoted, renderAnnotation(text, 'link'), ...details, ...lines])
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|##\[/u)
    }
  })
}
