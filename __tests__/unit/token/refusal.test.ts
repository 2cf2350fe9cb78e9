import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quoteRefusal } from '../../../src/token/refusal.ts'
import { apiRefusal, HOSTILE } from '../rows.ts'

const TROUBLESHOOTER =
  'https://console.cloud.google.com/iam-admin/troubleshooter/summary;permissions=iam.x?project=shop'

test('Of the links in an answer, those that lead to Google are passed on.', () => {
  const links = [
    TROUBLESHOOTER,
    'https://google.com.evil.example/',
    'https://evilgoogle.com/',
    'http://cloud.google.com/',
    'https://jane@cloud.google.com/',
    `https://cloud.google.com/${HOSTILE}`,
    'https://cloud.google.com/`id`'
  ]
  const help = {
    '@type': 'type.googleapis.com/google.rpc.Help',
    links: links.map((url) => ({ description: 'x', url }))
  }
  assert.equal(quoteRefusal(apiRefusal(403, 'Denied.', help)), `403 PERMISSION_DENIED Denied. ${TROUBLESHOOTER}`)
})
