import process from 'node:process'
import { runToEnd } from '../report/run-to-end.ts'
import { createWorld } from '../world/world.ts'
import { runInBackground } from './background.ts'
import { post } from './post.ts'
import { createPostReport, createProxyReport, isPostStep, readState } from './report.ts'
import { start } from './start.ts'

/** One bundle for the step, its background process, and the post step, which the state of the step tells apart. */
if (process.argv[2] === 'background') await runInBackground()
else if (isPostStep(process.env)) await runPost()
else await runStep()

async function runStep(): Promise<void> {
  const report = createProxyReport(process.env)
  const world = createWorld(process.env, report)
  report.onStart()
  await runToEnd(process, report, world, async () => {
    await start(world, report)
  })
}

async function runPost(): Promise<void> {
  const report = createPostReport(process.env)
  await runToEnd(process, report, { close: () => undefined }, async () => {
    await post(readState(process.env), report, process.env)
  })
}
