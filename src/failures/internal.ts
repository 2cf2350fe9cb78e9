import { Failure } from '../failure.ts'

/** A defect of this action. The error itself is not shown: it may hold anything. */
export function internalFailure(error: unknown): Failure {
  return new Failure({
    code: 'INTERNAL',
    sentence: `The action stopped because of a defect of its own (${error instanceof Error ? error.name : typeof error}).`,
    cause: 'Something came that the action does not foresee; no input or permission mends it.',
    remedy: 'Run the job again with debug logging, and report what it shows.',
    commands: ['gh run rerun RUN_ID --debug']
  })
}

/** Nothing was left to wait for, and yet there was no result. */
export function unfinished(): Failure {
  return new Failure({
    code: 'INTERNAL',
    sentence: 'The action ended before it had finished.',
    cause: 'Something came that the action does not foresee; no input or permission mends it.',
    remedy: 'Run the job again with debug logging, and report what it shows.',
    commands: ['gh run rerun RUN_ID --debug']
  })
}

/** The files in which the runner expects outputs and the like cannot be written. */
export function unwritable(): Failure {
  return new Failure({
    code: 'INTERNAL',
    sentence: 'The outputs of the action could not be written.',
    cause: 'The file that GITHUB_OUTPUT or GITHUB_ENV names does not exist or is full.',
    remedy: "Look at the runner's disk and at what earlier steps did to these variables.",
    commands: ['df -h']
  })
}
