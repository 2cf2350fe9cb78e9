import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTarget } from '../../../../src/call/failures/gcloud.ts'

const PROJECT = '--project=$(gcloud projects describe 123456789012 --format="value(projectId)")'
const UNKNOWN = ' --region=REGION --project=PROJECT'

const SERVICES: [url: string, name: string, flags: string][] = [
  ['https://shop-123456789012.europe-west1.run.app/x', 'shop', ` --region=europe-west1 ${PROJECT}`],
  ['https://canary---my-shop-123456789012.us-central1.run.app', 'my-shop', ` --region=us-central1 ${PROJECT}`],
  ['https://my-shop-ab12cd34ef-ew.a.run.app', 'my-shop', UNKNOWN],
  ['https://odd.run.app', 'SERVICE', UNKNOWN],
  ['https://$(id)-123456789012.europe-west1.run.app', 'SERVICE', UNKNOWN],
  ['https://shop.example', 'SERVICE', UNKNOWN],
  ['http://localhost:8080', 'SERVICE', UNKNOWN]
]

for (const [url, name, flags] of SERVICES) {
  test(`The commands for ${url} name ${name} and${flags}.`, () => {
    const { search, ...service } = describeTarget(new URL(url))
    assert.deepEqual(service, { kind: 'service', name, flags })
    // What the URL does not tell, a command does.
    assert.equal(search.length > 0, flags === UNKNOWN)
  })
}
