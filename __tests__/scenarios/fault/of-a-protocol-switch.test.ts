import { describe } from 'node:test'
import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import { assertFailure, BRIEF, givenFederation, givenService, scenario, SERVICE_HOST, SHORT } from '../given.ts'

const SWITCH = { delivery: { raw: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n' } }

describe('A switch of protocols', { concurrency: 4 }, () => {
  for (const [host, code] of [
    [GITHUB_OIDC_HOST, 'OIDC_FAILED'],
    ['sts.googleapis.com', 'GOOGLE_UNAVAILABLE'],
    ['iamcredentials.googleapis.com', 'GOOGLE_UNAVAILABLE'],
    [SERVICE_HOST, 'SERVICE_UNAVAILABLE']
  ] as const) {
    scenario(`${host} cannot make the action wait by it`, async ({ world, run }) => {
      world.fail(host, SWITCH)
      const url = givenService(world)
      const inputs = { url, ...BRIEF, ...SHORT }
      assertFailure(await run(await givenFederation(world), { inputs }), code)
    })
  }
})
