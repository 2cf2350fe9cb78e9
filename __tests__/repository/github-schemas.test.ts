import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findActionErrors, findWorkflowErrors } from './github-schemas.ts'
import { WORKFLOWS } from './workflows.ts'

for (const { name, text } of WORKFLOWS) {
  test(`${name} is a workflow as GitHub's schema has it`, async () => {
    assert.deepEqual(await findWorkflowErrors(name, text), [])
  })
}

test("action.yml is an action as GitHub's schema has it", () => {
  assert.deepEqual(findActionErrors(readFileSync('action.yml', 'utf8')), [])
})

test('what is wrong is found', async () => {
  const job = 'jobs:\n  job:\n    runs-on: ubuntu-latest\n'
  const workflows = {
    'an unknown key': `on: push\n${job}    steps: [{ run: 'true', withs: {} }]`,
    'an unknown event': `on: pushed\n${job}    steps: [{ run: 'true' }]`,
    'an unknown job': `on: push\n${job}    needs: other\n    steps: [{ run: 'true' }]`,
    'an unknown context': `on: push\n${job}    if: step.x\n    steps: [{ run: 'true' }]`,
    'an unknown permission': `on: push\npermissions: { id-tokens: write }\n${job}    steps: [{ run: 'true' }]`
  }
  for (const [what, content] of Object.entries(workflows))
    assert.notDeepEqual(await findWorkflowErrors('wrong.yml', content), [], what)
  assert.notDeepEqual(findActionErrors('name: a\ndescription: b\nruns: { using: node24 }'), [])
})
