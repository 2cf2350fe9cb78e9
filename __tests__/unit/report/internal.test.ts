import { internalFailure, unfinished } from '../../../src/report/internal.ts'
import { testFailures } from '../rows.ts'

const JOB = { GITHUB_RUN_ID: '42', GITHUB_REPOSITORY: 'octo-org/octo-repo' }

testFailures([
  [
    'a defect',
    internalFailure(new TypeError('s3cr3t'), JOB),
    'INTERNAL',
    /TypeError at test\.ts:\d+:\d+\)\. Report this line.*Run `gh run rerun 42 --failed --debug --repo=octo-org\/octo-repo`/,
    /^(?!.*s3cr3t)/
  ],
  [
    'something that was thrown and is no error',
    internalFailure('s3cr3t', {}),
    'INTERNAL',
    /\(string\)(?!.*Run `)/,
    /^(?!.*s3cr3t).*rerun RUN_ID --failed/
  ],
  ['an end before the end', unfinished(JOB), 'INTERNAL', /ended before/]
])
