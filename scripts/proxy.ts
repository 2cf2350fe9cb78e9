// Runs the proxy on this machine until Ctrl-C, with whatever Application Default Credentials it has:
//   npm run proxy -- --url https://… [--INPUT VALUE]…
// Inputs are those of proxy/action.yml. It runs the committed bundle: the step first, and the post step at the end.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { inputVariables, readAction } from '../__tests__/runner/action.ts'
import { isSameProcess } from '../src/proxy/process-start.ts'
import type { RunningProxy } from '../src/proxy/settings.ts'
import { readArguments } from './arguments.ts'
import { runStep } from './step.ts'

const action = await readAction('proxy/action.yml')
const inputs = readArguments(action, 'npm run proxy')
if (inputs !== undefined) {
  const directory = await mkdtemp(path.join(tmpdir(), 'google-id-token-proxy-'))
  try {
    const variables = { ...inputVariables(action, inputs, false), RUNNER_TEMP: directory }
    const { exitCode, outputs, state } = await runStep(action.main, directory, variables)
    if (exitCode === 0) {
      // Ctrl-C is expected before anything says so.
      const interruption = interrupted()
      console.log(`\nPress Ctrl-C to end it. Try: curl ${outputs['url'] ?? ''}/\n`)
      await interruption
    }
    const states = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value] as const)
    const post = await runStep(action.post ?? '', directory, { ...variables, ...Object.fromEntries(states) })
    // A post step without an exit code of its own was ended by another Ctrl-C, and the proxy may still run.
    if (post.exitCode !== 0 && post.exitCode !== 1) await endProcess(state['proxy'])
    process.exitCode = exitCode === 0 ? (post.exitCode ?? 1) : (exitCode ?? 1)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** @param proxy as the step has written it down for the post step */
async function endProcess(proxy: string | undefined): Promise<void> {
  if (proxy === undefined) return
  const { id, startedAt } = JSON.parse(proxy) as RunningProxy
  if (await isSameProcess(id, startedAt)) process.kill(id, 'SIGKILL')
}

async function interrupted(): Promise<void> {
  // Without something to wait for, Node would end.
  const waiting = setInterval(() => undefined, 60_000)
  await new Promise<void>((resolve) => {
    // For good: Ctrl-C reaches this process twice, from the terminal and from the one that started it, and the post step has to run.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        resolve()
      })
  })
  clearInterval(waiting)
}
