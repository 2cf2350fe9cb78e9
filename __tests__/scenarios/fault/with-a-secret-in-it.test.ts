import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe } from 'node:test'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import type { Answer } from '../../pretend-google/transport/answer.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { ActionRun, RunOptions } from '../../runner/run-action.ts'
import { ACCOUNT, assertFailure, givenFederation, listRequests, scenario } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, givenExternalIdentity } from '../token-documents.ts'

/** As opaque as a random value, and the same in every run: one of those that no rule would know must not come by chance. */
const opaque = (name: string): string => createHash('sha512').update(name).digest('base64url').slice(0, 80)

/** Asserts that no piece of a secret can be seen, in whatever case. That it is masked, every scenario asserts. */
function assertNotShown(run: ActionRun, ...secrets: readonly string[]): void {
  const lines = run.lines.map(({ text }) => text).filter((text) => !text.startsWith('::add-mask::'))
  const shown = [...lines, run.summary, JSON.stringify(run.outputs)].join('\n').toLowerCase()
  for (const secret of secrets) {
    for (let at = 0; at + 12 <= secret.length; at += 1) {
      const piece = secret.slice(at, at + 12)
      assert.ok(!shown.includes(piece.toLowerCase()), `${piece} of ${secret} is shown:\n${shown}`)
    }
  }
}

/** Who answers with tokens, and whom they are given to. */
const ENDPOINTS: Readonly<Record<string, { host: string; given: (world: PretendGoogle) => Promise<RunOptions> }>> = {
  GitHub: { host: GITHUB_OIDC_HOST, given: givenFederation },
  STS: { host: 'sts.googleapis.com', given: givenFederation },
  IAM: { host: 'iamcredentials.googleapis.com', given: givenFederation },
  'the token endpoint': {
    host: 'oauth2.googleapis.com',
    async given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      return asInput(await world.addServiceAccountKey(ACCOUNT))
    }
  },
  'the metadata server': {
    host: 'metadata.google.internal',
    given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      world.metadataServer.enable({ email: ACCOUNT })
      return Promise.resolve({ env: { ...world.env(), METADATA_SERVER_DETECTION: 'assume-present' } })
    }
  },
  'an identity provider': {
    host: 'idp.octo-org.example',
    async given(world) {
      const { provider } = await givenExternalIdentity(world)
      world.addService({ host: 'idp.octo-org.example', invokers: ['allUsers'] })
      const source = { url: 'https://idp.octo-org.example/', format: { type: 'json', subject_token_field_name: 'jwt' } }
      return asInput(externalAccount(provider, source, { impersonates: ACCOUNT }))
    }
  }
}

interface Fresh {
  /** Known by its shape. */
  readonly access: string
  /** Known by its name alone. */
  readonly opaque: string
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Answers that hold fresh tokens where none belongs. */
const ANSWERS: Readonly<Record<string, (fresh: Fresh) => Answer>> = {
  'in the words of an error': ({ access, opaque }) => ({
    status: 503,
    // Beyond the deadline, so that the run ends at once.
    headers: { 'content-type': 'text/plain', 'retry-after': '3600' },
    body: `backend error while returning ${access}\nrequest: access_token=${opaque}`
  }),
  'in the JSON of a refusal': ({ access, opaque }) => ({
    status: 400,
    headers: JSON_TYPE,
    body: JSON.stringify({
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: `could not store ${access}, which is in ${JSON.stringify({ access_token: opaque })}`,
        details: [{ reason: access, metadata: { [access]: opaque, permission: access } }]
      }
    })
  }),
  'in the words of OAuth': ({ access, opaque }) => ({
    status: 401,
    headers: { ...JSON_TYPE, 'www-authenticate': `Bearer ${access}` },
    body: JSON.stringify({ error: access, error_description: `${access} Bearer ${opaque}`, error_subtype: access })
  }),
  'in a redirect': ({ access, opaque }) => ({
    status: 302,
    headers: { location: `https://x.example/?access_token=${opaque}`, 'content-type': `text/plain; t=${access}` },
    body: `moved to ${access}`
  }),
  'where another answer belongs': ({ access, opaque }) => ({
    status: 200,
    headers: { 'content-type': `text/${access}; token=${opaque}` },
    body: `{"${access}": 1, "access_token": ["${opaque}"], "nested": "{\\"access_token\\":\\"${opaque}\\"}"`
  })
}

describe('A fresh token where none belongs', { concurrency: 8 }, () => {
  for (const [who, { host, given }] of Object.entries(ENDPOINTS)) {
    for (const [where, answer] of Object.entries(ANSWERS)) {
      scenario(`A fresh token ${where} of ${who} is masked and not shown`, async ({ world, run }) => {
        const fresh: Fresh = {
          access: world.noteSecret('access token', `ya29.c.${opaque('access')}`),
          opaque: world.noteSecret('access token', `Zz9${opaque('named')}`)
        }
        const options = await given(world)
        world.fail(host, answer(fresh))
        const result = await run(options, FOR_SERVICE)
        assert.equal(result.exitCode, 1, result.log)
        assertNotShown(result, fresh.access, fresh.opaque)
      })
    }
  }
})

scenario(
  'What a document sends to an identity provider is not shown where that sends it back',
  async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    const secrets = ['vault', 'password', 'query', 'named'].map((name) =>
      world.noteSecret('client secret', `${name}-Zz9${opaque(name).slice(0, 40)}`)
    )
    const [vault = '', password = '', query = '', named = ''] = secrets
    const origin = await world.addLoopbackApp(({ headers, path }) => {
      const basic = headers.authorization ?? ''
      const decoded = Buffer.from(basic.replace('Basic ', ''), 'base64').toString()
      return {
        status: 403,
        body: JSON.stringify({ message: [decoded, basic, path, headers['x-vault-token']].join(' ') })
      }
    })
    const basic = `Basic ${Buffer.from(`octocat:${password}`).toString('base64')}`
    const headers = { 'X-Vault-Token': vault, Authorization: basic, Accept: 'application/json' }
    const source = { url: `${origin}/token?audience=https://iam.googleapis.com/x&sig=${named}&x=${query}`, headers }
    const result = await run(FOR_SERVICE, asInput(externalAccount(provider, source, { impersonates: ACCOUNT })))
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', '403', 'audience=https://iam.googleapis.com/x')
    assertNotShown(result, ...secrets, Buffer.from(password).toString('base64').slice(4, -4))
  }
)

const PROGRAM = `
  const message = 'cannot log in with ' + process.argv.slice(2).join(' ') + ', got ' + process.env.FRESH
  console.log(JSON.stringify({ version: 1, success: false, code: '401', message }))
  process.exitCode = 1`

for (const [what, env] of [
  ['that is not allowed', {}],
  ['that fails', { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' }]
] as const) {
  scenario(`Neither arguments nor tokens of a program ${what} are shown`, async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    const argument = opaque('argument').slice(0, 40)
    const fresh = `ya29.c.${opaque('fresh')}`
    if (what === 'that fails') for (const secret of [argument, fresh]) world.noteSecret('access token', secret)
    const source = { executable: { command: `node program.mjs --token=${argument} --mode test` } }
    const document = externalAccount(provider, source, { impersonates: ACCOUNT })
    const files = { 'program.mjs': PROGRAM }
    const result = await run(FOR_SERVICE, asInput(document), { files, env: { ...env, FRESH: fresh } })
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'the program "node"')
    assertNotShown(result, argument, fresh)
  })
}

scenario('A path that is the token itself is not shown', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  for (const file of [subjectToken, `Zz9${opaque('path')}`]) {
    const document = externalAccount(provider, { file }, { impersonates: ACCOUNT })
    const result = await run(FOR_SERVICE, asInput(document))
    assert.equal(result.exitCode, 1)
    assertNotShown(result, file)
  }
})

scenario('What stands before the host of GCE_METADATA_HOST is not shown', async ({ world, run }) => {
  world.metadataServer.enable({ email: ACCOUNT })
  const password = opaque('password').slice(0, 40)
  for (const METADATA_SERVER_DETECTION of ['', 'assume-present']) {
    const env = { GCE_METADATA_HOST: `octocat:${password}@169.254.169.254`, METADATA_SERVER_DETECTION }
    const result = await run(FOR_SERVICE, { env })
    assertFailure(result, 'CREDENTIALS_NOT_FOUND', 'no host name')
    assertNotShown(result, password)
  }
})

for (const [what, content] of [
  ['JSON over several lines', JSON.stringify({ access_token: 'x'.repeat(40), expires_in: 3599 }, undefined, 2)],
  ['JSON on one line', JSON.stringify({ access_token: 'x'.repeat(40), expires_in: 3599 })],
  ['a page', '<html>\n<body>\n{Sign in}\n</body>\n</html>']
] as const) {
  scenario(`A token file with ${what} is refused, and no mask falls on its braces`, async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    world.noteSecret('client secret', 'x'.repeat(40))
    const document = externalAccount(provider, { file: 'token.txt' }, { impersonates: ACCOUNT })
    const result = await run(FOR_SERVICE, asInput(document), { files: { 'token.txt': content } })
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', /it holds (a JSON object|more than a token)/)
    assert.ok(result.masks.every((mask) => !/[{}<>]/.test(mask)))
    assert.deepEqual(listRequests(world), [])
  })
}
