import assert from 'node:assert/strict'
import type { RunOptions } from '../../runner/run-action.ts'
import { assertFailure, assertNoToken, givenFederation, listRequests, scenario } from '../given.ts'
import { FOR_SERVICE } from '../token-documents.ts'

const pullRequestFrom = (fullName: string): object => ({
  pull_request: { head: { repo: { full_name: fullName } }, base: { repo: { full_name: 'octo-org/octo-repo' } } }
})

const CASES: Readonly<Record<string, { part: RunOptions; words: readonly string[]; not: RegExp }>> = {
  'without the permission learns which line is missing': {
    part: {},
    words: ['id-token: write', 'reusable workflow'],
    not: /fork|Dependabot/
  },
  'of a pull request of its own repository learns which line is missing': {
    part: { event: pullRequestFrom('octo-org/octo-repo') },
    words: ['id-token: write'],
    not: /fork|Dependabot/
  },
  'of a pull request from a fork learns that': {
    part: { event: pullRequestFrom('somebody/octo-repo') },
    words: ['fork', 'github.event.pull_request.head.repo.full_name == github.repository'],
    not: /Dependabot/
  },
  'of a pull request from a fork that is gone learns that': {
    part: { event: { pull_request: { head: { repo: null }, base: { repo: { full_name: 'octo-org/octo-repo' } } } } },
    words: ['fork'],
    not: /Dependabot/
  },
  'of a pull request from a fork that runs as its target may write, and learns which line is missing': {
    part: { event: pullRequestFrom('somebody/octo-repo'), env: { GITHUB_EVENT_NAME: 'pull_request_target' } },
    words: ['id-token: write'],
    not: /fork|Dependabot/
  },
  'of Dependabot learns that': {
    part: { env: { GITHUB_ACTOR: 'dependabot[bot]' } },
    words: ['Dependabot', "pull_request.user.login != 'dependabot[bot]'"],
    not: /fork/
  },
  'that is none of GitHub’s learns that': {
    part: { env: { GITHUB_ACTIONS: '' } },
    words: ['not a job of GitHub Actions'],
    not: /fork|Dependabot/
  }
}

for (const [title, { part, words, not }] of Object.entries(CASES)) {
  scenario(`A job ${title}`, async ({ world, run }) => {
    const { inputs } = await givenFederation(world)
    const result = await run(FOR_SERVICE, { inputs }, part)
    assertFailure(result, 'OIDC_UNAVAILABLE', ...words)
    assert.doesNotMatch(result.log, not)
    assertNoToken(result)
    assert.deepEqual(listRequests(world), [])
  })
}

scenario('A request token that GitHub refuses is a failure of GitHub’s, with its words', async ({ world, run }) => {
  const federation = await givenFederation(world)
  world.fail(/actions\.githubusercontent\.com$/, {
    status: 403,
    body: '{"message":"Resource not accessible by integration"}'
  })
  const result = await run(federation, FOR_SERVICE)
  assertFailure(result, 'OIDC_FAILED', 'The job is over', 'Resource not accessible by integration')
  assert.equal(world.requests.length, 1)
})

scenario('A request URL without TLS gets no request token', async ({ world, run }) => {
  const federation = await givenFederation(world)
  const env = { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://actions.github.example/token?api-version=2.0' }
  assertFailure(
    await run(federation, FOR_SERVICE, { env }),
    'OIDC_FAILED',
    'ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL'
  )
  assert.deepEqual(listRequests(world), [])
})
