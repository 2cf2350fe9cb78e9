import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { FAILURES } from '../../src/failure/failure.ts'

interface IssueForm {
  readonly body: readonly { readonly id?: string; readonly attributes: { readonly options?: readonly string[] } }[]
}

test('the form for failures offers every failure code', () => {
  const form = parse(readFileSync('.github/ISSUE_TEMPLATE/failure.yml', 'utf8')) as IssueForm
  const field = form.body.find(({ id }) => id === 'code')
  assert.deepEqual(field?.attributes.options, ['none, the step succeeds', ...Object.keys(FAILURES)])
})
