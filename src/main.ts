import process from 'node:process'
import { createReport } from './report/report.ts'
import { runToEnd } from './report/run-to-end.ts'
import { run } from './run.ts'
import { createWorld } from './world/world.ts'

const report = createReport(process.env)
const world = createWorld(process.env, report)
await runToEnd(process, report, world, async () => {
  await run(world, report)
})
