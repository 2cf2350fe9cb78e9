import assert from 'node:assert/strict'
import { test } from 'node:test'
import { troubleshootingLink } from '../../../src/report/report.ts'

const ACTION = { GITHUB_ACTION_REPOSITORY: 'shop/google-id-token', GITHUB_ACTION_REF: 'v1' }
const BARE = 'docs/troubleshooting.md#INVOKER_MISSING'

const LINKS: [string, Readonly<Record<string, string>>, string][] = [
  ['repository and version', ACTION, `https://github.com/shop/google-id-token/blob/v1/${BARE}`],
  [
    'repository, version and server',
    { ...ACTION, GITHUB_SERVER_URL: 'https://github.example' },
    `https://github.example/shop/google-id-token/blob/v1/${BARE}`
  ],
  ['no repository', { GITHUB_ACTION_REF: 'v1' }, BARE],
  ['no version', { GITHUB_ACTION_REPOSITORY: 'shop/google-id-token' }, BARE],
  ['an empty version, as for a local action', { ...ACTION, GITHUB_ACTION_REF: '' }, BARE],
  ["only the job's own repository", { GITHUB_REPOSITORY: 'shop/web', GITHUB_REF: 'refs/heads/main' }, BARE]
]

for (const [what, env, link] of LINKS) {
  test(`Where the runner names ${what}, the link is ${link}`, () => {
    assert.equal(troubleshootingLink('INVOKER_MISSING', env), link)
  })
}
