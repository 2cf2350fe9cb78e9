import { describe } from 'node:test'
import { callScenario, FRONT_END, json } from '../call-given.ts'
import type { Inputs } from '../call-given.ts'
import { assertAnnotation, BRIEF, SERVICE_HOST, SERVICE_URL, SHORT } from '../given.ts'

type Settings = Parameters<typeof callScenario>[1]

const CLIENT_ID = '123456789012-abc.apps.googleusercontent.com'
const FUNCTION_HOST = 'europe-west1-octo-project.cloudfunctions.net'
const FUNCTION = { host: FUNCTION_HOST, functionName: 'pay', invokers: [] }
const relay = (status: number, body: string, type = 'text/html'): Settings => ({
  invokers: ['allUsers'],
  app: [{ status, headers: { 'content-type': type }, body }]
})

// Each way in which a call fails, as far as it is told apart by what the other side really does; the unit tests of the
// failures hold the texts, and the transcripts show them.
const CASES: [what: string, code: string, settings: Settings, inputs: Inputs, annotation: string][] = [
  [
    'an audience with a tag',
    'TOKEN_REJECTED',
    {},
    { audience: SERVICE_URL.replace('https://', 'https://canary---') },
    `set audience to ${SERVICE_URL}`
  ],
  [
    'a function without the role',
    'INVOKER_MISSING',
    FUNCTION,
    { url: `https://${FUNCTION_HOST}/pay/now`, iam_wait: '0' },
    'gcloud functions add-invoker-policy-binding pay --region=europe-west1 --project=octo-project'
  ],
  [
    'a perimeter',
    'INVOKER_MISSING',
    relay(
      403,
      "<html><head><title>403 Forbidden</title></head><body ><h1>Error: Forbidden</h1><h2>Request is prohibited by organization's policy</h2>"
    ),
    { iam_wait: '0' },
    'VPC Service Controls keep'
  ],
  [
    "IAP's 403",
    'IAP_REJECTED',
    { iap: { clientId: CLIENT_ID, accessors: [] } },
    { audience: CLIENT_ID },
    'lacks roles/iap.httpsResourceAccessor'
  ],
  [
    'a client that Google manages',
    'IAP_REJECTED',
    { iap: { clientId: CLIENT_ID, accessors: [], managedClient: true } },
    { audience: CLIENT_ID },
    "IAP's own client id"
  ],
  [
    'an IAP without a client',
    'IAP_REJECTED',
    { app: [{ status: 502, body: 'Empty Google Account OAuth client ID(s)/secret(s).' }] },
    SHORT,
    'has no OAuth client'
  ],
  [
    'a path that may be reserved',
    'NOT_REACHED',
    { invokers: ['allUsers'], app: ({ path }) => (path === '/quiz' ? FRONT_END[404] : {}) },
    { url: `${SERVICE_URL}/quiz`, ...SHORT },
    'the path /quiz is reserved'
  ],
  [
    'a closed ingress',
    'NOT_REACHED',
    { ingress: 'internal' },
    { url: `${SERVICE_URL}/quiz`, ...SHORT },
    'its ingress admits internal traffic only'
  ],
  [
    'a load balancer without backend',
    'NOT_REACHED',
    relay(404, 'response 404 (backend NotFound), service rules for the path non-existent', 'text/plain'),
    SHORT,
    `no backend for ${SERVICE_HOST}`
  ],
  [
    'a POST that failed',
    'SERVICE_UNAVAILABLE',
    { app: [{ status: 500, body: 'boom' }] },
    { method: 'POST', body: '{}' },
    'was not repeated, because'
  ],
  [
    'a load balancer whose backends are down',
    'SERVICE_UNAVAILABLE',
    { app: [{ status: 503, body: 'no healthy upstream' }] },
    SHORT,
    '503 Service Unavailable ("no healthy upstream")'
  ],
  [
    'a POST that takes too long',
    'TIMED_OUT',
    { app: ['silence'] },
    { method: 'POST', body: '{}', ...BRIEF },
    'no complete answer within 4000 ms (the request was sent, and no answer began)'
  ],
  [
    'many expectations',
    'EXPECTATION_FAILED',
    { app: [json({ commit: 'c0ffee' })] },
    { ...SHORT, expect_body: Array.from({ length: 40 }, (_, index) => `${'x'.repeat(280)}${index}`).join('\n') },
    '; and 37 more.'
  ],
  [
    "the application's own 401",
    'EXPECTATION_FAILED',
    { app: [{ status: 401, body: '{"message":"sign in first"}' }] },
    {},
    "Google's token travelled in Authorization"
  ],
  [
    'an application that refuses by itself',
    'NOT_PRIVATE',
    { invokers: ['allUsers'], app: [401] },
    { assert_private: 'true' },
    '401 Unauthorized, and that refusal comes from behind the check of Google'
  ]
]

describe('Failures of the call are told apart', { concurrency: 8 }, () => {
  for (const [what, code, settings, inputs, annotation] of CASES) {
    callScenario(`${code} is what ${what} is called`, settings, async ({ call }) => {
      assertAnnotation(await call(inputs), code, annotation)
    })
  }

  callScenario('A certificate that is not accepted is named as such', {}, async ({ world, call }) => {
    world.fail(SERVICE_HOST, 'impostor')
    assertAnnotation(await call(SHORT), 'SERVICE_UNAVAILABLE', 'the TLS certificate was not accepted')
  })
})
