import assert from 'node:assert/strict'
import type { SecretKind } from '../../pretend-google/tokens/secrets.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { createPieceFinder } from '../../runner/pieces.ts'
import type { ProxyJob, StepRun } from '../../runner/run-proxy.ts'
import { sensitivePart } from '../../runner/secrets.ts'

/** The step itself is given these, and so is every other step of a job. */
const GIVEN: readonly SecretKind[] = ['GitHub request token', 'private key', 'refresh token', 'client secret']

/**
 * Asserts that no token of this world, nor a piece of one, is anywhere but in the process and on its way to the service: not in the
 * log, outputs, variables, state or summary, in no file, and in no argument or variable of any process, neither as it is nor encoded.
 */
export async function assertNoTokenAnywhere(job: ProxyJob, world: PretendGoogle): Promise<void> {
  const files = Object.entries(await job.files()).map(([name, content]) => `${name}\n${content}`)
  assertClean({ 'A file': files.join('\n'), 'A process': job.processes(), ...describe('The step', job.main) }, world)
}

/** The same of a post step. */
export function assertStepIsClean(step: StepRun, world: PretendGoogle): void {
  assertClean(describe('The post step', step), world)
}

function describe(name: string, { log, lines, outputs, environment, state, summary }: StepRun): Record<string, string> {
  return {
    [`${name}'s log`]: log,
    [`${name}'s output`]: lines.join('\n'),
    [`${name}'s files`]: JSON.stringify([outputs, environment, state, summary])
  }
}

function assertClean(places: Readonly<Record<string, string>>, world: PretendGoogle): void {
  const tokens = world.secrets().filter(({ kind }) => !GIVEN.includes(kind))
  const findPiece = createPieceFinder(tokens, ({ value }) => sensitivePart(value))
  for (const [place, text] of Object.entries(places)) {
    const leak = findPiece(text)
    assert.ok(leak === undefined, `${place} shows a piece of a secret (${leak?.kind}).`)
  }
}
