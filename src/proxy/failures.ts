import { Failure } from '../failure/failure.ts'
import type { FailureText } from '../failure/failure.ts'
import { inStep, onRunner } from '../failure/snippets.ts'
import { inputInvalid } from '../inputs/failures.ts'

/** What the last lines of the log may show of it. */
const SHOWN_LINES = 10

/** The background process did not come to listen. */
export function notStarted(what: string, log: readonly string[] = []): Failure {
  return new Failure({
    code: 'PROXY_FAILED',
    sentence: `The proxy's background process did not start: ${what}.`,
    cause: 'The machine is out of memory or processes, or something on it ends new processes.',
    remedy: "Look at the machine's memory and processes, and run the job again.",
    details: endOf(log)
  })
}

/** What the process wrote last where it ended by itself, and what to do. */
const ENDS: readonly (readonly [RegExp, string])[] = [
  [
    /Ended because the job is over$/,
    'Do nothing if the job was cancelled; otherwise let no step change ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.'
  ],
  [
    /Ended by SIG[A-Z]+$/,
    'Let no step run pkill, killall or kill on processes of node that the step has not started itself.'
  ],
  [/Ended because there was no request for six hours$/, 'Put the proxy right before the step that uses the proxy.'],
  [/Ended by a defect: .*$/, 'Run the job again, and report this line to the authors of the action.']
]

/** It was there, and did not answer the post step. @param limitMs for how long that waited */
export function hung(limitMs: number, log: readonly string[] = []): Failure {
  return new Failure({
    code: 'PROXY_FAILED',
    sentence: `The proxy's background process did not answer the post step within ${limitMs / 1_000} s, and was ended.`,
    cause: 'The machine is out of memory or processors, or something stopped the process (SIGSTOP).',
    remedy: 'Use a runner with more memory and processors, or run fewer requests at once through the proxy.',
    details: endOf(log)
  })
}

/** It was there, and had ended when the post step looked. */
export function diedEarly(log: readonly string[] = []): Failure {
  const last = log.at(-1) ?? ''
  const [time] = /^\d[\d:.T-]+Z/.exec(last) ?? []
  const [words, remedy] = ENDS.flatMap(([end, advice]) => {
    const found = end.exec(last)
    return found === null ? [] : [found[0], advice]
  })
  const since = time === undefined ? '' : words === undefined ? ` after ${time}` : ` at ${time}`
  return new Failure({
    code: 'PROXY_FAILED',
    sentence: `The proxy's background process ended before the job did${words === undefined ? `: a step killed the process${since}, or the machine did because memory was short` : `; the log ends with "${words}"${since}`}.`,
    cause: 'Requests after that got no connection.',
    remedy:
      remedy ??
      `If a step${since} kills processes of node (pkill -9, killall -9), take that command out; otherwise use a runner with more memory.`,
    details: endOf(log)
  })
}

/** @param code of the system: `EADDRINUSE`, `EACCES` */
export function portTaken(port: number, code: string): Failure {
  const isTaken = code === 'EADDRINUSE'
  const { text } = inputInvalid(
    'port',
    isTaken
      ? `another program listens on ${port} already`
      : `this machine does not let the proxy listen on ${port} (${code})`,
    'Leave port empty, so that the proxy takes a free port, and use the output url.',
    ['port: 0']
  )
  return new Failure({
    ...text,
    cause: isTaken
      ? 'A service of the job, an earlier step, or another job on the same machine has this port.'
      : 'Ports below 1024 are for root on many systems, and Windows reserves some others.',
    snippets: [
      inStep('port: 0'),
      ...(isTaken
        ? [onRunner('see which program listens', `lsof -nP -iTCP:${port} -sTCP:LISTEN || ss -ltnp 'sport = :${port}'`)]
        : [])
    ]
  })
}

/** The first failure of its code, and how often there was one. */
export function refusedRequests(text: FailureText, count: number): FailureText {
  const requests =
    count === 1
      ? 'One request through the proxy failed so'
      : `${count} requests through the proxy failed so, the first of them`
  return { ...text, sentence: `${requests}: ${text.sentence}` }
}

function endOf(log: readonly string[]): readonly string[] {
  return log.slice(-SHOWN_LINES).map((line) => `log of the proxy: ${line}`)
}
