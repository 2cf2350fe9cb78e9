// Starts the pretend Google of the tests for the later steps of a job, in which the action then runs as `uses: ./`:
//   node .github/scripts/pretend-google.ts
// It goes on in the background until the job ends, at most for LIFETIME_MS. Through GITHUB_ENV, later steps reach this world
// and nothing else; the outputs of the step say what is in it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { startPretendGoogle } from '../../__tests__/pretend-google/world.ts'

const ACCOUNT = 'smoke@octo-project.iam.gserviceaccount.com'
const LIFETIME_MS = 15 * 60_000

/** What the background process tells, once everything answers. */
interface Ready {
  readonly env: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
}

if (process.send === undefined) await startInBackground()
else process.send(await serve())

async function startInBackground(): Promise<void> {
  const log = path.join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'pretend-google.log')
  const stream = openSync(log, 'a')
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', stream, stream, 'ipc']
  })
  const failed = once(child, 'exit').then(() => {
    throw new Error(`The pretend Google ended before it was ready; see ${log}.`)
  })
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [Ready]
  child.disconnect()
  child.unref()
  tell('GITHUB_ENV', ready.env)
  tell('GITHUB_OUTPUT', ready.outputs)
}

async function serve(): Promise<Ready> {
  const world = await startPretendGoogle()
  setTimeout(() => process.exit(), LIFETIME_MS)
  world.addServiceAccount({ email: ACCOUNT })
  const provider = world.addPool()
  const pool = provider.replace(/\/providers\/.*$/, '')
  world.grant(`principalSet://iam.googleapis.com/${pool}/*`, 'roles/iam.workloadIdentityUser', ACCOUNT)
  return {
    // The runner sets the variables of OIDC itself only in jobs with `id-token: write`, and so leaves these as they are.
    env: { ...world.env(), ...(await world.githubOidcEnv()) },
    outputs: {
      process_id: String(process.pid),
      account: ACCOUNT,
      provider,
      credentials: JSON.stringify(await world.addServiceAccountKey(ACCOUNT)),
      url: world.addService({
        host: 'hello-123456789012.europe-west1.run.app',
        invokers: [`serviceAccount:${ACCOUNT}`]
      }),
      url_for_others: world.addService({ host: 'closed-123456789012.europe-west1.run.app' })
    }
  }
}

/** Every value is one line. */
function tell(variable: 'GITHUB_ENV' | 'GITHUB_OUTPUT', values: Readonly<Record<string, string>>): void {
  const file = process.env[variable]
  if (file === undefined) throw new Error(`${variable} is not set: this is for steps of a workflow.`)
  for (const [name, value] of Object.entries(values)) appendFileSync(file, `${name}=${value}\n`)
}
