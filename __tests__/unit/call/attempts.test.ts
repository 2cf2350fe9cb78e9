import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideNext, labelAttempt } from '../../../src/call/attempts.ts'
import type { Attempt, History } from '../../../src/call/attempts.ts'
import type { Responder } from '../../../src/call/responder.ts'
import type { Verdict } from '../../../src/call/verdicts.ts'

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH']
const REPEATABLE = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']
const ONCE = ['POST', 'PATCH']
const FRESH = { iamWaitMs: 60_000, renewed: false, refusedForMs: 0 }

function answered(responder: Responder, status: number, accepted = false): Attempt {
  const head = { answered: true, status, headers: {}, milliseconds: 1 } as const
  return { ...head, text: '', responder, clientId: undefined, verdicts: [], accepted }
}

function silent(sent: boolean, timedOut = false): Attempt {
  return {
    answered: false,
    timedOut,
    trouble: 'connection' as const,
    sent,
    reason: 'connection reset',
    milliseconds: 1
  }
}

type Step = 'passed' | 'final' | 'renew' | 'again'

/** What happened, methods, attempts, what follows, and what came before. */
const RULES: [string, string[], Attempt[], Step, Partial<History>?][] = [
  [
    'an answer as expected',
    METHODS,
    [200, 302, 404, 500].map((status) => answered('application', status, true)),
    'passed'
  ],
  [
    'a refusal of Google that was expected',
    METHODS,
    [answered('front end', 403, true), answered('iap', 302, true), answered('gateway', 401, true)],
    'passed'
  ],
  ['no connection', METHODS, [silent(false), silent(false, true)], 'again'],
  ['a break or timeout after the request was sent', REPEATABLE, [silent(true), silent(true, true)], 'again'],
  ['a break or timeout after the request was sent', ONCE, [silent(true), silent(true, true)], 'final'],
  [
    '408, 429 or 5xx',
    REPEATABLE,
    [408, 425, 429, 500, 501, 502, 503, 504, 599].map((status) => answered('application', status)),
    'again'
  ],
  ['429 or 503', ONCE, [429, 503].map((status) => answered('application', status)), 'again'],
  [
    '408, 425 or another 5xx',
    ONCE,
    [408, 425, 500, 502, 504].map((status) => answered('application', status)),
    'final'
  ],
  [
    'an answer that misses an expectation',
    REPEATABLE,
    [200, 201, 204, 404, 409].map((status) => answered('application', status)),
    'again'
  ],
  [
    'an answer that misses an expectation',
    ONCE,
    [200, 201, 204, 404, 409].map((status) => answered('application', status)),
    'final'
  ],
  [
    "another 4xx of the application's",
    METHODS,
    [400, 401, 402, 403, 405, 406, 410, 411, 418, 422, 426, 451].map((status) => answered('application', status)),
    'final'
  ],
  [
    'a redirect',
    METHODS,
    [300, 301, 302, 303, 304, 307, 308].map((status) => answered('application', status)),
    'final'
  ],
  ["IAP's refusal", METHODS, [302, 401, 403].map((status) => answered('iap', status)), 'final'],
  ["a gateway's refusal", METHODS, [401, 403].map((status) => answered('gateway', status)), 'final'],
  ["the front end's first 401", METHODS, [answered('front end', 401)], 'renew'],
  ["the front end's 401 to a renewed token", METHODS, [answered('front end', 401)], 'final', { renewed: true }],
  ["the front end's 403 within iam_wait", METHODS, [answered('front end', 403)], 'again', { refusedForMs: 59_999 }],
  ["the front end's 403 after iam_wait", METHODS, [answered('front end', 403)], 'final', { refusedForMs: 60_000 }],
  ["the front end's 403 with a renewed token", METHODS, [answered('front end', 403)], 'again', { renewed: true }],
  ["the front end's 403 where iam_wait is 0", METHODS, [answered('front end', 403)], 'final', { iamWaitMs: 0 }],
  [
    "the front end's 404 within ten seconds",
    METHODS,
    [answered('front end', 404)],
    'again',
    { refusedForMs: 9_999, iamWaitMs: 0 }
  ],
  ["the front end's 404 after ten seconds", METHODS, [answered('front end', 404)], 'final', { refusedForMs: 10_000 }],
  [
    'a 403 or 404 of something else of Google within ten seconds',
    METHODS,
    [403, 404].map((status) => answered('infrastructure', status)),
    'again',
    { refusedForMs: 9_999, iamWaitMs: 0 }
  ],
  [
    'a 403 or 404 of something else of Google after ten seconds',
    METHODS,
    [403, 404].map((status) => answered('infrastructure', status)),
    'final',
    { refusedForMs: 10_000 }
  ],
  [
    'a request that Google takes from nobody',
    METHODS,
    [400, 411, 413, 414, 431].map((status) => answered('infrastructure', status)),
    'final'
  ],
  ['an outage of Google', REPEATABLE, [500, 502, 503].map((status) => answered('infrastructure', status)), 'again'],
  ['an outage of Google other than 503', ONCE, [500, 502].map((status) => answered('infrastructure', status)), 'final']
]

for (const [what, methods, attempts, kind, before = {}] of RULES) {
  test(`After ${what}, ${methods.length === METHODS.length ? 'any method' : methods.join(', ')}: ${kind}.`, () => {
    const steps = methods.flatMap((method) =>
      attempts.map((attempt) => decideNext(attempt, { ...FRESH, method, ...before }).kind)
    )
    assert.deepEqual(steps, Array<Step>(steps.length).fill(kind))
  })
}

const WINDOWS: [string, Attempt, number, number][] = [
  ["the front end's 403", answered('front end', 403), 20_000, 40_000],
  ["the front end's 404", answered('front end', 404), 4_000, 6_000],
  ['a busy service', answered('application', 503), 20_000, Number.POSITIVE_INFINITY],
  ['no connection', silent(false), 20_000, Number.POSITIVE_INFINITY]
]

for (const [what, attempt, refusedForMs, withinMs] of WINDOWS) {
  test(`After ${what} for ${refusedForMs} ms, what is left is ${withinMs} ms, and a reason is given.`, () => {
    const next = decideNext(attempt, { ...FRESH, method: 'GET', refusedForMs })
    assert.ok(next.kind === 'again')
    assert.equal(next.withinMs, withinMs)
    assert.match(next.why, /\w/)
  })
}

const MET: Verdict = { input: 'expect_status', expectation: 'status 2xx', met: true, actual: '200 OK' }
const MISSED: Verdict = { input: 'expect_json', expectation: 'JSON: "%%{evil}"', met: false, actual: ': evil' }

const LABELS: [string, Attempt][] = [
  ['503', answered('application', 503)],
  ["403 of Google's front end", answered('front end', 403)],
  ['200, 1 expectation missed', judged(200, [MET, MISSED])],
  ['200, 2 expectations missed', judged(200, [MET, MISSED, MISSED])],
  ['404', judged(404, [{ ...MET, met: false }, MISSED])],
  ['no answer', silent(true)],
  ['timeout', silent(true, true)]
]

for (const [label, attempt] of LABELS) {
  test(`An attempt is labelled "${label}", in words of our own.`, () => {
    assert.equal(labelAttempt(attempt), label)
  })
}

function judged(status: number, verdicts: readonly Verdict[]): Attempt {
  const attempt = answered('application', status)
  return attempt.answered ? { ...attempt, verdicts } : attempt
}
