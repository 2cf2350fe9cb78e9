import { internalFailure, unfinished } from '../../../src/failures/internal.ts'
import { testFailures } from './rows.ts'

testFailures([
  ['a defect', internalFailure(new TypeError('s3cr3t')), 'INTERNAL', /TypeError(?!.*s3cr3t)/],
  ['something that was thrown and is no error', internalFailure('s3cr3t'), 'INTERNAL', /string(?!.*s3cr3t)/],
  ['an end before the end', unfinished(), 'INTERNAL', /ended before/]
])
