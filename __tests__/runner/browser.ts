import { existsSync } from 'node:fs'
import process from 'node:process'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

/** Where systems, and GitHub's runners, have a browser. */
const BROWSERS = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'
]

/** Without the sandbox, because containers run tests as root; and without the browser's own guard of loopback, so that the proxy's shows. */
const ARGUMENTS = ['--no-sandbox', '--no-proxy-server', '--disable-features=LocalNetworkAccessChecks']

/** The browser of this machine, where it has one. */
export const BROWSER = BROWSERS.find((file) => file !== '' && existsSync(file))

/** Starts that browser, without a window. */
export async function launchBrowser(): Promise<Browser> {
  if (BROWSER === undefined) throw new Error('There is no browser on this machine.')
  return await chromium.launch({ executablePath: BROWSER, args: ARGUMENTS })
}
