// A later step of a job, as a suite of browser tests is one: a page of the service, in the browser of this machine, which has no token.
//   BASE_URL=http://127.0.0.1:PORT node .github/scripts/open-in-browser.ts
import assert from 'node:assert/strict'
import process from 'node:process'
import { launchBrowser } from '../../__tests__/runner/browser.ts'

const browser = await launchBrowser()
try {
  const page = await browser.newPage()
  const response = await page.goto(`${process.env['BASE_URL'] ?? ''}/path`)
  assert.equal(response?.status(), 200)
  assert.equal(await page.textContent('body'), 'Hello')
} finally {
  await browser.close()
}
