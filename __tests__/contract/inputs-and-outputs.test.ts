import assert from 'node:assert/strict'
import { glob } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readInputs } from '../../src/inputs/inputs.ts'
import { defaultsOf, withInputs } from './given-inputs.ts'
import { readText, tableUnder } from './markdown.ts'

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly description: string }>>
}

const action = parse(await readText('action.yml')) as Action
const readme = await readText('README.md')
const inputRows = tableUnder(readme, '## Inputs')
const outputRows = tableUnder(readme, '## Outputs')

/** The names that a source file gives to one of some functions. */
async function namesIn(files: string, functions: string): Promise<string[]> {
  let text = ''
  for await (const file of glob(files)) text += await readText(file)
  const calls = text.matchAll(new RegExp(`\\b(?:${functions})\\(\\s*'([a-z_]+)'`, 'g'))
  return [...new Set([...calls].map(([, name = '']) => name))].sort()
}

const byName = (names: Iterable<string>): string[] => [...names].sort()

test("the README's inputs are those of action.yml, in its order", () => {
  assert.deepEqual(
    inputRows.map(([name]) => name),
    Object.keys(action.inputs)
  )
})

test("the README's outputs are those of action.yml, in its order", () => {
  assert.deepEqual(
    outputRows.map(([name]) => name),
    Object.keys(action.outputs)
  )
})

test('the README shows the defaults of action.yml', () => {
  const documented = Object.fromEntries(inputRows.map(([name = '', value]) => [name, value]))
  const declared = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ''])
  assert.deepEqual(documented, Object.fromEntries(declared))
})

// An expression that comes to nothing reaches the action as an empty input.
test('an empty input means the default of action.yml, with a call and without one', async () => {
  for (const given of [{ url: 'https://hello-123456789012.europe-west1.run.app' }, { audience: 'https://x.example' }]) {
    const read = async (inputs: Readonly<Record<string, string>>): Promise<string> =>
      JSON.stringify(await withInputs(inputs, () => readInputs(process.env)))
    assert.equal(await read({ ...defaultsOf(action), ...given }), await read(given))
  }
})

test('the code reads every input, and no other', async () => {
  assert.deepEqual(
    await namesIn('src/inputs/*.ts', 'read|readExactly|orDefault|optional'),
    byName(Object.keys(action.inputs))
  )
})

test('the code sets every output, and no other', async () => {
  assert.deepEqual(await namesIn('src/report/outputs.ts', 'set'), byName(Object.keys(action.outputs)))
})

test('every input and output has a description, in action.yml and in the README', () => {
  for (const [name, { description }] of Object.entries({ ...action.inputs, ...action.outputs }))
    assert.match(description, /\S.*\.$/s, name)
  for (const row of [...inputRows, ...outputRows]) assert.match(row.at(-1) ?? '', /\S/, row[0])
})
