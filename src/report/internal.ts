import { Failure } from '../failure/failure.ts'
import type { Advice } from '../failure/failure.ts'
import type { Step } from '../world/step.ts'
import { safeText } from '../guard/safe-text.ts'
import { inTerminalWithGh, onRunner, shellWord } from '../failure/snippets.ts'

/** A defect of this action. The error itself is not shown: it may hold anything. */
export function internalFailure(error: unknown, env: Step['env']): Failure {
  return new Failure({
    code: 'INTERNAL',
    sentence: `The action stopped because of a defect of its own (${error instanceof Error ? error.name : typeof error}).`,
    ...explainDefect(env)
  })
}

/** Nothing was left to wait for, and yet there was no result. */
export function unfinished(env: Step['env']): Failure {
  return new Failure({
    code: 'INTERNAL',
    sentence: 'The action ended before it had finished.',
    ...explainDefect(env)
  })
}

function explainDefect(env: Step['env']): Advice {
  const repository = env['GITHUB_REPOSITORY'] === undefined ? '' : ` --repo ${shellWord(env['GITHUB_REPOSITORY'])}`
  const run = /^\d+$/.exec(env['GITHUB_RUN_ID'] ?? '')?.[0] ?? 'RUN_ID'
  return {
    cause: 'Something came that the action does not foresee; no input or permission changes that.',
    remedy: 'Run the job again with debug logging, and report what the log shows to the authors of the action.',
    snippets: [
      inTerminalWithGh('run the job again', `gh run rerun ${run} --failed --debug${repository}`),
      ...(env['GITHUB_ACTION_REPOSITORY'] === undefined || env['GITHUB_ACTION_REPOSITORY'] === ''
        ? []
        : [
            {
              place: 'Report it at',
              language: 'text' as const,
              lines: [`https://github.com/${safeText(env['GITHUB_ACTION_REPOSITORY'])}/issues/new/choose`]
            }
          ])
    ]
  }
}

/** The files in which the runner expects outputs and the like cannot be written. */
export function unwritable(): Failure {
  return new Failure({
    code: 'INTERNAL',
    sentence: 'The outputs of the action could not be written.',
    cause: 'The file that GITHUB_OUTPUT or GITHUB_ENV names does not exist or is full.',
    remedy: "Look at the runner's disk, and at what earlier steps did to GITHUB_OUTPUT and GITHUB_ENV.",
    snippets: [onRunner('see disk and files', 'df -h', 'ls -l "$GITHUB_OUTPUT" "$GITHUB_ENV"')]
  })
}
