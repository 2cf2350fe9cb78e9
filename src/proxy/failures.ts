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

/** It was there, and was gone when the job came to its end. */
export function diedEarly(what: string, log: readonly string[] = []): Failure {
  return new Failure({
    code: 'PROXY_FAILED',
    sentence: `The proxy's background process ended before the job did: ${what}.`,
    cause:
      'An earlier step ended it, or the machine ended it because memory was short; requests after that got no connection.',
    remedy: 'Leave processes of node alone that a step has not started itself, and see whether memory was short.',
    snippets: [
      {
        place: 'On the runner, such as in a step "- run: …" after the one that uses the proxy',
        language: 'bash',
        lines: ['ps aux']
      }
    ],
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
