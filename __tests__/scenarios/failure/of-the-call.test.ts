import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { ActionRun } from '../../runner/run-action.ts'
import { callScenario, FRONT_END, json } from '../call-given.ts'
import type { Inputs } from '../call-given.ts'
import { ACCOUNT, assertFailure, SERVICE_HOST, SERVICE_URL, SHORT } from '../given.ts'

type Settings = Parameters<typeof callScenario>[1]

interface Case {
  readonly code: string
  readonly settings?: Settings
  readonly inputs?: Inputs
  /** What the annotation alone says. */
  readonly annotation: readonly string[]
  /** What the log says below it. */
  readonly log: readonly string[]
  readonly never?: RegExp
}

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'
const FUNCTION_HOST = 'europe-west1-octo-project.cloudfunctions.net'
const FUNCTION = { host: FUNCTION_HOST, functionName: 'pay', invokers: [] }
const relay = (status: number, body: string, type = 'text/html'): Settings => ({
  invokers: ['allUsers'],
  app: [{ status, headers: { 'content-type': type }, body }]
})

const CASES: Readonly<Record<string, Case>> = {
  'an audience with a path': {
    code: 'TOKEN_REJECTED',
    inputs: { audience: `${SERVICE_URL}/health` },
    annotation: [`for audience ${SERVICE_URL}/health`, `Leave audience empty, or set it to ${SERVICE_URL}.`],
    log: [`    audience: ${SERVICE_URL}`, 'gcloud run services describe hello --region=europe-west1']
  },
  'a service account without the role': {
    code: 'INVOKER_MISSING',
    settings: { invokers: [] },
    inputs: { iam_wait: '0' },
    annotation: [`${ACCOUNT} may not invoke ${SERVICE_URL}`, 'Grant roles/run.invoker on the service hello'],
    log: [
      'gcloud run services add-iam-policy-binding hello --region=europe-west1',
      `--member=serviceAccount:${ACCOUNT} --role=roles/run.invoker`
    ]
  },
  'a function without the role': {
    code: 'INVOKER_MISSING',
    settings: FUNCTION,
    inputs: { url: `https://${FUNCTION_HOST}/pay/now`, iam_wait: '0' },
    annotation: [`may not invoke https://${FUNCTION_HOST}/pay/now`, 'on the function pay'],
    log: [
      'gcloud functions add-invoker-policy-binding pay --region=europe-west1 --project=octo-project',
      `--member=serviceAccount:${ACCOUNT}`
    ],
    never: /gcloud run services/
  },
  'a perimeter': {
    code: 'INVOKER_MISSING',
    settings: relay(403, "<h2>Request is prohibited by organization's policy</h2>"),
    inputs: { iam_wait: '0' },
    annotation: [`VPC Service Controls keep ${ACCOUNT} out of ${SERVICE_URL}`, 'ingress rule of the perimeter'],
    log: ['vpcServiceControlsUniqueId'],
    never: /add-iam-policy-binding/
  },
  "IAP's 403": {
    code: 'IAP_REJECTED',
    settings: { iap: { clientId: CLIENT_ID, accessors: [] } },
    inputs: { audience: CLIENT_ID },
    annotation: [ACCOUNT, `Grant roles/iap.httpsResourceAccessor to serviceAccount:${ACCOUNT}`],
    log: ['gcloud iap web add-iam-policy-binding --resource-type=cloud-run --service=hello --region=europe-west1']
  },
  "IAP's 401": {
    code: 'IAP_REJECTED',
    settings: { iap: { clientId: CLIENT_ID, accessors: [] } },
    annotation: [SERVICE_URL, `Set audience to ${CLIENT_ID}`],
    log: [`    audience: ${CLIENT_ID}`]
  },
  'a client that Google manages': {
    code: 'IAP_REJECTED',
    settings: { iap: { clientId: CLIENT_ID, accessors: [], managedClient: true } },
    inputs: { audience: CLIENT_ID },
    annotation: ['OAuth client of your own', `instead of ${CLIENT_ID}`],
    log: [
      'allow-list',
      'gcloud iap settings set iap.yaml --resource-type=cloud-run --service=hello --region=europe-west1 --project='
    ]
  },
  'the path /healthz': {
    code: 'NOT_REACHED',
    inputs: { url: `${SERVICE_URL}/healthz`, ...SHORT },
    annotation: [`${SERVICE_URL}/healthz`, 'Serve the check under another path, such as /health.'],
    log: ['keeps the path /healthz for itself', `    url: ${SERVICE_URL}/health`]
  },
  'a path that may be reserved': {
    code: 'NOT_REACHED',
    settings: { ingress: 'internal' },
    inputs: { url: `${SERVICE_URL}/quiz`, ...SHORT },
    annotation: ['Try another path, such as /health; if that fails too, check ingress'],
    log: ['The path /quiz may be reserved', 'ingress', 'gcloud run services describe hello --region=europe-west1'],
    never: /keeps the path/
  },
  'a load balancer without backend': {
    code: 'NOT_REACHED',
    settings: relay(404, 'response 404 (backend NotFound), service rules for the path non-existent', 'text/plain'),
    inputs: SHORT,
    annotation: ["Give the load balancer's URL map a backend"],
    log: [`no backend for ${SERVICE_HOST}`]
  },
  "a gateway's refusal": {
    code: 'GATEWAY_REJECTED',
    settings: { gateway: { audiences: ['my-api'] } },
    annotation: [
      `refused the token for audience ${SERVICE_URL} (403)`,
      'Set audience to a value of x-google-audiences'
    ],
    log: [
      "not among the gateway's x-google-audiences",
      'authorizationUrl: ""',
      'flow: implicit',
      'type: oauth2',
      `x-google-audiences: ${SERVICE_URL}`
    ]
  },
  'a redirect': {
    code: 'REDIRECTED',
    settings: { app: [{ status: 302, headers: { location: '/login' } }] },
    annotation: ['302 Found, to /login', 'Set url to the address itself'],
    log: [`    url: ${SERVICE_URL}/login`, 'expect_status: 302', 'missed: status 2xx; actual: 302 Found']
  },
  'a service that fails': {
    code: 'SERVICE_UNAVAILABLE',
    settings: { app: [{ status: 500, body: 'boom' }] },
    inputs: SHORT,
    annotation: ['500 Internal Server Error', "Look at the service's log"],
    log: [
      'gcloud run services logs read hello --region=europe-west1',
      'missed: status 2xx; actual: 500 Internal Server Error'
    ]
  },
  'a POST that failed': {
    code: 'SERVICE_UNAVAILABLE',
    settings: { app: [{ status: 500, body: 'boom' }] },
    inputs: { method: 'POST', body: '{}' },
    annotation: ["See in the service's log whether it acted"],
    log: ['The POST was not repeated, because the application may have acted upon it already.'],
    never: /raise deadline/i
  },
  'a load balancer whose backends are down': {
    code: 'SERVICE_UNAVAILABLE',
    settings: { app: [{ status: 503, body: 'no healthy upstream' }] },
    inputs: SHORT,
    annotation: ['503 Service Unavailable', "Look at the load balancer's backends"],
    log: ['no healthy backend']
  },
  'a POST that takes too long': {
    code: 'TIMED_OUT',
    settings: { app: ['silence'] },
    inputs: { method: 'POST', body: '{}', timeout: '1s' },
    annotation: ['no complete answer within 1000 ms', "See in the service's log whether it acted"],
    log: ['The POST was not repeated'],
    never: /raise (timeout|deadline)/i
  },
  'a service that takes too long': {
    code: 'TIMED_OUT',
    settings: { app: ['silence'] },
    inputs: { timeout: '1s', ...SHORT },
    annotation: [SERVICE_URL, 'Raise timeout and deadline'],
    log: ['    timeout: 2m']
  },
  'many expectations': {
    code: 'EXPECTATION_FAILED',
    settings: { app: [json({ commit: 'c0ffee' })] },
    inputs: {
      ...SHORT,
      expect_body: Array.from({ length: 40 }, (_, index) => `${'x'.repeat(280)}${index}`).join('\n')
    },
    annotation: ['; and 37 more.', "Look at the service's log, or mend the expectation."],
    log: ['x39/; actual: {"commit":"c0ffee"}']
  },
  'an audience with a tag': {
    code: 'TOKEN_REJECTED',
    inputs: { audience: SERVICE_URL.replace('https://', 'https://canary---') },
    annotation: [`Leave audience empty, or set it to ${SERVICE_URL}.`],
    log: [`    audience: ${SERVICE_URL}`, 'run.googleapis.com/custom-audiences']
  },
  "the application's own 401": {
    code: 'EXPECTATION_FAILED',
    settings: { app: [{ status: 401, body: '{"message":"sign in first"}' }] },
    annotation: ["Google's token travelled in Authorization"],
    log: ["the application's own access control refused it", 'The answer was: 401 sign in first'],
    never: /add-iam-policy-binding/
  },
  "the application's own 403": {
    code: 'EXPECTATION_FAILED',
    settings: { app: [{ status: 403, body: 'members only' }] },
    annotation: ["Google's token travelled in Authorization"],
    log: ["the application's own access control refused it", 'members only'],
    never: /add-iam-policy-binding/
  },
  'a service that is open to everybody': {
    code: 'NOT_PRIVATE',
    settings: { invokers: ['allUsers'] },
    inputs: { assert_private: 'true' },
    annotation: ['answered a GET without a token with 200 OK', 'Take the right away from the public'],
    log: ['remove-iam-policy-binding hello --region=europe-west1', '--member=allUsers']
  },
  'an application that refuses by itself': {
    code: 'NOT_PRIVATE',
    settings: { invokers: ['allUsers'], app: [401] },
    inputs: { assert_private: 'true' },
    annotation: ['401 Unauthorized', "The application's own check does not make it private."],
    log: ["the refusal is the application's own"]
  }
}

describe('Failures of the call explain themselves', { concurrency: 8 }, () => {
  for (const [what, { code, settings = {}, inputs = {}, annotation, log, never }] of Object.entries(CASES)) {
    callScenario(`${code} is what ${what} is called, with values and remedy`, settings, async ({ call }) => {
      const run = await call(inputs)
      assertFailure(run, code, 'Likely cause: ', ...log)
      const message = errorOf(run)
      for (const words of annotation) assert.ok(message.includes(words), `No ${words} in: ${message}`)
      assert.ok(message.length < 4096, `${message.length} characters`)
      if (never !== undefined) assert.doesNotMatch(run.log, never)
    })
  }

  callScenario('A certificate that is not accepted is named as such', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'impostor')
    const run = await call(SHORT)
    assertFailure(run, 'SERVICE_UNAVAILABLE', `certificate of ${SERVICE_HOST}`, 'curl --head --verbose')
    assert.ok(errorOf(run).includes('the TLS certificate was not accepted'), run.log)
  })

  callScenario(
    "The front end's page tells, whoever sends it",
    {
      invokers: ['allUsers'],
      app: [FRONT_END[404]]
    },
    async ({ call }) => {
      assertFailure(await call({ ...SHORT, url: `${SERVICE_URL}/readyz` }), 'NOT_REACHED', 'may be reserved')
    }
  )
})

function errorOf(run: ActionRun): string {
  return run.annotations.find(({ level }) => level === 'error')?.message ?? ''
}
