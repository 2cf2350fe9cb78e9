import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameRunService, readRunService } from '../../../src/call/cloud-run-service.ts'
import { HOSTILE } from '../rows.ts'

const NAMED = { name: 'shop', project: '123456789012', region: 'europe-west1' }

const NAMES: [string, string, object | undefined][] = [
  ['a deterministic URL', 'https://shop-123456789012.europe-west1.run.app/path', NAMED],
  ['a tag', 'https://canary---shop-123456789012.europe-west1.run.app/', NAMED],
  [
    'a name with digits',
    'https://shop-2-123456789012.us-east5.run.app/',
    { ...NAMED, name: 'shop-2', region: 'us-east5' }
  ],
  ['a URL with a hash', 'https://shop-ab12cd34ef-ew.a.run.app/', undefined],
  ['a function', 'https://europe-west1-shop.cloudfunctions.net/order', undefined],
  ['a custom domain', 'https://shop-123456789012.europe-west1.run.app.example/', undefined],
  ['plain http', 'http://shop-123456789012.europe-west1.run.app/', undefined]
]

for (const [what, url, expected] of NAMES) {
  test(`${what} names ${expected === undefined ? 'no service' : 'its service'} to the Admin API`, () => {
    assert.deepEqual(nameRunService(new URL(url)), expected)
  })
}

const PREFIX = 'projects/shop/locations/europe-west1/services/shop'
const DONE = { name: PREFIX, terminalCondition: { state: 'CONDITION_SUCCEEDED' } }

test('A service is read with all that explains a failure', () => {
  const service = readRunService({
    ...DONE,
    generation: '3',
    observedGeneration: '2',
    latestCreatedRevision: `${PREFIX}/revisions/shop-00042-xyz`,
    latestReadyRevision: `${PREFIX}/revisions/shop-00041-abc`,
    traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
    trafficStatuses: [
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 },
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'shop-00040-old', tag: 'canary' }
    ],
    urls: ['https://shop-1.europe-west1.run.app', 'https://shop-ab-ew.a.run.app'],
    customAudiences: ['https://shop.example'],
    ingress: 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
    invokerIamDisabled: true,
    defaultUriDisabled: true
  })
  assert.deepEqual(service, {
    newest: 'shop-00042-xyz',
    newestReady: 'shop-00041-abc',
    followsNewest: true,
    served: [{ revision: 'shop-00041-abc', percent: 100, tag: '' }],
    tags: [{ revision: 'shop-00040-old', percent: 0, tag: 'canary' }],
    isRollingOut: true,
    trouble: undefined,
    audiences: ['https://shop.example', 'https://shop-1.europe-west1.run.app', 'https://shop-ab-ew.a.run.app'],
    ingress: 'internal-and-cloud-load-balancing',
    isInvokerCheckOff: true,
    isDefaultUrlOff: true
  })
})

test('What is absent is false, empty or the default', () => {
  const service = readRunService(DONE)
  assert.partialDeepStrictEqual(service, { isRollingOut: false, ingress: 'all', audiences: [] })
})

test('The message of a change that failed is inert and short', () => {
  const terminalCondition = { state: 'CONDITION_FAILED', message: HOSTILE.repeat(100) }
  const { trouble = '' } = readRunService({ ...DONE, terminalCondition }) ?? {}
  assert.match(trouble, /^x ::error::y/)
  assert.doesNotMatch(trouble, /[\p{Cc}\p{Cf}]|##\[/u)
  assert.ok(trouble.length <= 300)
})

for (const json of [{}, { name: 'x' }, { name: 1, terminalCondition: {} }, { name: 'x', terminalCondition: [] }]) {
  test(`${JSON.stringify(json)} describes no service`, () => {
    assert.equal(readRunService(json), undefined)
  })
}

test('Members of the wrong kind are left out', () => {
  const odd = { traffic: 'x', trafficStatuses: [1, null, { percent: '100' }], urls: [1, {}], customAudiences: { a: 1 } }
  const service = readRunService({ ...DONE, ...odd })
  assert.partialDeepStrictEqual(service, { served: [], tags: [], audiences: [] })
})
