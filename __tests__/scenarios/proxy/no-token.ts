import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { ProxyJob, StepRun } from '../../runner/run-proxy.ts'

/** Fewer characters of a token are worth nothing, and may turn up by chance. */
const FRAGMENT_LENGTH = 24

/** The step itself is given these, and so is every other step of a job. */
const GIVEN = ['GitHub request token', 'private key', 'refresh token', 'client secret']

/**
 * Asserts that no token of this world is anywhere but in the process and on its way to the service: not in the log, outputs,
 * variables, state or summary, in no file, and in no argument or variable of any process.
 */
export async function assertNoTokenAnywhere(job: ProxyJob, world: PretendGoogle): Promise<void> {
  const places: Record<string, string> = {
    'A file': JSON.stringify(await job.files()),
    'A process': job.processes(),
    ...describe('The step', job.main)
  }
  for (const [place, text] of Object.entries(places)) assertClean(place, text, world)
}

/** The same of a post step. */
export function assertStepIsClean(step: StepRun, world: PretendGoogle): void {
  for (const [place, text] of Object.entries(describe('The post step', step))) assertClean(place, text, world)
}

function describe(name: string, { log, lines, outputs, environment, state, summary }: StepRun): Record<string, string> {
  return {
    [`${name}'s log`]: log,
    [`${name}'s output`]: lines.join('\n'),
    [`${name}'s files`]: JSON.stringify([outputs, environment, state, summary])
  }
}

function assertClean(place: string, text: string, world: PretendGoogle): void {
  for (const { kind, value } of world.secrets()) {
    if (GIVEN.includes(kind)) continue
    // Header and payload of a JWT are worthless without its signature.
    const part = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(value) ? value.slice(value.lastIndexOf('.') + 1) : value
    for (let start = 0; start + FRAGMENT_LENGTH <= part.length; start += 1) {
      assert.ok(!text.includes(part.slice(start, start + FRAGMENT_LENGTH)), `${place} shows a piece of a ${kind}.`)
    }
  }
}
