import { exportVariable, info, saveState, setOutput as writeOutput, warning } from '@actions/core'
import type { Failure, FailureText } from '../failure/failure.ts'
import { safeUrl } from '../guard/safe-text.ts'
import { renderAnnotation } from '../report/annotation.ts'
import { inert, inertHtmlCode, table } from '../report/markup.ts'
import { writeCommandFile } from '../report/command-files.ts'
import { addToSummary, createReport, reportFailure, troubleshootingLink } from '../report/report.ts'
import type { Report } from '../report/report.ts'
import type { Step } from '../world/step.ts'
import type { ProxyInputs } from './inputs.ts'
import type { RunningProxy } from './settings.ts'
import type { Counted, Totals } from './statistics.ts'

/** The outputs of the proxy. None of them is a token. */
const OUTPUTS = ['url', 'port', 'audience', 'email', 'outcome', 'failure_code']

/** The name under which the state of this action knows the process. */
const STATE = 'proxy'
const PHASE = 'phase'

/** What the step says: the report of the root action, but for what is about tokens that are handed on. */
export interface ProxyReport extends Report {
  /** Whatever becomes of the step, the runner will run the post step. */
  readonly onStart: () => void
  readonly onReady: (inputs: ProxyInputs, proxy: RunningProxy) => void
}

export function createProxyReport(env: Step['env']): ProxyReport {
  const report = createReport(env, OUTPUTS)
  return {
    ...report,
    onStart() {
      writeCommandFile(env, 'GITHUB_STATE', () => {
        saveState(PHASE, 'post')
      })
    },
    onReady({ exportUrl, url: service }, proxy) {
      const { url } = proxy
      writeCommandFile(env, 'GITHUB_STATE', () => {
        saveState(STATE, proxy)
      })
      writeCommandFile(env, 'GITHUB_OUTPUT', () => {
        writeOutput('url', url)
        writeOutput('port', new URL(url).port)
      })
      if (exportUrl !== undefined) {
        writeCommandFile(env, 'GITHUB_ENV', () => {
          exportVariable(exportUrl, url)
        })
      }
      info(`Proxy: ${url} passes requests on to ${safeUrl(service)}, each with a token; it ends with the job`)
    },
    async finish(failure) {
      // The post step tells in its summary what became of the proxy.
      return await report.finish(failure, { summary: failure !== undefined })
    }
  }
}

/** Whether this is the post step. */
export function isPostStep(env: Step['env']): boolean {
  return env[`STATE_${PHASE}`] === 'post'
}

/**
 * The process that the step has started, from the state of the action.
 *
 * @returns undefined where there is none
 */
export function readState(env: Step['env']): RunningProxy | undefined {
  const text = env[`STATE_${STATE}`] ?? ''
  return text === '' ? undefined : (JSON.parse(text) as RunningProxy)
}

/** What the post step says. */
export interface PostReport extends Pick<Report, 'finish' | 'onDefect' | 'unwritable'> {
  readonly onProxy: (proxy: RunningProxy) => void
  /** The process is gone, and another post step has nothing to do. */
  readonly onEnd: () => void
  readonly onTotals: (totals: Totals) => void
  readonly warn: (failure: FailureText) => void
  /** A failure besides the one that decides. */
  readonly fail: (failure: FailureText) => void
}

export function createPostReport(env: Step['env']): PostReport {
  const { onDefect, unwritable } = createReport(env, [])
  let proxy: RunningProxy | undefined
  let totals: Totals | undefined
  return {
    onDefect,
    unwritable,
    onProxy(running) {
      proxy = running
    },
    onEnd() {
      writeCommandFile(env, 'GITHUB_STATE', () => {
        saveState(STATE, '')
      })
    },
    onTotals(given) {
      totals = given
      if (proxy === undefined) return
      info(`Proxy for ${safeUrl(new URL(proxy.service))}:`)
      for (const [name, value] of listFacts(given)) info(`  ${name}: ${value}`)
    },
    warn(failure) {
      warning(renderAnnotation(failure, troubleshootingLink(failure.code, env)))
    },
    fail(failure) {
      reportFailure(failure, env)
    },
    async finish(failure) {
      if (failure !== undefined) reportFailure(failure.text, env)
      const [running, counted] = [proxy, totals]
      if (running?.summary === true && counted !== undefined)
        await addToSummary(env, () => renderSummary(running, counted, failure))
      return true
    }
  }
}

/** The facts in plain words of our own; a path is the only text from outside. */
function listFacts(totals: Totals): readonly (readonly [string, string])[] {
  const { classes, refusals, failures, rejected, renewals, bytesSent, bytesReceived, slowest } = totals
  const counted = Object.entries(classes).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const count = (group: readonly Counted[]): string =>
    group.map((each) => `${each.count} × ${each.text.code}`).join(', ')
  const facts: readonly (readonly [string, string])[] = [
    [
      'Requests',
      counted.map(([name, number]) => `${number} × ${name === 'none' ? 'no answer' : name}`).join(', ') || 'none'
    ],
    ['Refused by Google', count(refusals)],
    ['Not answered by the service', count(failures)],
    ['Not passed on', rejected === 0 ? '' : `${rejected}, see the text of their answers`],
    ['Token renewals', `${renewals}`],
    ['Sent', describeBytes(bytesSent)],
    ['Received', describeBytes(bytesReceived)],
    ['Slowest', slowest === undefined ? '' : `${slowest.milliseconds} ms, ${slowest.method} ${slowest.path}`]
  ]
  return facts.filter(([, value]) => value !== '')
}

function renderSummary({ service }: RunningProxy, totals: Totals, failure: Failure | undefined): string {
  const verdict = failure === undefined ? '✅ Proxy' : `❌ ${failure.text.code}`
  return [
    `### ${verdict} for ${inert(safeUrl(new URL(service)))}`,
    ...(failure === undefined ? [] : [`${inert(failure.text.sentence, 500)} ${inert(failure.text.remedy, 500)}`]),
    table(listFacts(totals).map(([name, value]) => [name, inertHtmlCode(value)]))
  ].join('\n\n')
}

function describeBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${units[power] ?? ''}`
}
