import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { callScenario, FRONT_END, json } from '../call-given.ts'
import type { Inputs } from '../call-given.ts'
import { ACCOUNT, annotationOf, assertFailure, SERVICE_HOST, SERVICE_URL, SHORT } from '../given.ts'

type Settings = Parameters<typeof callScenario>[1]

/** Unit tests hold the texts; here stands what only the right text says in its annotation. */
interface Case {
  readonly code: string
  readonly settings?: Settings
  readonly inputs?: Inputs
  readonly says: string
}

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'
const FUNCTION_HOST = 'europe-west1-octo-project.cloudfunctions.net'
const ONCE = { method: 'POST', body: '{}' }
const relay = (status: number, body: string, type = 'text/html'): Settings => ({
  invokers: ['allUsers'],
  app: [{ status, headers: { 'content-type': type }, body }]
})

const CASES: Readonly<Record<string, Case>> = {
  'an audience with a tag': {
    code: 'TOKEN_REJECTED',
    inputs: { audience: SERVICE_URL.replace('https://', 'https://canary---') },
    says: `Leave audience empty, or set it to ${SERVICE_URL}.`
  },
  'a function without the role': {
    code: 'INVOKER_MISSING',
    settings: { host: FUNCTION_HOST, functionName: 'pay', invokers: [] },
    inputs: { url: `https://${FUNCTION_HOST}/pay/now`, iam_wait: '0' },
    says: 'on the function pay'
  },
  "IAP's 403": {
    code: 'IAP_REJECTED',
    settings: { iap: { clientId: CLIENT_ID, accessors: [] } },
    inputs: { audience: CLIENT_ID },
    says: `Grant roles/iap.httpsResourceAccessor to serviceAccount:${ACCOUNT}`
  },
  'a client that Google manages': {
    code: 'IAP_REJECTED',
    settings: { iap: { clientId: CLIENT_ID, accessors: [], managedClient: true } },
    inputs: { audience: CLIENT_ID },
    says: `instead of ${CLIENT_ID}`
  },
  "a gateway's refusal": {
    code: 'GATEWAY_REJECTED',
    settings: { gateway: { audiences: ['my-api'] } },
    says: 'Set audience to a value of x-google-audiences'
  },
  'a path that may be reserved': {
    code: 'NOT_REACHED',
    settings: { ingress: 'internal' },
    inputs: { url: `${SERVICE_URL}/quiz`, ...SHORT },
    says: 'Try another path, such as /health; if that fails too, check ingress'
  },
  "the front end's page of whoever sends it": {
    code: 'NOT_REACHED',
    settings: { invokers: ['allUsers'], app: [FRONT_END[404]] },
    inputs: { url: `${SERVICE_URL}/readyz`, ...SHORT },
    says: 'Try another path'
  },
  'a load balancer without backend': {
    code: 'NOT_REACHED',
    settings: relay(404, 'response 404 (backend NotFound), service rules for the path non-existent', 'text/plain'),
    inputs: SHORT,
    says: "Give the load balancer's URL map a backend"
  },
  'a redirect': {
    code: 'REDIRECTED',
    settings: { app: [{ status: 302, headers: { location: '/login' } }] },
    says: '302 Found, to /login'
  },
  'a service that fails': {
    code: 'SERVICE_UNAVAILABLE',
    settings: { app: [{ status: 500, body: 'boom' }] },
    inputs: SHORT,
    says: "Look at the service's log"
  },
  'a POST that failed': {
    code: 'SERVICE_UNAVAILABLE',
    settings: { app: [{ status: 500, body: 'boom' }] },
    inputs: ONCE,
    says: "See in the service's log whether it acted"
  },
  'a load balancer whose backends are down': {
    code: 'SERVICE_UNAVAILABLE',
    settings: { app: [{ status: 503, body: 'no healthy upstream' }] },
    inputs: SHORT,
    says: "Look at the load balancer's backends"
  },
  'a POST that takes too long': {
    code: 'TIMED_OUT',
    settings: { app: ['silence'] },
    inputs: { ...ONCE, timeout: '1s' },
    says: "See in the service's log whether it acted"
  },
  'a service that takes too long': {
    code: 'TIMED_OUT',
    settings: { app: ['silence'] },
    inputs: { timeout: '1s', ...SHORT },
    says: 'Raise timeout and deadline'
  },
  'many expectations': {
    code: 'EXPECTATION_FAILED',
    settings: { app: [json({ commit: 'c0ffee' })] },
    inputs: {
      ...ONCE,
      expect_body: Array.from({ length: 40 }, (_, index) => `${'x'.repeat(280)}${index}`).join('\n')
    },
    says: '; and 37 more.'
  },
  "the application's own 401": {
    code: 'EXPECTATION_FAILED',
    settings: { app: [{ status: 401, body: '{"message":"sign in first"}' }] },
    says: "Google's token travelled in Authorization"
  },
  'an application that refuses by itself': {
    code: 'NOT_PRIVATE',
    settings: { invokers: ['allUsers'], app: [401] },
    inputs: { assert_private: 'true' },
    says: "The application's own check does not make it private."
  }
}

describe('Failures of the call explain themselves', { concurrency: 8 }, () => {
  for (const [what, { code, settings = {}, inputs = {}, says }] of Object.entries(CASES)) {
    callScenario(`${code} is what ${what} is called, with what only this cause says`, settings, async ({ call }) => {
      const run = await call(inputs)
      assertFailure(run, code)
      assert.ok(annotationOf(run).includes(says), annotationOf(run))
    })
  }

  callScenario('A certificate that is not accepted is named as such', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'impostor')
    const run = await call(SHORT)
    assertFailure(run, 'SERVICE_UNAVAILABLE')
    assert.ok(annotationOf(run).includes('the TLS certificate was not accepted'), annotationOf(run))
  })
})
