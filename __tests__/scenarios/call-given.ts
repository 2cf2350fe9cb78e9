import assert from 'node:assert/strict'
import { FAILURES } from '../../src/failure/failure.ts'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceSettings } from '../pretend-google/services/services.ts'
import type { Answer } from '../pretend-google/transport/answer.ts'
import { answerHtml } from '../pretend-google/transport/answer.ts'
import type { RecordedRequest } from '../pretend-google/transport/requests.ts'
import type { PretendGoogle } from '../pretend-google/world.ts'
import type { ActionRun, RunOptions } from '../runner/run-action.ts'
import { ACCOUNT, claimsOf, scenario, SERVICE_HOST, SERVICE_URL } from './given.ts'

type App = NonNullable<ServiceSettings['app']>
export type AppRequest = Parameters<Extract<App, (...rest: never[]) => unknown>>[0]
export type AppAnswer = Extract<App, readonly unknown[]>[number]

export type Inputs = Readonly<Record<string, string>>

export interface CallStage {
  readonly world: PretendGoogle
  /** Calls the service as ACCOUNT, whose key costs one request per token. */
  readonly call: (inputs?: Inputs, options?: RunOptions) => Promise<ActionRun>
}

type Settings = Partial<ServiceSettings> | ((world: PretendGoogle) => Partial<ServiceSettings>)
type Act = (stage: CallStage) => Promise<void>

/** A scenario about a service that ACCOUNT may invoke, unless the settings say otherwise. */
export function callScenario(title: string, settings: Settings, act: Act): void {
  scenario(title, async ({ world, run }) => {
    world.addServiceAccount({ email: ACCOUNT })
    const key = JSON.stringify(await world.addServiceAccountKey(ACCOUNT))
    const special = typeof settings === 'function' ? settings(world) : settings
    world.addService({ host: SERVICE_HOST, invokers: [`serviceAccount:${ACCOUNT}`], ...special })
    await act({
      world,
      async call(inputs = {}, options = {}) {
        const result = await run({ inputs: { url: SERVICE_URL, credentials_json: key, ...inputs } }, options)
        assertOwnCommandsOnly(result)
        assertAttemptLines(result)
        return result
      }
    })
  })
}

/** Nothing that the other side wrote has become a command of the runner's. */
export function assertOwnCommandsOnly({ commands, annotations, environment, paths, state, log }: ActionRun): void {
  const foreign = commands.filter(({ name }) => !OWN_COMMANDS.includes(name))
  assert.deepEqual(foreign, [], log)
  assert.deepEqual([environment, paths, state], [{}, [], {}])
  for (const { title, file } of annotations) {
    assert.ok(title === undefined || OWN_TITLES.includes(title), title)
    assert.equal(file, undefined)
  }
}

const OWN_TITLES = Object.values(FAILURES).map((title) => `google-id-token: ${title}`)
const OWN_COMMANDS = ['add-mask', 'debug', 'endgroup', 'error', 'group', 'warning']

/** Each attempt is one line: number, status or error, time taken, what happens next. */
function assertAttemptLines(run: ActionRun): void {
  const lines = attemptLines(run)
  assert.equal(lines.length, Number(run.outputs['attempts'] ?? 0), run.log)
  lines.forEach((line, index) => {
    assert.match(line, new RegExp(`^Attempt ${index + 1}: .+\\d+ m?s; \\S+`))
  })
}

export function attemptLines({ log }: ActionRun): string[] {
  return log.split('\n').filter((line) => line.startsWith('Attempt '))
}

/** The calls of the service with a token in one of the headers that carry one. */
export function callsOf(world: PretendGoogle, host: string = SERVICE_HOST): RecordedRequest[] {
  return requestsTo(world, host).filter((request) => tokenOf(request) !== undefined)
}

export function requestsTo(world: PretendGoogle, host: string = SERVICE_HOST): RecordedRequest[] {
  return world.requests.filter((request) => request.host === host)
}

export function statusesOf(requests: readonly RecordedRequest[]): (number | undefined)[] {
  return requests.map(({ answeredStatus }) => answeredStatus)
}

const TOKEN_HEADERS = ['authorization', 'x-serverless-authorization', 'proxy-authorization']

/** The ID token that a request carries. */
export function tokenOf({ headers }: Pick<RecordedRequest, 'headers'>): string | undefined {
  return TOKEN_HEADERS.map((name) => String(headers[name] ?? '').replace(/^Bearer /, '')).find(
    (value) => claimsOf(value)['aud'] !== undefined
  )
}

/** How many ID tokens were asked for: a look-up asks for an access token. */
export function mintedTokens(world: PretendGoogle): number {
  const assertions = requestsTo(world, 'oauth2.googleapis.com').map(({ body }) =>
    new URLSearchParams(body).get('assertion')
  )
  return assertions.filter((assertion) => claimsOf(assertion ?? '')['target_audience'] !== undefined).length
}

export function json(value: unknown, headers: Answer['headers'] = {}): Answer {
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) }
}

/** The classic form of a page of Google's front end. */
export function answerPage(
  status: number,
  heading: string,
  sentence: string,
  headers: Answer['headers'] = {}
): Answer & { status: number; body: string } {
  const body = `
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${status} ${heading}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: ${heading}</h1>
<h2>${sentence}</h2>
<h2></h2>
</body></html>
`
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8', ...headers }, body }
}

/** The page of a load balancer whose security policy denies a request. */
export function answerPolicyPage(status: number, meaning: string): Answer & { status: number; body: string } {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: `<!doctype html><meta charset="utf-8"><meta name=viewport content="width=device-width, initial-scale=1"><title>${status}</title>${status} ${meaning}`
  }
}

/** The front end's refusals, for when they come and go. */
export const FRONT_END = {
  401: answerPage(401, 'Unauthorized', 'Your client does not have permission to the requested URL <code>/</code>.', {
    'www-authenticate': 'Bearer error="invalid_token" error_description="The access token could not be verified"'
  }),
  403: answerPage(403, 'Forbidden', 'Your client does not have permission to get URL <code>/</code> from this server.'),
  404: answerHtml(
    404,
    '<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p>The requested URL <code>/</code> was not found on this server.'
  )
} as const satisfies Record<number, Answer>

/** What Google answers before the service can, for a reason that is not the caller. */
export const INFRASTRUCTURE = {
  ingress: answerPage(403, 'Forbidden', 'Access is forbidden.'),
  'a security policy': answerPolicyPage(403, 'Forbidden'),
  'a security policy that says 404': answerPolicyPage(404, 'Not Found')
} as const satisfies Record<string, Answer>

/** A server of one scenario on a loopback port, for what no `Answer` can say. @returns its URL, and its end */
export async function openServer(listener: RequestListener): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Asserts that a text says all of these. */
export function assertSays(text: string, ...words: readonly (string | RegExp)[]): void {
  for (const word of words) {
    assert.ok(typeof word === 'string' ? text.includes(word) : word.test(text), `No ${String(word)} in:\n${text}`)
  }
}
