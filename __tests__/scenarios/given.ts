import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { GITHUB_OIDC_HOST } from '../pretend-google/endpoints/github-oidc.ts'
import { startPretendGoogle } from '../pretend-google/world.ts'
import type { PretendGoogle, WorldOptions } from '../pretend-google/world.ts'
import { runAction } from '../runner/run-action.ts'
import type { ActionRun, RunOptions } from '../runner/run-action.ts'
import { assertNoSecretLeaks } from '../runner/secrets.ts'

/** The service account that most scenarios are about. */
export const ACCOUNT = 'smoke@octo-project.iam.gserviceaccount.com'
export const OTHER_ACCOUNT = 'deployer@octo-project.iam.gserviceaccount.com'

/** The private service that most scenarios call, and thereby the audience. */
export const SERVICE_HOST = 'hello-123456789012.europe-west1.run.app'
export const SERVICE_URL = `https://${SERVICE_HOST}`

/** The requests of a scenario, as `listRequests` writes them. */
export const ASKED = {
  github: `GET ${GITHUB_OIDC_HOST}/144//idtoken/4b6e2b8d/7c9a1f05`,
  sts: 'POST sts.googleapis.com/v1/token',
  oauth: 'POST oauth2.googleapis.com/token',
  detection: 'GET metadata.google.internal/computeMetadata/v1/instance',
  machineIdToken: 'GET metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity',
  machineAccessToken: 'GET metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token',
  service: `GET ${SERVICE_HOST}/`,
  idToken: (account: string = ACCOUNT) =>
    `POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateIdToken`,
  accessToken: (account: string = ACCOUNT) =>
    `POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken`
} as const

/**
 * For what fails as long as it is tried: the run ends then. Long enough for an attempt and a second one on a busy machine, with
 * what comes before them.
 */
export const SHORT = { deadline: '10s' } as const

/** For what gets no answer, where the next attempt does. Long enough for an answer on a busy machine. */
export const BRIEF = { timeout: '4s' } as const

export interface Stage {
  readonly test: TestContext
  readonly world: PretendGoogle
  /**
   * Runs the committed bundle in this world, with what the parts say together; a later one goes over an earlier one. Asserts
   * that no secret leaks and that no file is left. Debug logging is on, unless the parts say otherwise.
   */
  readonly run: (...parts: readonly RunOptions[]) => Promise<ActionRun>
}

/** A test in a world of its own. */
export function scenario(title: string, body: (stage: Stage) => Promise<void>, options: WorldOptions = {}): void {
  test(title, async (context) => {
    await using world = await startPretendGoogle(options)
    await body({
      test: context,
      world,
      async run(...parts) {
        const merged = mergeParts([{ debug: true, env: world.env() }, ...parts])
        const run = await runAction(merged)
        const exportEnv = merged.inputs?.['export_env']
        assertNoSecretLeaks(run, world, exportEnv === undefined ? {} : { exportEnv })
        assert.deepEqual(run.filesLeft, [], 'The action left files behind.')
        return run
      }
    })
  })
}

export function mergeParts(parts: readonly RunOptions[]): RunOptions {
  return parts.reduce<RunOptions>(
    (merged, part) => ({
      ...merged,
      ...part,
      inputs: { ...merged.inputs, ...part.inputs },
      env: { ...merged.env, ...part.env },
      files: { ...merged.files, ...part.files },
      homeFiles: { ...merged.homeFiles, ...part.homeFiles }
    }),
    {}
  )
}

/** Method, host and path of every request that arrived, in order, without queries: their number is the number of requests. */
export function listRequests(world: PretendGoogle): string[] {
  return world.requests.map(({ method, host, path }) => `${method} ${host}${path.replace(/\?.*$/, '')}`)
}

export function assertSuccess(run: ActionRun): void {
  assert.equal(run.exitCode, 0, run.log)
  assert.deepEqual(errorsOf(run), [])
  assert.equal(run.outputs['outcome'], 'success')
  assert.equal(run.outputs['failure_code'], '')
}

/**
 * Asserts that a run failed in the one way in which runs fail: one annotation that says what happened and what to do, and ends
 * with the link; below it a log that says these words.
 */
export function assertFailure(run: ActionRun, code: string, ...words: readonly (string | RegExp)[]): void {
  assert.equal(run.outputs['failure_code'], code, run.log)
  assert.equal(run.outputs['outcome'], 'failure')
  assert.equal(run.exitCode, 1)
  assert.equal(errorsOf(run).length, 1, run.log)
  const [, remedy = ''] = /^Remedy: (.+)$/m.exec(run.log) ?? []
  const link = `https://github.com/octo-org/google-id-token/blob/v1/docs/troubleshooting.md#${code}`
  const annotation = annotationOf(run)
  assert.ok(annotation.startsWith(`${code}: `) && !annotation.includes('\n'), annotation)
  const [, end = ''] = annotation.split(` ${remedy} `)
  assert.ok(
    remedy !== '' &&
      (end === link || /^(?:Run `[^`]+`\.|(?:Input \w+:|No audience|url) .+) /.test(end)) &&
      end.endsWith(link),
    annotation
  )
  for (const word of words) {
    const found = typeof word === 'string' ? run.log.includes(word) : word.test(run.log)
    assert.ok(found, `The log does not say ${String(word)}:\n${run.log}`)
  }
}

/** Asserts that a run ended by itself by its deadline, with much time for starting the process on a busy machine. */
export function assertWithin(run: ActionRun, { deadline }: { readonly deadline: `${number}s` }): void {
  assert.ok(run.durationMs < Number.parseInt(deadline, 10) * 1_000 + 20_000, `${run.durationMs} ms`)
}

/** Asserts the same, and that the annotation alone says all of this. */
export function assertAnnotation(run: ActionRun, code: string, ...words: readonly string[]): void {
  assertFailure(run, code)
  for (const word of words) assert.ok(annotationOf(run).includes(word), `No ${word} in: ${annotationOf(run)}`)
}

/** Asserts that nothing was handed on that looks like a token. */
export function assertNoToken(run: ActionRun): void {
  assert.equal(run.outputs['id_token'], undefined)
  assert.equal(run.outputs['id_tokens'], undefined)
}

/** What the error says by itself. */
export function annotationOf(run: ActionRun): string {
  return errorsOf(run)[0] ?? ''
}

function errorsOf(run: ActionRun): string[] {
  return run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
}

/** The claims of a token, unverified. */
export function claimsOf(jwt: string | undefined): Record<string, unknown> {
  const payload = Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString('utf8')
  return payload === '' ? {} : (JSON.parse(payload) as Record<string, unknown>)
}

/** The members of the principal sets and principals of a provider's pool: `members(provider).repository`. */
export function membersOf(provider: string): {
  everybody: string
  repository: string
  subject: (name: string) => string
} {
  const pool = `iam.googleapis.com/${provider.replace(/\/providers\/.*$/, '')}`
  return {
    everybody: `principalSet://${pool}/*`,
    repository: `principalSet://${pool}/attribute.repository/octo-org/octo-repo`,
    subject: (name) => `principal://${pool}/subject/${name}`
  }
}

/** A pool that trusts GitHub, a service account that the repository may impersonate, and a job that may ask for OIDC tokens. */
export async function givenFederation(
  world: PretendGoogle
): Promise<{ inputs: Record<string, string>; env: Record<string, string> }> {
  const provider = world.addPool()
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(membersOf(provider).repository, 'roles/iam.workloadIdentityUser', ACCOUNT)
  return {
    inputs: { workload_identity_provider: provider, service_account: ACCOUNT },
    env: await world.githubOidcEnv()
  }
}

/** A private service that ACCOUNT may call. @returns its URL, which is its audience */
export function givenService(world: PretendGoogle): string {
  return world.addService({ host: SERVICE_HOST, invokers: [`serviceAccount:${ACCOUNT}`] })
}
