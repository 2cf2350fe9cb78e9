import { Failure } from '../failure/failure.ts'
import type { Step } from '../world/step.ts'
import { safeText } from '../guard/safe-text.ts'
import { inStep, inTerminalWithGh, onRunner, shellWord } from '../failure/snippets.ts'

/** A defect of this action. The error itself is not shown: it may hold anything. */
export function internalFailure(error: unknown, env: Step['env']): Failure {
  const what = error instanceof Error ? `${error.name}${placeOf(error)}` : typeof error
  return defect(`The action stopped because of a defect of its own (${what}).`, env)
}

/** Where the error was thrown in the bundle: no more than the file's name, because a message or a path may hold anything. */
function placeOf({ stack = '' }: Error): string {
  const place = /([\w-]+\.[cm]?[jt]s:\d+:\d+)\)?$/m.exec(stack)?.[1]
  return place === undefined ? '' : ` at ${place}`
}

/** The process ran out of work without a result. */
export function unfinished(env: Step['env']): Failure {
  return defect('The action ended before it had finished.', env)
}

/** The last resort: the result itself could not be written. */
export function unreported(env: Step['env']): Failure {
  return defect('The verdict could not be written.', env)
}

function defect(sentence: string, env: Step['env']): Failure {
  const repository = env['GITHUB_REPOSITORY'] === undefined ? '' : ` --repo=${shellWord(env['GITHUB_REPOSITORY'])}`
  const authors = env['GITHUB_ACTION_REPOSITORY'] ?? ''
  const run = /^\d+$/.exec(env['GITHUB_RUN_ID'] ?? '')?.[0] ?? 'RUN_ID'
  return new Failure({
    code: 'INTERNAL',
    sentence,
    cause: 'Something came that the action does not foresee; no input or permission changes that.',
    remedy: `Report this line ${authors === '' ? 'to the authors of the action' : `at https://github.com/${safeText(authors)}/issues`}, with the log of a run with debug logging.`,
    snippets: [inTerminalWithGh('run the job again', `gh run rerun ${run} --failed --debug${repository}`)]
  })
}

/**
 * Something held the step beyond its deadline. Everything that is known to take time ends by itself before that.
 *
 * @param deadlineMs what the input says
 */
export function overdue(deadlineMs: number): Failure {
  return new Failure({
    code: 'TIMED_OUT',
    sentence: `The step had not come to its end when its deadline of ${deadlineMs / 1000} s had passed.`,
    cause: 'Something on this machine does not answer: a file, a program, or the resolution of a host name.',
    remedy:
      'Look at the last line before this one, and at what it waits for; raise deadline if that only needs longer.',
    snippets: [inStep('deadline: 10m')]
  })
}

/** A file in which the runner expects outputs and the like cannot be written. */
export function unwritable(variable: string, why: string): Failure {
  return new Failure({
    code: 'INPUT_INVALID',
    sentence: `The file that ${variable} names could not be written: ${why}.`,
    cause: "The runner's disk is full, or an earlier step changed the variable or the file.",
    remedy: `Free space on the runner's disk, and let no step change ${variable}.`,
    snippets: [onRunner('see disk and file', 'df -h', `ls -l "$${variable}"`)]
  })
}
