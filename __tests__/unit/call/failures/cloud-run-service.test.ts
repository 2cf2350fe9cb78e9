import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLookedUp, withFacts } from '../../../../src/call/failures/cloud-run-service.ts'
import { readRunService } from '../../../../src/call/cloud-run-service.ts'
import type { RunService } from '../../../../src/call/cloud-run-service.ts'
import { Failure, FAILURES } from '../../../../src/failure/failure.ts'
import type { FailureCode } from '../../../../src/failure/failure.ts'
import { SERVICE } from '../../fixtures.ts'
import { testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'

const NAMED = { name: 'shop', project: '123456789012', region: 'europe-west1' }
const NEW = 'shop-00042-new'
const OLD = 'shop-00041-old'

/** A service whose newest revision is ready and gets all the traffic, but for what a row says. */
function service(special: Readonly<Record<string, unknown>> = {}): RunService {
  const latest = { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }
  const read = readRunService({
    name: 'shop',
    terminalCondition: { state: 'CONDITION_SUCCEEDED' },
    latestCreatedRevision: NEW,
    latestReadyRevision: NEW,
    traffic: [latest],
    trafficStatuses: [latest],
    urls: [SERVICE],
    ...special
  })
  assert.ok(read)
  return read
}

function revision(name: string, percent: number, tag?: string): object {
  return {
    type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION',
    revision: name,
    percent,
    ...(tag === undefined ? {} : { tag })
  }
}

function row(
  what: string,
  code: FailureCode,
  words: RegExp,
  special: Readonly<Record<string, unknown>> = {},
  { tag, path = '/', audience = SERVICE }: { tag?: string; path?: string; audience?: string } = {}
): FailureRow {
  const guess = new Failure({ code, sentence: 'A guess.', happened: 'X failed.', cause: 'A guess.', remedy: 'Guess.' })
  const host = tag === undefined ? SERVICE : SERVICE.replace('https://', `https://${tag}---`)
  const call = { url: new URL(path, host), tag }
  const failure = withFacts(guess, { kind: 'found', service: service(special) }, { call, named: NAMED, audience })
  assert.doesNotMatch(JSON.stringify(failure.text), /guess/i)
  assert.match(failure.text.sentence, words)
  return [what, failure, code, words]
}

const PINNED = { traffic: [revision(OLD, 100)], trafficStatuses: [revision(OLD, 100)] }
const FAILED = {
  latestReadyRevision: OLD,
  terminalCondition: { state: 'CONDITION_FAILED', message: 'The container failed to start.' }
}

testFailures([
  row('traffic that is pinned', 'EXPECTATION_FAILED', /pinned to shop-00041-old; .*shop-00042-new gets none/, PINNED),
  row('a rollout in progress', 'EXPECTATION_FAILED', /rollout of shop-00042-new is not finished/, {
    reconciling: true
  }),
  row('a generation that is not observed', 'EXPECTATION_FAILED', /not finished/, {
    generation: '2',
    observedGeneration: '1'
  }),
  row(
    'a newest revision that failed',
    'EXPECTATION_FAILED',
    /shop-00042-new of shop is not ready: The container failed to start\./,
    FAILED
  ),
  row('split traffic', 'EXPECTATION_FAILED', /split: shop-00042-new 90%, shop-00041-old 10%/, {
    trafficStatuses: [revision(NEW, 90), revision(OLD, 10)]
  }),
  row(
    'a tag on an older revision',
    'EXPECTATION_FAILED',
    /tag canary leads to shop-00041-old; the newest revision is shop-00042-new/,
    { trafficStatuses: [revision(NEW, 100), revision(OLD, 0, 'canary')] },
    { tag: 'canary' }
  ),
  row(
    'a newest revision that answers',
    'EXPECTATION_FAILED',
    /No old revision answers: all traffic goes to shop-00042-new/
  ),
  row(
    'a tag that there is not',
    'NOT_REACHED',
    /shop has no traffic tag canary; its tags are green/,
    {
      trafficStatuses: [revision(NEW, 100, 'green')]
    },
    { tag: 'canary' }
  ),
  row('a closed ingress', 'NOT_REACHED', /ingress of shop admits internal traffic only/, {
    ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY'
  }),
  row('a default URL that is off', 'NOT_REACHED', /default run\.app URL of shop is disabled/, {
    defaultUriDisabled: true
  }),
  row('an open service', 'NOT_REACHED', /its ingress is open\./),
  row('a reserved path', 'NOT_REACHED', /the path \/healthz is reserved/, {}, { path: '/healthz' }),
  row(
    'another audience',
    'TOKEN_REJECTED',
    /accepts the audiences https:\/\/shop\.example, https:\/\/shop-123456789012\S*, and the token is for https:\/\/other\.example/,
    { customAudiences: ['https://shop.example'] },
    { audience: 'https://other.example' }
  ),
  row('the right audience', 'TOKEN_REJECTED', /is one that shop accepts/),
  row('an invoker check that is off', 'NOT_PRIVATE', /invoker IAM check of shop is disabled/, {
    invokerIamDisabled: true
  }),
  row('public invokers', 'NOT_PRIVATE', /allUsers has roles\/run\.invoker/),
  row('a failed revision', 'SERVICE_UNAVAILABLE', /failed to start/, FAILED),
  row('a ready service', 'SERVICE_UNAVAILABLE', /calls the service ready/)
])

const ABOUT = { call: { url: new URL(SERVICE), tag: undefined }, named: NAMED, audience: SERVICE }
const GUESS = new Failure({ code: 'NOT_REACHED', sentence: 'It failed.', cause: 'A guess.', remedy: 'Guess.' })

test('Without the right to look, the failure stays as it is but for one line that names the role', () => {
  const { text } = withFacts(GUESS, { kind: 'unknown', principal: 'serviceAccount:ci@shop.example' }, ABOUT)
  const { details, ...rest } = text
  assert.deepEqual(rest, GUESS.text)
  assert.equal(details?.length, 1)
  assert.match(details[0] ?? '', /roles\/run\.viewer on it to serviceAccount:ci@shop\.example/)
})

test('That there is no such service explains a 404, and nothing else', () => {
  const { text } = withFacts(GUESS, { kind: 'missing' }, ABOUT)
  assert.match(text.sentence, /no service shop in europe-west1/)
  const other = new Failure({ ...GUESS.text, code: 'EXPECTATION_FAILED' })
  assert.deepEqual(withFacts(other, { kind: 'missing' }, ABOUT).text, other.text)
})

test('The failures that are looked up are those of the contract', () => {
  const codes = (Object.keys(FAILURES) as FailureCode[]).filter(isLookedUp)
  assert.deepEqual(codes.sort(), [
    'EXPECTATION_FAILED',
    'NOT_PRIVATE',
    'NOT_REACHED',
    'SERVICE_UNAVAILABLE',
    'TOKEN_REJECTED'
  ])
})
