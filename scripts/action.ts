// Runs the committed bundle against the real world, with whatever Application Default Credentials this machine has:
//   npm run action -- --url https://… [--INPUT VALUE]…
// Inputs are those of action.yml. Tokens are masked in what is printed, as they would be on GitHub.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { inputVariables, readAction } from '../__tests__/runner/action.ts'
import { readArguments } from './arguments.ts'
import { runStep } from './step.ts'

const action = await readAction('action.yml')
const inputs = readArguments(action, 'npm run action')
if (inputs !== undefined) {
  const directory = await mkdtemp(path.join(tmpdir(), 'google-id-token-'))
  try {
    const { exitCode, outputs, hide } = await runStep(action.main, directory, inputVariables(action, inputs, false))
    console.log('\nOutputs:')
    for (const [name, value] of Object.entries(outputs)) console.log(`  ${name}: ${hide(value)}`)
    process.exitCode = exitCode ?? 1
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
