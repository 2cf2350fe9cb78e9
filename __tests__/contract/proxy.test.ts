import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readProxyInputs } from '../../src/proxy/inputs.ts'
import { defaultsOf, withInputs } from './given-inputs.ts'
import { readText, tableUnder } from './markdown.ts'

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly description: string }>>
  readonly runs: { readonly using: string; readonly main: string; readonly post: string }
}

const action = parse(await readText('proxy/action.yml')) as Action
const root = parse(await readText('action.yml')) as Action
const page = await readText('docs/proxy.md')
const inputRows = tableUnder(page, '## Proxy inputs')
const outputRows = tableUnder(page, '## Proxy outputs')

test("the proxy's inputs and outputs are documented, in the order of its action.yml", () => {
  assert.deepEqual(
    inputRows.map(([name]) => name),
    Object.keys(action.inputs)
  )
  assert.deepEqual(
    outputRows.map(([name]) => name),
    Object.keys(action.outputs)
  )
})

test("the page shows the proxy's defaults, and where the root action has the same input they are the same", () => {
  for (const [name = '', value] of inputRows) {
    const { default: declared = '' } = action.inputs[name] ?? {}
    assert.equal(value, declared, name)
    const inRoot = root.inputs[name]?.default
    if (inRoot !== undefined) assert.equal(declared, inRoot)
  }
})

test("an empty input means the default of the proxy's action.yml", async () => {
  const url = 'https://hello-123456789012.europe-west1.run.app'
  const read = async (inputs: Readonly<Record<string, string>>): Promise<string> =>
    JSON.stringify(await withInputs(inputs, () => readProxyInputs(process.env)))
  assert.equal(await read({ ...defaultsOf(action), url, check: '/' }), await read({ url, check: '/' }))
})

test('the code reads every input of the proxy', async () => {
  const files = [
    'src/proxy/inputs.ts',
    'src/inputs/inputs.ts',
    'src/inputs/identity-inputs.ts',
    'src/inputs/call-inputs.ts'
  ]
  const text = (await Promise.all(files.map(readText))).join('')
  for (const name of Object.keys(action.inputs))
    assert.match(text, new RegExp(`(read|orDefault|optional)\\(\\s*'${name}'`), name)
})

test('the code sets every output of the proxy, and no other', async () => {
  const source = /const OUTPUTS = \[([^\]]*)\]/.exec(await readText('src/proxy/report.ts'))?.[1] ?? ''
  assert.deepEqual(
    source
      .split(',')
      .map((name) => name.trim().replaceAll("'", ''))
      .sort(),
    Object.keys(action.outputs).sort()
  )
})

test('the files of the proxy are where its action.yml says', () => {
  assert.equal(action.runs.using, 'node24')
  for (const file of [action.runs.main, action.runs.post]) assert.ok(existsSync(path.join('proxy', file)), file)
})

test('the root action has no post step', () => {
  assert.deepEqual(Object.keys(root.runs), ['using', 'main'])
})
