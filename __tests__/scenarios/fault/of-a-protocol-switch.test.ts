import { GITHUB_OIDC_HOST } from '../../pretend-google/endpoints/github-oidc.ts'
import { assertFailure, givenFederation, givenService, scenario, SERVICE_HOST } from '../given.ts'

const SWITCH = { delivery: { raw: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n' } }

for (const [host, code] of [
  [GITHUB_OIDC_HOST, 'OIDC_FAILED'],
  ['sts.googleapis.com', 'GOOGLE_UNAVAILABLE'],
  ['iamcredentials.googleapis.com', 'GOOGLE_UNAVAILABLE'],
  [SERVICE_HOST, 'SERVICE_UNAVAILABLE']
] as const) {
  scenario(`${host} cannot make the action wait by switching to another protocol`, async ({ world, run }) => {
    world.fail(host, SWITCH)
    const url = givenService(world)
    const inputs = { url, timeout: '2s', deadline: '6s' }
    assertFailure(await run(await givenFederation(world), { inputs, timeoutMs: 15_000 }), code)
  })
}
