import { checkPrivacy } from './call/privacy.ts'
import { callService } from './call/service.ts'
import { planConnections } from './connection-plan.ts'
import { createMint } from './id-token.ts'
import type { IdToken, Mint } from './id-token.ts'
import { findIdentity } from './identity/identity.ts'
import { readInputs } from './inputs.ts'
import type { Report } from './report.ts'
import { findTokenWarnings, findWarnings } from './warnings.ts'
import type { World } from './world.ts'

/**
 * The whole story: who is the job, its tokens, the call.
 *
 * @throws {Failure} once something is not as it has to be; everything up to there has been reported
 */
export async function run(world: World, report: Report): Promise<void> {
  const inputs = await readInputs(world.env['GITHUB_WORKSPACE'] ?? '.')
  report.inputs(inputs)
  const job = world.startJob(inputs)

  const identity = await findIdentity(job, inputs)
  report.identity(identity)
  for (const url of planConnections(identity, inputs)) job.prepare(url)
  for (const line of findWarnings({ inputs, identity, env: world.env })) report.warning(line)

  // The call without a token needs none, so that it costs no time of its own.
  const privacy = inputs.call?.assertPrivate === true ? checkPrivacy(job, inputs.call) : undefined
  const mint = createMint(job, inputs.universe, identity)
  const tokens = await obtainIdTokens(mint, inputs.audiences)
  report.tokens(tokens, job.now())
  const [token] = tokens.values()
  if (token === undefined) throw new Error('no token for the first audience')
  for (const line of findTokenWarnings(identity, token)) report.warning(line)

  const exposure = await privacy
  if (exposure !== undefined) throw exposure
  if (privacy !== undefined) report.private()

  if (inputs.call === undefined) return
  const result = await callService(job, inputs.call, token, () => mint(inputs.audiences[0]), report.attempt)
  report.call(result)
  if (result.failure !== undefined) throw result.failure
}

/** One token for each audience, side by side. */
async function obtainIdTokens(mint: Mint, audiences: readonly string[]): Promise<ReadonlyMap<string, IdToken>> {
  return new Map(await Promise.all(audiences.map(async (audience) => [audience, await mint(audience)] as const)))
}
