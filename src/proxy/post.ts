import { rm } from 'node:fs/promises'
import process from 'node:process'
import { Failure } from '../failure/failure.ts'
import { internalFailure } from '../report/internal.ts'
import type { Step } from '../world/step.ts'
import { diedEarly, hung, refusedRequests } from './failures.ts'
import { readLogEnd } from './log-file.ts'
import { isSameProcess } from './process-start.ts'
import { askToQuit } from './quit-port.ts'
import type { PostReport } from './report.ts'
import type { RunningProxy } from './settings.ts'
import type { Totals } from './statistics.ts'

/** How long the process may take to answer and to end. */
const GRACE_MS = 5_000

/**
 * Ends the background process, and tells what became of it. Run again, or where the step did not come to start a process, it
 * does nothing.
 *
 * @param proxy undefined where there is none
 * @throws {Failure} where the process had ended early, or Google refused requests and that was to fail
 */
export async function post(proxy: RunningProxy | undefined, report: PostReport, env: Step['env']): Promise<void> {
  if (proxy === undefined) return
  report.onProxy(proxy)
  const log = await readLogEnd(proxy.logFile)
  const { totals, gone } = await askToQuit(proxy.quitPort, proxy.key, GRACE_MS)
  try {
    if (!gone && (await isSameProcess(proxy.id, proxy.startedAt))) process.kill(proxy.id, 'SIGKILL')
    if (totals === undefined) throw gone ? diedEarly(log) : hung(GRACE_MS, log)
  } finally {
    report.onEnd()
    await rm(proxy.logFile, { force: true, maxRetries: 5 })
  }
  judge(proxy, totals, report, env)
}

function judge({ failOnRefusal }: RunningProxy, totals: Totals, report: PostReport, env: Step['env']): void {
  report.onTotals(totals)
  for (const { text, count } of totals.failures) report.warn(refusedRequests(text, count))
  if (totals.defects > 0) throw internalFailure(new Error('exchanges'), env)
  const refusals = totals.refusals.map(({ text, count }) => refusedRequests(text, count))
  if (!failOnRefusal) for (const text of refusals) report.warn(text)
  else {
    const [first, ...others] = refusals
    for (const text of others) report.fail(text)
    if (first !== undefined) throw new Failure(first)
  }
}
