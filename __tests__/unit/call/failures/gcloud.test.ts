import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeRunService } from '../../../../src/call/failures/gcloud.ts'

const SERVICES: [string, string, string, string?][] = [
  [
    'https://shop-123456789012.europe-west1.run.app/x',
    'shop',
    'europe-west1',
    ' --project=$(gcloud projects describe 123456789012 --format="value(projectId)")'
  ],
  [
    'https://canary---my-shop-123456789012.us-central1.run.app',
    'my-shop',
    'us-central1',
    ' --project=$(gcloud projects describe 123456789012 --format="value(projectId)")'
  ],
  ['https://my-shop-ab12cd34ef-ew.a.run.app', 'my-shop', 'REGION'],
  ['https://odd.run.app', 'SERVICE', 'REGION'],
  ['https://shop.example', 'SERVICE', 'REGION'],
  ['http://localhost:8080', 'SERVICE', 'REGION']
]

for (const [url, name, region, project = ''] of SERVICES) {
  test(`The commands for ${url} name ${name} in ${region}.`, () => {
    const service = describeRunService(new URL(url))
    assert.deepEqual({ ...service, search: undefined }, { name, region, project, search: undefined })
    // What the URL does not tell, a command does.
    assert.equal(service.search.length > 0, region === 'REGION')
  })
}
