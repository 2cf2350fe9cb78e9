import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { describe } from 'node:test'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, assertWithin, listRequests, scenario } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, givenExternalIdentity, WAYS } from '../token-documents.ts'

const ALLOWED: RunOptions = { env: { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' } }
/** Long enough for the program to start on a busy machine. */
const ENDING = { deadline: '6s' } as const
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:id_token'

/** https://google.aip.dev/auth/4117 */
function success(idToken: string, more: object = {}): object {
  return { version: 1, success: true, token_type: TOKEN_TYPE, id_token: idToken, ...more }
}

interface Program {
  readonly provider: string
  readonly executable?: object
  readonly impersonates?: string | undefined
}

function documentOf({ provider, executable, impersonates = ACCOUNT }: Program): RunOptions {
  const source = { executable: { command: 'node program.mjs "two words"', timeout_millis: 30_000, ...executable } }
  return asInput(externalAccount(provider, source, { impersonates, subjectTokenType: TOKEN_TYPE }))
}

function program(script: string): RunOptions {
  return { files: { 'program.mjs': script } }
}

const printing = (answer: object): RunOptions => program(`console.log(${JSON.stringify(JSON.stringify(answer))})`)

for (const { how, inputs, impersonates } of WAYS) {
  scenario(`What a program prints leads to the account ${how}`, async ({ world, run }) => {
    const { provider, subjectToken } = await givenExternalIdentity(world)
    const source = { executable: { command: 'node program.mjs' } }
    const document = externalAccount(provider, source, { impersonates, subjectTokenType: TOKEN_TYPE })
    assertSuccess(await run(FOR_SERVICE, ALLOWED, asInput(document), printing(success(subjectToken)), { inputs }))
    assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
  })
}

scenario('What a program prints behind a byte order mark is read, as PowerShell writes it', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const script = `console.log(${JSON.stringify(`\uFEFF${JSON.stringify(success(subjectToken))}`)})`
  assertSuccess(await run(FOR_SERVICE, ALLOWED, documentOf({ provider }), program(script)))
})

scenario('A program learns for what the token is, and gets its arguments', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const script = `
    const { GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: audience, GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: type } = process.env
    const email = process.env.GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL
    const right = audience === '//iam.googleapis.com/${provider}' && type === '${TOKEN_TYPE}' && email === '${ACCOUNT}'
    if (right && process.argv[2] === 'two words') console.log(${JSON.stringify(JSON.stringify(success(subjectToken)))})
    else process.exitCode = 3`
  assertSuccess(await run(FOR_SERVICE, ALLOWED, documentOf({ provider }), program(script)))
})

scenario('A program is not run unless the job allows it', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const result = await run(FOR_SERVICE, documentOf({ provider }), printing(success(subjectToken)))
  assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 1')
  assert.deepEqual(listRequests(world), [])
})

const FAILING: readonly {
  title: string
  part: (world: PretendGoogle) => RunOptions
  words: string | RegExp
  command?: string
}[] = [
  { title: 'does not exist', part: () => ({}), words: 'ENOENT', command: './no-such-program --please' },
  {
    title: 'fails and says why',
    part: () =>
      program(
        `console.log('{"version":1,"success":false,"code":"401","message":"Session is over."}'); process.exitCode = 1`
      ),
    words: 'Session is over.'
  },
  { title: 'fails and says nothing', part: () => program('process.exitCode = 7'), words: 'exit code 7' },
  { title: 'prints no JSON', part: () => program('console.log("hello")'), words: 'not JSON' },
  { title: 'prints nothing', part: () => program(''), words: 'not JSON' },
  {
    title: 'prints a token that has expired',
    part: () => printing(success('a.b.c', { expiration_time: 1 })),
    words: 'expired'
  },
  {
    title: 'prints no token',
    part: () => printing({ version: 1, success: true, token_type: TOKEN_TYPE }),
    words: '"id_token"'
  }
]

for (const { title, part, words, command } of FAILING) {
  scenario(`A program that ${title} ends the run before any request`, async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    const executable = command === undefined ? {} : { command }
    const result = await run(FOR_SERVICE, ALLOWED, documentOf({ provider, executable }), part(world))
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', words)
    assert.deepEqual(listRequests(world), [])
  })
}

describe('A program that does not end', { concurrency: 3 }, () => {
  scenario('A program that takes too long is stopped by the deadline, even if it does not want to', async (stage) => {
    const { provider } = await givenExternalIdentity(stage.world)
    const script = "process.on('SIGTERM', () => {}); setTimeout(() => {}, 50_000)"
    const result = await stage.run(FOR_SERVICE, ALLOWED, documentOf({ provider }), program(script), { inputs: ENDING })
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'stopped')
    assertWithin(result, ENDING)
  })

  scenario(
    'A program that leaves a grandchild behind with its output open does not outlast the deadline',
    async (stage) => {
      const { provider } = await givenExternalIdentity(stage.world)
      const script = `
      import { spawn } from 'node:child_process'
      spawn('sleep', ['50'], { stdio: 'inherit' })
      setTimeout(() => {}, 50_000)`
      const result = await stage.run(FOR_SERVICE, ALLOWED, documentOf({ provider }), program(script), {
        inputs: ENDING
      })
      assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'stopped')
      assertWithin(result, ENDING)
    }
  )

  scenario('A program that is stopped is stopped with what it started', async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    // As long as the grandchild lives, so does its connection.
    const connection = once(server, 'connection') as Promise<[Socket]>
    const grandchild = `require('node:net').connect(${port}, '127.0.0.1')`
    const script = `
      import { spawn } from 'node:child_process'
      spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'ignore' })
      setTimeout(() => {}, 60_000)`
    const inputs = ENDING
    const result = await run(FOR_SERVICE, ALLOWED, documentOf({ provider }), program(script), { inputs })
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'stopped')
    const [socket] = await connection
    if (!socket.closed)
      await once(socket.on('error', () => undefined).resume(), 'close', { signal: AbortSignal.timeout(10_000) })
    server.close()
  })
})

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600

scenario('A good answer in the output file is used without running the program', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const answer = JSON.stringify(success(subjectToken, { expiration_time: inAnHour() }))
  const executable = { output_file: 'answer.json' }
  const files = { 'answer.json': answer, 'program.mjs': 'process.exitCode = 9' }
  assertSuccess(await run(FOR_SERVICE, ALLOWED, documentOf({ provider, executable }), { files }))
  assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
})

scenario('An expired answer in the output file makes the program run', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const executable = { output_file: 'answer.json' }
  const stale = { files: { 'answer.json': JSON.stringify(success('a.b.c', { expiration_time: 1 })) } }
  const fresh = printing(success(subjectToken, { expiration_time: inAnHour() }))
  assertSuccess(await run(FOR_SERVICE, ALLOWED, documentOf({ provider, executable }), stale, fresh))
  assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
})

scenario('An output file is not used either unless the job allows programs', async ({ world, run }) => {
  const { provider, subjectToken } = await givenExternalIdentity(world)
  const answer = JSON.stringify(success(subjectToken, { expiration_time: inAnHour() }))
  const executable = { output_file: 'answer.json' }
  const result = await run(FOR_SERVICE, documentOf({ provider, executable }), { files: { 'answer.json': answer } })
  assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'ALLOW_EXECUTABLES')
  assert.deepEqual(listRequests(world), [])
})

for (const [what, command] of [
  ['a NUL in its name', 'program\u0000.sh'],
  ['an empty name', '""'],
  ['a name that is too long', `./${'x'.repeat(5000)}`],
  ['a path behind a file', './program.mjs/program']
] as const) {
  scenario(`A program with ${what} cannot be run, which is no defect`, async ({ world, run }) => {
    const { provider } = await givenExternalIdentity(world)
    const result = await run(FOR_SERVICE, ALLOWED, documentOf({ provider, executable: { command } }), program(''))
    assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', /it could not be run \([A-Z_]+\)/)
    assert.deepEqual(listRequests(world), [])
  })
}
