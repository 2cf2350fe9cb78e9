import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { App } from '../../pretend-google/services/app.ts'
import { startPretendGoogle } from '../../pretend-google/world.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { readBody } from '../../pretend-google/transport/requests.ts'
import { runProxy } from '../../runner/run-proxy.ts'
import type { ProxyJob, ProxyOptions, StepRun } from '../../runner/run-proxy.ts'
import { ACCOUNT, givenFederation, SERVICE_HOST } from '../given.ts'
import { assertNoTokenAnywhere, assertStepIsClean } from './no-token.ts'
import { createTime, TIME_IN_BACKGROUND } from './time.ts'
import type { Time } from './time.ts'

/** A proxy that listens. */
export interface RunningProxy {
  readonly job: ProxyJob
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  /** Sends one request to the proxy, over a connection of its own. */
  readonly get: (path: string, options?: RequestOptions) => Promise<ProxyAnswer>
}

export interface RequestOptions {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders | readonly string[]
  readonly body?: string | Buffer
  readonly host?: string
}

export interface ProxyAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly text: string
  /** What `x-google-id-token-failure` says. */
  readonly failure: string | undefined
}

export interface ProxyStage {
  readonly world: PretendGoogle
  /** Runs the step, which has to succeed. */
  readonly start: (...parts: readonly ProxyOptions[]) => Promise<RunningProxy>
  /**
   * Code that runs before ours, from outside: in the step, or in its background process.
   *
   * @returns the variables that make it so
   */
  readonly preload: (code: { readonly step?: string; readonly background?: string }) => Promise<Record<string, string>>
  /** Time that passes for the background process and the world when the scenario says so. */
  readonly startTime: () => Promise<Time>
  /** Runs the step, whatever becomes of it. */
  readonly run: (...parts: readonly ProxyOptions[]) => Promise<ProxyJob>
}

/** A test in a world of its own, after which no token of it is anywhere on the machine. */
export function proxyScenario(title: string, body: (stage: ProxyStage) => Promise<void>): void {
  test(title, async () => {
    await using world = await startPretendGoogle()
    await using jobs = new AsyncDisposableStack()
    const run: ProxyStage['run'] = async (...parts) => {
      const started = await runProxy(merge([{ env: world.env() }, ...parts]))
      const job: ProxyJob = {
        ...started,
        async post() {
          const end = await started.post()
          assertStepIsClean(end, world)
          return end
        }
      }
      jobs.use(started)
      jobs.defer(async () => {
        await assertNoTokenAnywhere(job, world)
      })
      return job
    }
    async function preload({ step = '', background = '' }: Parameters<ProxyStage['preload']>[0]): Promise<string> {
      const directory = await mkdtemp(path.join(tmpdir(), 'preload-'))
      jobs.defer(async () => {
        await rm(directory, { recursive: true, force: true })
      })
      // A process that gives its rights up has to read it, too.
      await chmod(directory, 0o755)
      const file = path.join(directory, 'preload.mjs')
      const which = `process.argv[2] === 'background' ? 'background' : process.env.STATE_phase === undefined ? 'step' : ''`
      await writeFile(
        file,
        `const which = ${which}\nif (which === 'step') {${step}\n}\nif (which === 'background') {${background}\n}\n`
      )
      return pathToFileURL(file).href
    }
    const importing = (module: string): Record<string, string> => ({ NODE_OPTIONS: `--import=${module}` })
    await body({
      world,
      run,
      preload: async (code) => importing(await preload(code)),
      async startTime() {
        const module = await preload({ background: TIME_IN_BACKGROUND })
        return createTime(world, path.dirname(fileURLToPath(module)), importing(module))
      },
      async start(...parts) {
        const job = await run(...parts)
        assert.equal(job.main.exitCode, 0, job.main.log)
        const { url = '', port } = job.main.outputs
        return { job, url, port: Number(port), get: async (path, options) => await send(url, path, options) }
      }
    })
  })
}

function merge(parts: readonly ProxyOptions[]): ProxyOptions {
  return parts.reduce<ProxyOptions>(
    (merged, part) => ({
      ...merged,
      ...part,
      inputs: { ...merged.inputs, ...part.inputs },
      env: { ...merged.env, ...part.env }
    }),
    {}
  )
}

/** @param path is sent as it is */
export async function send(url: string, path: string, options: RequestOptions = {}): Promise<ProxyAnswer> {
  const { hostname, port } = new URL(options.host === undefined ? url : `http://${options.host}`)
  const { method = 'GET', headers = {}, body } = options
  return await new Promise((resolve, reject) => {
    const request = httpRequest({
      method,
      path,
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: options.host === undefined ? port : new URL(url).port,
      headers: headers as OutgoingHttpHeaders,
      agent: false
    })
    request.once('error', reject)
    request.once('response', (response) => {
      readBody(response).then((bytes) => {
        const failure = response.headers['x-google-id-token-failure']
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          text: bytes.toString('utf8'),
          failure: typeof failure === 'string' ? failure : undefined
        })
      }, reject)
    })
    request.end(body)
  })
}

/** Asserts that a step, or a post step, failed in the one way in which steps fail, and that the log says what it must. */
export function assertFailure(run: StepRun, code: string, ...words: readonly string[]): void {
  assert.equal(run.exitCode, 1, run.log)
  const errors = run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
  assert.match(errors.at(-1) ?? '', new RegExp(`^${code}: .*docs/troubleshooting\\.md#${code}$`), run.log)
  for (const word of words) assert.ok(run.log.includes(word), `The log does not say ${word}:\n${run.log}`)
}

/** A job that may impersonate the account, and a service that the account may call. */
export async function givenProxy(world: PretendGoogle, app?: App): Promise<ProxyOptions> {
  const { env, inputs } = await givenFederation(world)
  const url = world.addService({
    host: SERVICE_HOST,
    invokers: [`serviceAccount:${ACCOUNT}`],
    ...(app === undefined ? {} : { app })
  })
  return { env, inputs: { ...inputs, url } }
}
