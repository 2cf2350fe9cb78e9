import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import { FAULTS } from '../../pretend-google/transport/faults.ts'
import type { FaultName } from '../../pretend-google/transport/faults.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { RunOptions } from '../../runner/run-action.ts'
import {
  ACCOUNT,
  assertFailure,
  assertNoToken,
  BRIEF,
  givenFederation,
  givenService,
  scenario,
  SERVICE_HOST,
  SERVICE_URL,
  SHORT
} from '../given.ts'
import { asInput } from '../token-documents.ts'

interface Host {
  readonly host: string
  readonly path?: RegExp
  readonly given: (world: PretendGoogle) => RunOptions | Promise<RunOptions>
  /** Nothing usable came, until there was no time or no attempt left. */
  readonly unavailable: string
  /** Status 200, and no token in it. */
  readonly garbage: string
}

const HOSTS: Readonly<Record<string, Host>> = {
  'GitHub’s OIDC endpoint': {
    host: GITHUB_OIDC_HOST,
    given: givenFederation,
    unavailable: 'OIDC_FAILED',
    garbage: 'OIDC_FAILED'
  },
  STS: {
    host: 'sts.googleapis.com',
    given: givenFederation,
    unavailable: 'GOOGLE_UNAVAILABLE',
    garbage: 'TOKEN_INVALID'
  },
  'IAM Credentials': {
    host: 'iamcredentials.googleapis.com',
    given: givenFederation,
    unavailable: 'GOOGLE_UNAVAILABLE',
    garbage: 'TOKEN_INVALID'
  },
  'Google’s token endpoint': {
    host: 'oauth2.googleapis.com',
    given: (world) => asInput(world.addUser({ email: 'jane@octo-org.example' })),
    unavailable: 'GOOGLE_UNAVAILABLE',
    garbage: 'TOKEN_INVALID'
  },
  'the metadata server': {
    host: 'metadata.google.internal',
    path: /service-accounts/,
    given(world) {
      world.addServiceAccount({ email: ACCOUNT })
      world.metadataServer.enable({ email: ACCOUNT })
      return { env: world.env() }
    },
    unavailable: 'GOOGLE_UNAVAILABLE',
    garbage: 'TOKEN_INVALID'
  }
}

const UNAVAILABLE: readonly FaultName[] = [
  'impostor',
  'reset',
  'silence',
  'drip',
  'cut',
  'server error',
  'service unavailable',
  'too many requests',
  'not HTTP'
]
const GARBAGE: readonly FaultName[] = [
  'page of HTML',
  'empty body',
  'empty object',
  'wrong types',
  'broken JSON',
  'random bytes'
]

/** The metadata server is plain http, and knows of no tunnels. */
function isPossible(host: string, fault: FaultName): boolean {
  return !(host.startsWith('metadata') && typeof FAULTS[fault] === 'string')
}

// Most of the time is spent waiting.
describe('A fault ends in one failure and no token', { concurrency: 24 }, () => {
  for (const [name, { host, path, given, unavailable, garbage }] of Object.entries(HOSTS)) {
    for (const fault of ['refuse', ...UNAVAILABLE, ...GARBAGE] as const) {
      if (!isPossible(host, fault)) continue
      scenario(`${fault} of ${name}, until the end`, async ({ world, run }) => {
        givenService(world)
        world.fail(host, fault, path === undefined ? {} : { path })
        const result = await run(await given(world), { inputs: { url: SERVICE_URL, ...BRIEF, ...SHORT } })
        assertFailure(result, GARBAGE.includes(fault) ? garbage : unavailable)
        assertNoToken(result)
        // A handshake that fails is no request.
        assert.equal(
          world.requests.some((request) => request.host === host),
          fault !== 'impostor'
        )
        assert.ok(!world.requests.some((request) => request.host === SERVICE_HOST))
      })
    }
  }
})
