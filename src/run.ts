import { checkPrivacy } from './call/privacy.ts'
import { explainByLookUp, leaveTimeForLookUp } from './call/look-up.ts'
import { callService } from './call/service.ts'
import { createMint, type Mint } from './token/mint.ts'
import type { IdToken } from './token/id-token.ts'
import { findIdentity } from './identity/identity.ts'
import { readInputs, type Inputs } from './inputs/inputs.ts'
import type { Report } from './report/report.ts'
import { findClockWarning, findTokenWarnings, findWarnings } from './report/warnings.ts'
import type { World } from './world/world.ts'
import type { Identity } from './token/credential.ts'
import { iamCredentialsUrl } from './token/google-hosts.ts'

/**
 * A run from start to end: finds the identity of the job, gets its tokens, and calls the service.
 *
 * @throws {Failure} once something is not as it has to be; everything up to there has been reported
 */
export async function run(world: World, report: Report): Promise<void> {
  const inputs = await readInputs(world.env)
  report.onInputs(inputs)
  const step = world.startStep(inputs)

  const identity = await findIdentity(step, inputs)
  report.onIdentity(identity)
  for (const url of planConnections(identity, inputs)) step.prepare(url)
  for (const line of findWarnings({ inputs, identity, env: world.env })) report.warn(line)

  const { call } = inputs
  const calling = call === undefined ? step : leaveTimeForLookUp(step, call, inputs.deadlineMs)
  // The call without a token runs while the tokens are minted, so it costs no extra time.
  const privacy = call?.assertPrivate === true ? checkPrivacy(calling, call) : undefined
  const mint = createMint(step, inputs, identity)
  const tokens = await obtainIdTokens(mint, inputs.audiences).finally(() => {
    for (const line of findClockWarning(step)) report.warn(line)
  })
  report.onTokens(tokens, step.googleNow())
  const [token] = tokens.values()
  if (token === undefined) throw new Error('no token for the first audience')
  for (const line of findTokenWarnings(identity, token)) report.warn(line)

  if (call === undefined) return
  const { universe } = inputs
  const lookedUp = { call, universe, audience: token.audience, becomeCaller: mint.caller }

  const exposure = await privacy
  if (exposure !== undefined) throw await explainByLookUp(step, exposure, lookedUp)
  if (privacy !== undefined) report.onPrivate()

  const result = await callService(calling, call, token, () => mint.token(inputs.audiences[0]), report.onAttempt)
  report.onCall(result)
  if (result.failure !== undefined) throw await explainByLookUp(step, result.failure, lookedUp)
}

/** One token for each audience, minted in parallel. */
async function obtainIdTokens(mint: Mint, audiences: readonly string[]): Promise<ReadonlyMap<string, IdToken>> {
  return new Map(await Promise.all(audiences.map(async (audience) => [audience, await mint.token(audience)] as const)))
}

/** At most this many connections are opened early for tokens; the rest open on demand. */
const MOST_FOR_TOKENS = 6

/** Hosts that this run will contact. Opening their connections in parallel saves at least two round trips each. */
export function planConnections({ credential, impersonations }: Identity, inputs: Inputs): readonly URL[] {
  const target = impersonations.at(-1)
  const count = Math.min(inputs.audiences.length, MOST_FOR_TOKENS)
  const { call } = inputs
  // A key signs a JWT for Identity-Aware Proxy by itself.
  const signsItself = inputs.token === 'iap_jwt' && target === undefined
  return [
    ...(signsItself ? [] : credential.endpoints),
    // A credential with a client certificate presents it to IAM as well, in the TLS handshake.
    ...(target === undefined || credential.hasCertificate === true
      ? []
      : Array<URL>(count).fill(iamCredentialsUrl(inputs.universe, target.account, 'generateIdToken'))),
    // With assert_private, the call without a token opens the connection that the call with the token reuses.
    ...(call === undefined || call.assertPrivate ? [] : [call.url])
  ]
}
